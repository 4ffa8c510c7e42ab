/** Whether a model's engine gains from rows that begin alike running next to each other, by what its batches really saved. */

import type { PoolClient } from 'pg';

/** Below this share of the bound the order does not help: an engine that re-reads its prompts saves nothing at all. */
const helpsFrom = 0.1;
/** A batch tells only when a perfect cache would save this share of its prompts, and they have so many tokens. */
const boundFrom = 0.1;
const tokensFrom = 5_000;
/** After this time it is tried again: engines are replaced by newer ones. */
const again = '7 days';

/**
 * Keeps what share of its bound an ended batch saved. Does nothing where the batch had little to save, or where its engine
 * does not tell what came from its cache, or where answers of earlier batches were taken over: the bound is of all rows.
 */
export async function keepPrefixReached(q: PoolClient, batchId: string): Promise<void> {
  await q.query(
    `insert into model_rates (user_id, model_id, prefix_reached, prefix_measured_at)
     select user_id, model, cached_tokens::float8 / prompt_tokens / prefix_bound, now() from batches
     where batch_id = $1 and prefix_bound >= $2 and prompt_tokens >= $3 and completed > 0 and cached_unknown_rows = 0 and reused = 0
     on conflict (user_id, model_id) do update
       set prefix_reached = excluded.prefix_reached, prefix_measured_at = excluded.prefix_measured_at`,
    [batchId, boundFrom, tokensFrom],
  );
}

/** False when the model's last batch that could have saved something hardly did, not long ago. */
export async function groupingHelps(q: PoolClient, model: string): Promise<boolean> {
  const { rows } = await q.query<{ helps: boolean }>(
    `select prefix_reached >= $2 or prefix_measured_at < now() - $3::interval as helps
     from model_rates where model_id = $1 and prefix_reached is not null`,
    [model, helpsFrom, again],
  );
  return rows[0]?.helps ?? true;
}
