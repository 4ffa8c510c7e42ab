/** The calls of a judge run: planned, sent in waves, read. */

import type { PoolClient } from 'pg';
import { opaqueIds } from '../asking/opaque-ids.ts';
import type { JudgeRunRow } from './judge-run-row.ts';
import type { Part } from './keep-judgments.ts';

/**
 * The ids that stand for the answers of a call, the same ones each time; a comparison needs one for each of its two answers.
 * The run's id is known to no author of answers.
 */
export const idsFor = (run: Pick<JudgeRunRow, 'judge_run_id' | 'mode'>, call: number, answers: number): string[] =>
  opaqueIds(run.mode === 'pairwise' ? 2 * answers : answers, `${run.judge_run_id} ${call}`);

/** A call that is to be made: which answers stand in it, and for whom. */
export interface NewCall {
  judge: string;
  part: Part;
  /** How often these answers were asked about before. */
  tries: number;
  ordinals: number[];
  /** Not sent before; null: at once. */
  notBefore: Date | null;
  /** The call whose reply could not be used, which the judge is shown again. */
  repairs?: number;
}

export interface CallRow {
  call: number;
  judge: string;
  part: Part;
  tries: number;
  repairs: number | null;
  ids: string[];
  ordinals: number[];
  state: 'planned' | 'sent' | 'read';
  wave: number | null;
  batch_id: string | null;
  line: number | null;
}

/** Writes calls as planned, numbered on from the run's last; the run's next number goes on behind them. */
export async function planCalls(
  q: PoolClient,
  run: Pick<JudgeRunRow, 'judge_run_id' | 'user_id' | 'mode' | 'next_call'>,
  calls: NewCall[],
): Promise<void> {
  if (calls.length === 0) return;
  const first = run.next_call;
  const again = calls.filter((call) => call.tries > 0).length;
  await q.query(
    `insert into judge_calls (judge_run_id, call, user_id, judge, part, tries, repairs, ids, ordinals, not_before)
     select $1, n.call, $2, n.judge, n.part, n.tries, n.repairs, array(select jsonb_array_elements_text(n.ids)),
       array(select jsonb_array_elements_text(n.ordinals)::int), n.not_before
     from unnest($3::int[], $4::text[], $5::text[], $6::int[], $7::jsonb[], $8::jsonb[], $9::timestamptz[], $10::int[])
       as n (call, judge, part, tries, ids, ordinals, not_before, repairs)`,
    [
      run.judge_run_id,
      run.user_id,
      calls.map((_, at) => first + at),
      calls.map((call) => call.judge),
      calls.map((call) => call.part),
      calls.map((call) => call.tries),
      calls.map((call, at) => JSON.stringify(idsFor(run, first + at, call.ordinals.length))),
      calls.map((call) => JSON.stringify(call.ordinals)),
      calls.map((call) => call.notBefore),
      calls.map((call) => call.repairs ?? null),
    ],
  );
  run.next_call = first + calls.length;
  await q.query('update judge_runs set next_call = $2, asked_again = asked_again + $3 where judge_run_id = $1', [
    run.judge_run_id,
    run.next_call,
    again,
  ]);
}

/** Calls that are not read yet, and the answers in them, by state. */
export async function openCalls(
  q: PoolClient,
  judgeRunId: string,
): Promise<{ planned: number; sent: number; answers: number }> {
  const { rows } = await q.query<{ planned: number; sent: number; answers: number }>(
    `select count(*) filter (where state = 'planned')::integer as planned, count(*) filter (where state = 'sent')::integer as sent,
       coalesce(sum(cardinality(ordinals)), 0)::integer as answers
     from judge_calls where judge_run_id = $1 and state <> 'read'`,
    [judgeRunId],
  );
  return rows[0]!;
}

const callColumns = 'call, judge, part, tries, repairs, ids, ordinals, state, wave, batch_id, line';

/** Planned calls of one judge that may be sent now, oldest first. */
export async function dueCalls(q: PoolClient, judgeRunId: string, judge: string): Promise<CallRow[]> {
  const { rows } = await q.query<CallRow>(
    `select ${callColumns} from judge_calls where judge_run_id = $1 and judge = $2 and state = 'planned'
       and (not_before is null or not_before <= now()) order by call limit 5000`,
    [judgeRunId, judge],
  );
  return rows;
}

/** Calls of a wave that has been given its number but may have no batch yet. */
export async function callsOfWave(q: PoolClient, judgeRunId: string, wave: number): Promise<CallRow[]> {
  const { rows } = await q.query<CallRow>(
    `select ${callColumns} from judge_calls where judge_run_id = $1 and wave = $2 order by call`,
    [judgeRunId, wave],
  );
  return rows;
}

/** The reply to a sent call; `ok` is null when its batch ended without an answer to it. */
export interface ReplyRow extends CallRow {
  ok: boolean | null;
  error_code: string | null;
  status_code: number | null;
  output: string | null;
  prompt_tokens: number | null;
  completion_tokens: number | null;
  cached_tokens: number | null;
}

/** Sent calls whose row has ended, or whose batch has ended without it. */
export async function endedCalls(q: PoolClient, judgeRunId: string, limit: number): Promise<ReplyRow[]> {
  const { rows } = await q.query<ReplyRow>(
    `select ${callColumns
      .split(', ')
      .map((name) => `c.${name}`)
      .join(', ')}, r.ok, r.error_code, r.status_code, r.output, r.prompt_tokens, r.completion_tokens, r.cached_tokens
     from judge_calls c
       left join results r on r.batch_id = c.batch_id and r.line = c.line
       left join batches b on b.batch_id = c.batch_id
     where c.judge_run_id = $1 and c.state = 'sent' and c.batch_id is not null
       and (r.line is not null or b.status is null or b.status in ('completed', 'failed', 'expired', 'cancelled'))
     order by c.call limit $2`,
    [judgeRunId, limit],
  );
  return rows;
}

export async function markRead(q: PoolClient, judgeRunId: string, calls: number[]): Promise<void> {
  await q.query(`update judge_calls set state = 'read' where judge_run_id = $1 and call = any ($2::int[])`, [
    judgeRunId,
    calls,
  ]);
}
