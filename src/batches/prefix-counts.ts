/** What an engine's own counters say of its prefix cache while it served a batch, where its answers do not tell. */

import type { PoolClient } from 'pg';

/** Adds prompt tokens that were looked up in the cache, and those found there. */
export async function keepPrefixCounts(
  q: PoolClient,
  batchId: string,
  rose: { queries: number; hits: number },
): Promise<void> {
  await q.query(
    `update batches set prefix_queries = coalesce(prefix_queries, 0) + $2, prefix_hits = coalesce(prefix_hits, 0) + $3
     where batch_id = $1`,
    [batchId, Math.round(rose.queries), Math.round(rose.hits)],
  );
}

/** How far the tokens looked up may be from those of the batch's prompts. */
const apart = 0.02;

/**
 * Prompt tokens found in the cache; null unless the engine looked up just the tokens of this batch's prompts: with more,
 * others have used it (or it counts in blocks, as vLLM before 0.9 did); with fewer, some rows ran beside another batch.
 */
export function prefixHitsOf(batch: {
  prompt_tokens: string;
  prefix_queries: string | null;
  prefix_hits: string | null;
}): number | null {
  const prompt = Number(batch.prompt_tokens);
  if (batch.prefix_queries === null || prompt === 0) return null;
  const alone = Math.abs(Number(batch.prefix_queries) - prompt) <= prompt * apart;
  return alone ? Math.min(prompt, Number(batch.prefix_hits)) : null;
}
