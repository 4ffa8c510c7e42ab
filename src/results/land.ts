/** Commits a group of results and failed attempts of one batch in one statement, fenced by the epoch of their chunks. */

import type { PoolClient, QueryConfig } from 'pg';
import type { LandedGroup, Landing } from '../contracts/landing.ts';
import type { Database } from '../db/database.ts';

// Output lines hold no raw line end (they are JSON), so one text that the server splits carries them all, without the
// escaping of quotes and backslashes that an array literal of them would need.
const landRows = `
  with fence as (
    select c.chunk_id from batches b join chunks c on c.batch_id = b.batch_id
    join unnest($3::uuid[], $4::integer[]) as held (chunk_id, epoch) on held.chunk_id = c.chunk_id and held.epoch = c.epoch
    where b.batch_id = $1 and b.status in ('in_progress', 'cancelling') and c.state = 'open'
    for no key update of b for share of c
  ), landed as (
    insert into results (batch_id, line, user_id, custom_id, ok, status_code, error_code, output, bytes, prompt_tokens,
      completion_tokens, cached_tokens, reasoning_tokens, queue_ms, first_token_ms, total_ms, attempts, worker_id)
    select $1, r.line, $2, r.custom_id, r.ok, r.status_code, r.error_code, r.output, octet_length(r.output) + 1, r.prompt_tokens,
      r.completion_tokens, r.cached_tokens, r.reasoning_tokens, r.queue_ms, r.first_token_ms, r.total_ms, r.attempts, $20
    from unnest($5::integer[], $6::uuid[], $7::text[], $8::boolean[], $9::integer[], $10::text[],
      string_to_array($11, E'\\n'), $12::integer[], $13::integer[], $14::integer[], $15::integer[], $16::integer[],
      $17::integer[], $18::integer[], $19::integer[])
      as r (line, chunk_id, custom_id, ok, status_code, error_code, output, prompt_tokens, completion_tokens, cached_tokens,
        reasoning_tokens, queue_ms, first_token_ms, total_ms, attempts)
    join fence on fence.chunk_id = r.chunk_id
    on conflict (batch_id, line) do nothing
    returning line, ok, bytes, prompt_tokens, completion_tokens, cached_tokens, reasoning_tokens
  ), sums as (
    select count(*) as rows, count(*) filter (where ok) as completed, count(*) filter (where not ok) as failed,
      coalesce(sum(bytes) filter (where ok), 0) as output_bytes, coalesce(sum(bytes) filter (where not ok), 0) as error_bytes,
      coalesce(sum(prompt_tokens), 0) as prompt, coalesce(sum(completion_tokens), 0) as completion,
      coalesce(sum(cached_tokens), 0) as cached, count(*) filter (where ok and cached_tokens is null) as cached_unknown,
      coalesce(sum(reasoning_tokens), 0) as reasoning,
      (max(least(prompt_tokens::bigint + completion_tokens, 2147483647))
        filter (where prompt_tokens + completion_tokens::bigint is not null))::integer as peak
    from landed
  ), counted as (
    update batches b set completed = b.completed + s.completed, failed = b.failed + s.failed,
      output_bytes = b.output_bytes + s.output_bytes, error_bytes = b.error_bytes + s.error_bytes,
      prompt_tokens = b.prompt_tokens + s.prompt, completion_tokens = b.completion_tokens + s.completion,
      cached_tokens = b.cached_tokens + s.cached, cached_unknown_rows = b.cached_unknown_rows + s.cached_unknown,
      reasoning_tokens = b.reasoning_tokens + s.reasoning, prompt_chars_done = b.prompt_chars_done + $21,
      peak_tokens = greatest(b.peak_tokens, s.peak), first_dispatch_at = coalesce(b.first_dispatch_at, $22), last_commit_at = clock_timestamp(),
      status = case when b.status = 'in_progress' and b.completed + b.failed + s.rows = b.total then 'finalizing' else b.status end,
      finalizing_at = case when b.status = 'in_progress' and b.completed + b.failed + s.rows = b.total then clock_timestamp() end
    from sums s where b.batch_id = $1 and s.rows > 0
    returning b.status
  )
  select (select rows from sums)::integer as written, coalesce((select status = 'finalizing' from counted), false) as finished,
    case when (select rows from sums) < cardinality($5::integer[]) then array(select line from landed) end as lines,
    exists (select from fence)
      or exists (select from batches where batch_id = $1 and status in ('in_progress', 'cancelling')) as live`;

const keepAttempts = `
  insert into attempts (batch_id, line, user_id, generation, attempt, code, status_code, message, worker_id, started_at, ended_at)
  select $1, a.line, $2, b.generation, a.attempt, a.code, a.status_code, a.message, $3, a.started_at, a.ended_at
  from batches b, unnest($4::integer[], $5::integer[], $6::text[], $7::integer[], $8::text[], $9::timestamptz[], $10::timestamptz[])
    as a (line, attempt, code, status_code, message, started_at, ended_at)
  where b.batch_id = $1 and not exists (select from attempts x where x.batch_id = $1 and x.line = a.line
    and x.attempt = a.attempt and x.generation = b.generation)`;

