/** The simulated prefix cache beside a real one: llama-server's own count of cached tokens, row by row. */

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { loadConfig } from '../../src/config.ts';
import type { EngineEndpoint } from '../../src/contracts/engine.ts';
import { builtInModels } from '../../src/engines/built-in.ts';
import { complete } from '../../src/engines/complete.ts';
import { modelFile } from '../../src/engines/download/model-file.ts';
import { findLlamaServer } from '../../src/engines/llama-binary.ts';
import { type LlamaServer, startLlamaServer } from '../../src/engines/llama-server.ts';
import { promptText } from '../../src/prompts/prefix-key.ts';
import { SLOW } from '../engines/open-llama.ts';
import { tokensOf } from '../engines/tokens-of.ts';
import { silentLog } from '../harness/database.ts';
import { seededRandom, shuffled } from '../harness/random.ts';
import { simulateCache } from '../scheduler/simulated-cache.ts';

const model = builtInModels[0]!;
let folder: string;
let server: LlamaServer;
let endpoint: EngineEndpoint;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'assay-cache-'));
  const { config } = loadConfig({ folder });
  const signal = AbortSignal.timeout(SLOW);
  const fetching = { cache: config.cache, log: silentLog, signal, onProgress: () => undefined };
  const binary = await findLlamaServer({ ...fetching, configured: config.llama_server ?? null });
  server = await startLlamaServer({
    // One slot and no memory beside it: what is cached is the prompt served last.
    binary: {
      ...binary,
      args: binary.knows('--cache-ram') ? [...binary.args, '--cache-ram', '0'] : binary.args,
      knows: (flag) => flag !== '--cache-ram' && binary.knows(flag),
    },
    modelFile: await modelFile(model, {
      ...fetching,
      hfEndpoint: config.hf_endpoint,
      ollamaModels: config.ollama_models,
    }),
    slots: 1,
    contextPerSlot: 512,
    modelId: model.id,
    logFile: join(folder, 'engine.log'),
    startTimeoutMs: SLOW,
    log: silentLog,
    signal,
    onSpawn: () => undefined,
  });
  const { baseUrl, headers, contextTokens } = server;
  endpoint = {
    modelId: model.id,
    engine: 'llama-server',
    baseUrl,
    upstreamModel: model.id,
    headers,
    concurrency: 1,
    slots: 1,
    contextTokens,
    params: {},
    generation: 1,
  };
}, SLOW);

afterAll(async () => {
  await server?.stop();
  await rm(folder, { recursive: true, force: true });
});

/** Three systems with two sets of examples each and four rows of their own, of digits: each is one token, so all are of one length. */
function nestedRows() {
  const random = seededRandom(11);
  const digits = (count: number): string => Array.from({ length: count }, () => Math.floor(random() * 10)).join('');
  const rows = [];
  for (let system = 0; system < 3; system++) {
    const rules = digits(90);
    for (let set = 0; set < 2; set++) {
      const examples = digits(40);
      for (let row = 0; row < 4; row++) {
        const messages = [
          { role: 'system', content: rules },
          { role: 'user', content: `${examples} ${digits(20)}` },
        ];
        rows.push({ messages, max_tokens: 1, temperature: 0 });
      }
    }
  }
  return shuffled(rows, random);
}

/** By the whole text: a prefix key's steps are longer than these short prompts. */
const sorted = (rows: ReturnType<typeof nestedRows>) =>
  rows.toSorted((a, b) => (promptText(a) < promptText(b) ? -1 : 1));

/*
 * Exactly, not nearly: with blocks of one token and room for one prompt the simulation is an engine that keeps the prompt
 * served last, and the prompts compared are the tokens that the engine itself makes of them, template included, so that
 * no token at a border can be missed. The engine reads the last token of a prompt again, whatever it has; no two rows
 * here are the same, so that none is found whole. The token that is answered is never a later prompt's next one: it
 * follows the template's end.
 */
test('the simulation finds in its cache, row by row, what llama-server found', { timeout: SLOW }, async () => {
  const rows = nestedRows();
  const shares: number[] = [];
  for (const order of [rows, sorted(rows)]) {
    const prompts: number[][] = [];
    const counted: (number | null)[] = [];
    // What ran before shares only the template's beginning, as the simulation is told by running it too.
    const before = { messages: [{ role: 'system', content: '7'.repeat(91) }, order[0]!.messages[1]!], max_tokens: 1 };
    for (const body of [before, ...order]) {
      const request = { path: '/v1/chat/completions', body, lane: 0, timeoutMs: SLOW } as const;
      const { usage } = await complete(endpoint, { ...request, signal: new AbortController().signal });
      prompts.push((await tokensOf(endpoint, body))!);
      expect(usage.prompt).toBe(prompts.at(-1)!.length);
      counted.push(usage.cached);
    }
    const [first, ...ofOrder] = prompts;
    expect(new Set(ofOrder.map((tokens) => tokens.length)).size, 'all prompts have one length').toBe(1);
    const length = ofOrder[0]!.length;
    const simulated = simulateCache(
      [first!.slice(0, length), ...ofOrder].map((tokens) => ({
        text: String.fromCharCode(...tokens),
        answerTokens: 1,
      })),
      { blocks: length, inFlight: 1, blockTokens: 1, tokenChars: 1 },
    );
    expect(counted.slice(1)).toEqual(simulated.cachedOf.slice(1));
    shares.push(simulated.cached / simulated.prompt);
  }
  // The rows say something: their order decides what is found.
  expect(shares[1]).toBeGreaterThan(shares[0]! * 1.3);
});
