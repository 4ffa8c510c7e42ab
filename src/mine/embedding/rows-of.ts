/** Embeddings of texts as one matrix, row after row, with zeros where a text has none. */

import type { AnalysisDeps } from '../analyses/analysis-deps.ts';
import type { StepHands } from '../asks/ask.ts';
import { type Embedding, embedKept } from './kept-vectors.ts';

/** n x d; an empty text, and one that the model turns down, is a row of zeros. null when no text has a vector. Throws what {@link embedKept} throws. */
export async function rowsOf(
  deps: AnalysisDeps,
  { texts, ...by }: Embedding,
  hands: Pick<StepHands, 'tell' | 'signal'>,
): Promise<Float32Array<ArrayBuffer> | null> {
  // An embeddings model is not to be asked about nothing.
  const asked = texts.filter((text) => text !== '');
  const vectors = await embedKept(deps, { ...by, texts: asked }, hands);
  const width = vectors.find((vector) => vector !== null)?.length;
  if (width === undefined) return null;
  const rows = new Float32Array(texts.length * width);
  let next = 0;
  for (const [at, text] of texts.entries()) {
    const vector = text === '' ? null : vectors[next++]!;
    if (vector !== null && vector.length === width) rows.set(vector, at * width);
  }
  return rows;
}
