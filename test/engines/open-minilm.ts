/** Has the built-in MiniLM, on a real llama-server, embed texts: each distinct one once. */

import { builtInModels } from '../../src/engines/built-in.ts';
import { complete } from '../../src/engines/complete.ts';
import { openEmbed } from '../../src/judge/similarity/embed-by-model.ts';
import { withLlama } from './open-llama.ts';

/** Numbers of a vector. */
const WIDTH = 384;

/** For each list of texts a row for each text, one after the other, with the seconds that all took. */
export function embedByMiniLm(lists: string[][]): Promise<{ rows: Float32Array<ArrayBuffer>[]; seconds: number }> {
  const model = builtInModels.find(({ id }) => id === 'minilm')!;
  return withLlama(
    async (endpoint) => {
      const started = performance.now();
      const engines = { acquire: async () => endpoint, release: () => undefined, complete };
      const embed = openEmbed({ engines, userId: 'local', model: model.id, textsAtOnce: 32, timeoutMs: 120_000 });
      // Texts of about one length go together, as they share a batch.
      const distinct = [...new Set(lists.flat())].sort((a, b) => a.length - b.length);
      const vectors = await embed(distinct);
      const vectorOf = new Map(distinct.map((text, at) => [text, vectors[at]!]));
      const rows = lists.map((texts) => {
        const all = new Float32Array(texts.length * WIDTH);
        for (const [at, text] of texts.entries()) all.set(vectorOf.get(text)!, at * WIDTH);
        return all;
      });
      return { rows, seconds: (performance.now() - started) / 1000 };
    },
    { slots: 4, contextPerSlot: 512, model },
  );
}