/** What became of a group; `lines` are those of the rows written, null when that is all of them. */
export interface LandedLines {
  landing: Landing;
  lines: number[] | null;
}

/** Lands `group` in one transaction. Throws disk_full and database_unavailable, after which it may be called again. */
export async function land(db: Database, group: LandedGroup): Promise<Landing> {
  if (!isOneStatement(group)) return db.asUser(group.userId, async (q) => (await landIn(q, group)).landing);
  const { rows } = await db.runAsUser<LandedRows>(group.userId, landStatement(group));
  const { lines: _, ...landing } = rows[0]!;
  return landing;
}

/** No tries that failed, and nothing left out of prompts, as it mostly is. */
const isOneStatement = ({ rows, attempts }: LandedGroup): boolean =>
  rows.length > 0 && attempts.length === 0 && rows.every((row) => row.trim === null);

type LandedRows = Landing & { lines: number[] | null };

const landStatement = (group: LandedGroup): QueryConfig => ({
  name: 'land-rows',
  text: landRows,
  values: rowValues(group),
});

/** Lands `group` in the transaction of `q`, which is its user's. */
export async function landIn(q: PoolClient, group: LandedGroup): Promise<LandedLines> {
  if (group.attempts.length > 0)
    await q.query({ name: 'keep-attempts', text: keepAttempts, values: attemptValues(group) });
  if (group.rows.length === 0) return { landing: { written: 0, finished: false, live: true }, lines: null };
  const { rows } = await q.query<LandedRows>(landStatement(group));
  const { lines, ...landing } = rows[0]!;
  await keepTrims(q, group, lines);
  return { landing, lines };
}

/** Notes what was left out of prompts, of those rows that were written (`lines`; null when all were). */
async function keepTrims(q: PoolClient, group: LandedGroup, lines: number[] | null): Promise<void> {
  const trimmed = group.rows.filter((row) => row.trim !== null && (lines === null || lines.includes(row.line)));
  if (trimmed.length === 0) return;
  await q.query(
    `insert into trims (batch_id, user_id, line, strategy, messages, tokens_before, tokens_after)
     select $1, $2, t.line, t.strategy, t.messages, t.tokens_before, t.tokens_after
     from unnest($3::integer[], $4::text[], $5::integer[], $6::integer[], $7::integer[])
       as t (line, strategy, messages, tokens_before, tokens_after)
     on conflict (batch_id, line) do update set strategy = excluded.strategy, messages = excluded.messages,
       tokens_before = excluded.tokens_before, tokens_after = excluded.tokens_after`,
    [
      group.batchId,
      group.userId,
      trimmed.map((row) => row.line),
      trimmed.map((row) => row.trim!.strategy),
      trimmed.map((row) => row.trim!.messages),
      trimmed.map((row) => row.trim!.tokensBefore),
      trimmed.map((row) => row.trim!.tokensAfter),
    ],
  );
}

/** What an engine counts may be any number; one that the column cannot hold would keep its whole group from landing. */
const numbers = (values: (number | null)[]): string =>
  `{${values.map((v) => (v === null ? 'NULL' : Math.min(Math.trunc(v), maxInteger))).join(',')}}`;
const maxInteger = 2_147_483_647;
const withoutNul = (text: string): string => text.replaceAll('\0', '');

function rowValues(group: LandedGroup): unknown[] {
  const { rows } = group;
  // A chunk that this worker lost and took again: its rows of both times count as those of the later.
  const chunks = new Map<string, number>();
  for (const { chunkId, epoch } of rows) chunks.set(chunkId, Math.max(epoch, chunks.get(chunkId) ?? 0));
  return [
    group.batchId,
    group.userId,
    [...chunks.keys()],
    [...chunks.values()],
    numbers(rows.map((r) => r.line)),
    rows.map((r) => r.chunkId),
    rows.map((r) => r.customId),
    rows.map((r) => r.ok),
    numbers(rows.map((r) => r.statusCode)),
    rows.map((r) => (r.errorCode === null ? null : withoutNul(r.errorCode))),
    rows.map((r) => r.output).join('\n'),
    numbers(rows.map((r) => r.promptTokens)),
    numbers(rows.map((r) => r.completionTokens)),
    numbers(rows.map((r) => r.cachedTokens)),
    numbers(rows.map((r) => r.reasoningTokens)),
    numbers(rows.map((r) => r.queueMs)),
    numbers(rows.map((r) => r.firstTokenMs)),
    numbers(rows.map((r) => r.totalMs)),
    numbers(rows.map((r) => r.attempts)),
    group.workerId,
    rows.reduce((sum, r) => sum + r.promptChars, 0),
    group.dispatchedAt,
  ];
}

function attemptValues(group: LandedGroup): unknown[] {
  const { attempts } = group;
  return [
    group.batchId,
    group.userId,
    group.workerId,
    numbers(attempts.map((a) => a.line)),
    numbers(attempts.map((a) => a.attempt)),
    attempts.map((a) => a.code),
    numbers(attempts.map((a) => a.statusCode)),
    attempts.map((a) => withoutNul(a.message)),
    attempts.map((a) => a.startedAt),
    attempts.map((a) => a.endedAt),
  ];
}
