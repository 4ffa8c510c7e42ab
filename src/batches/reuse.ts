/** Answers rows of a batch with what earlier batches of the same user were answered to the same request, when it asks for that. */

import { createHash, hash } from 'node:crypto';
import type { PoolClient } from 'pg';
import { type LineSet, openLineSet } from './line-set.ts';

/** Different requests looked up with one statement. */
const keysAtOnce = 1_000;

/**
 * What settles an answer beside the body of its request, as a hash: batches of one scope share their answers.
 * `model` tells a model with its parameters from any other; `context` is how prompts that are too long are shortened.
 */
export function reuseScope(of: { endpoint: string; context: string | undefined; model: string }): Buffer {
  return createHash('sha256')
    .update(JSON.stringify([of.endpoint, of.context ?? null, of.model]))
    .digest();
}

/** What tells a request from others of its scope: sha256 of its body's JSON text, in hex. */
export const reuseKey = (body: string): string => hash('sha256', body, 'hex');

/** What was taken over. `chars` are those of the prompts that need not be sent. */
export interface Reused {
  lines: LineSet;
  outputBytes: number;
  chars: number;
}

/** Earlier batches whose answers can be read still: the file of an ended one is there. */
const findSources = `
  select b.batch_id from batches b
  where b.user_id = $2 and b.reuse_scope = $3 and b.batch_id <> $1 and b.completed > 0
    and (b.status not in ('completed', 'cancelled', 'expired')
      or exists (select from files f where f.file_id = b.output_file_id and (f.expires_at is null or f.expires_at > now())))`;

// The line of an answer begins with its own id and the row's custom_id; a quote inside the custom_id is escaped, so that
// ',"response":' is where what is taken over begins. Tokens count as nothing: they were spent in the other batch. `offset 0`
// has each look-up go by its index: rows of a batch that is just put in are not in the planner's statistics, and it would
// read all of them for each thousand (a million rows answered whole: not in within 350 s, instead of 185).
const takeOver = `
  with wanted as materialized (
    select w.key, w.lines from unnest($3::bytea[], $4::text[]) as w (key, lines)
  ), found as materialized (
    select w.lines, a.batch_id, a.line
    from wanted w cross join lateral (
      select e.batch_id, e.line
      from (select batch_id, line from requests where user_id = $2 and reuse_key = w.key offset 0) e
        cross join lateral (select from results x where x.batch_id = e.batch_id and x.line = e.line and x.ok and x.bytes > 1 offset 0) x
      where e.batch_id = any ($5)
      limit 1
    ) a
  ), answered as materialized (
    select r.line, r.custom_id, r.prompt_chars, f.batch_id, f.line as from_line, x.status_code,
      '{"id":"batch_req_' || replace(gen_random_uuid()::text, '-', '') || '","custom_id":'
        || to_json(r.custom_id)::text || substr(x.output, strpos(x.output, ',"response":')) as output
    from found f cross join lateral unnest(f.lines::integer[]) as l (line)
      cross join lateral (select line, custom_id, prompt_chars from requests where batch_id = $1 and line = l.line offset 0) r
      cross join lateral (select status_code, output from results where batch_id = f.batch_id and line = f.line offset 0) x
  ), taken as (
    insert into results (batch_id, line, user_id, custom_id, ok, status_code, output, bytes, prompt_tokens,
      completion_tokens, cached_tokens, reasoning_tokens, attempts, reused_batch_id, reused_line)
    select $1, line, $2, custom_id, true, status_code, output, octet_length(output) + 1, 0, 0, 0, 0, 0, batch_id, from_line
    from answered
  )
  select array_agg(line) as lines, coalesce(sum(octet_length(output) + 1), 0)::float8 as bytes,
    coalesce(sum(prompt_chars), 0)::float8 as chars
  from answered`;

const takeOverTrims = `
  insert into trims (batch_id, user_id, line, strategy, messages, tokens_before, tokens_after)
  select x.batch_id, x.user_id, x.line, t.strategy, t.messages, t.tokens_before, t.tokens_after
  from results x join trims t on t.batch_id = x.reused_batch_id and t.line = x.reused_line
  where x.batch_id = $1`;

/**
 * Writes the result of each row whose request an earlier batch of `scope` has an answer to, in the transaction of the
 * intake: killed before its end nothing was taken over. One look-up for each different request, a thousand a statement, in
 * the order of the file, in which the earlier batch's rows often lie too.
 * `trimmed`: prompts may have been shortened, which is to stand on the row here too.
 */
export async function reuseAnswers(
  q: PoolClient,
  batch: { batchId: string; userId: string; scope: Buffer; trimmed: boolean },
): Promise<Reused> {
  const reused: Reused = { lines: openLineSet(), outputBytes: 0, chars: 0 };
  const { rows: sources } = await q.query<{ batch_id: string }>(findSources, [
    batch.batchId,
    batch.userId,
    batch.scope,
  ]);
  if (sources.length === 0) return reused;
  await q.query({
    text: `declare asked cursor for
           select reuse_key, array_agg(line)::text from requests
           where batch_id = $1 and reuse_key is not null group by reuse_key order by min(line)`,
    values: [batch.batchId],
  });
  for (;;) {
    const { rows: asked } = await q.query<[Buffer, string]>({
      text: `fetch ${keysAtOnce} from asked`,
      rowMode: 'array',
    });
    if (asked.length > 0) {
      const { rows } = await q.query<{ lines: number[] | null; bytes: number; chars: number }>({
        name: 'take-over-answers',
        text: takeOver,
        values: [
          batch.batchId,
          batch.userId,
          asked.map(([key]) => key),
          asked.map(([, lines]) => lines),
          sources.map((source) => source.batch_id),
        ],
      });
      for (const line of rows[0]!.lines ?? []) reused.lines.add(line);
      reused.outputBytes += rows[0]!.bytes;
      reused.chars += rows[0]!.chars;
    }
    if (asked.length < keysAtOnce) break;
  }
  await q.query('close asked');
  if (batch.trimmed && reused.lines.size > 0) await q.query(takeOverTrims, [batch.batchId]);
  return reused;
}
