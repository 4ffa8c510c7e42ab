/** Embeddings of texts by a model, kept by their content, so that none is made twice, not after a kill either. */

import { createHash } from 'node:crypto';
import type { PoolClient } from 'pg';
import type { ModelSpec } from '../../contracts/models.ts';
import { openEmbed } from '../../judge/similarity/embed-by-model.ts';
import { findReady } from '../../judge/start-judging.ts';
import type { AnalysisDeps } from '../analyses/analysis-deps.ts';
import type { StepHands } from '../asks/ask.ts';

/** Vectors looked up with one statement. */
const lookAtOnce = 2000;

export interface Embedding {
  userId: string;
  /** Id of a registered embeddings model. */
  model: string;
  texts: string[];
}

/**
 * One vector a text, in their order, in parallel; null for a text that the model turns down. Texts that were embedded before cost nothing.
 * @throws AssayError model_not_found, engine_error, engine_bad_answer, or the engine's failure; what was embedded until then is kept
 */
export async function embedKept(
  deps: AnalysisDeps,
  { userId, model, texts }: Embedding,
  { tell, signal }: Pick<StepHands, 'tell' | 'signal'>,
): Promise<(Float32Array | null)[]> {
  const key = keyOf(await findReady(deps, userId, model));
  const distinct = new Map(texts.map((text) => [hashOf(text), text]));
  const known = await keptVectors(deps, userId, { key, hashes: [...distinct.keys()] });
  const missing = [...distinct].filter(([hash]) => !known.has(hash));
  const { textsAtOnce, timeoutMs } = deps.limits;
  const embed = openEmbed({ engines: deps.engines, userId, model, textsAtOnce, timeoutMs });
  for (let from = 0; from < missing.length; from += textsAtOnce) {
    signal.throwIfAborted();
    tell({ done: from, total: missing.length, note: `embeddings by ${model}` });
    const some = missing.slice(from, from + textsAtOnce);
    const vectors = await embedSome(embed, some);
    await deps.db.asUser(userId, (q) => keep(q, { userId, key }, vectors));
    for (const [hash, vector] of vectors) known.set(hash, vector);
  }
  return texts.map((text) => known.get(hashOf(text)) ?? null);
}

/** All of one request turned down is told by an error; then each of them has none. */
async function embedSome(
  embed: ReturnType<typeof openEmbed>,
  some: [string, string][],
): Promise<[string, Float32Array | null][]> {
  const vectors = await embed(some.map(([, text]) => text));
  return some.map(([hash], at) => [hash, vectors[at] == null ? null : Float32Array.from(vectors[at])]);
}

/** What the vectors depend on. */
function keyOf({ id, engine, source, sha256, base_url, model, params }: ModelSpec): string {
  return createHash('sha256')
    .update(JSON.stringify({ id, engine, source, sha256, base_url, model, params }))
    .digest('hex');
}

const hashOf = (text: string): string => createHash('sha256').update(text).digest('hex');

async function keptVectors(
  { db }: AnalysisDeps,
  userId: string,
  { key, hashes }: { key: string; hashes: string[] },
): Promise<Map<string, Float32Array | null>> {
  const known = new Map<string, Float32Array | null>();
  for (let from = 0; from < hashes.length; from += lookAtOnce) {
    const { rows } = await db.asUser(userId, (q) =>
      q.query<{ text_hash: Buffer; vector: Buffer }>(
        'select text_hash, vector from text_vectors where user_id = $1 and model_key = $2 and text_hash = any ($3)',
        [userId, key, hashes.slice(from, from + lookAtOnce).map((hash) => Buffer.from(hash, 'hex'))],
      ),
    );
    for (const { text_hash, vector } of rows) known.set(text_hash.toString('hex'), floatsOf(vector));
  }
  return known;
}

/** null for an empty one. */
function floatsOf(bytes: Buffer): Float32Array | null {
  if (bytes.length === 0) return null;
  return Float32Array.from({ length: bytes.length / 4 }, (_, at) => bytes.readFloatLE(4 * at));
}

function bytesOf(vector: Float32Array | null): Buffer {
  const bytes = Buffer.alloc(4 * (vector?.length ?? 0));
  for (const [at, value] of vector?.entries() ?? []) bytes.writeFloatLE(value, 4 * at);
  return bytes;
}

async function keep(
  q: PoolClient,
  { userId, key }: { userId: string; key: string },
  vectors: [string, Float32Array | null][],
): Promise<void> {
  await q.query(
    `insert into text_vectors (user_id, model_key, text_hash, vector)
     select $1, $2, n.hash, n.vector from unnest($3::bytea[], $4::bytea[]) as n (hash, vector) on conflict do nothing`,
    [userId, key, vectors.map(([hash]) => Buffer.from(hash, 'hex')), vectors.map(([, vector]) => bytesOf(vector))],
  );
}
