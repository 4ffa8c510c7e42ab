/** Sends planned calls as one batch on the durable path: the wave gets its number first, so that a killed server finds it again. */

import { sendLines } from '../../batches/send-lines.ts';
import { type CallRow, callsOfWave, dueCalls } from './calls.ts';
import type { JudgeDeps } from './judge-deps.ts';
import type { JudgeRunRow } from './judge-run-row.ts';

/** Metadata that tells the batch of a wave. */
export const JUDGE_KEY = 'assay_judge_run';
const WAVE_KEY = 'assay_judge_wave';

/** Gives the request body of a call, without the model; null when what it asks about is no longer there. */
export type BodyOf = (call: CallRow) => Promise<Record<string, unknown> | null> | Record<string, unknown> | null;

/**
 * Puts the due calls of a judge into a wave and sends it; gives its batch, or null when none is due. `prepare` reads what the bodies of
 * the calls need.
 */
export async function sendDue(
  deps: JudgeDeps,
  run: JudgeRunRow,
  on: { judge: string; prepare(calls: CallRow[]): Promise<BodyOf> },
): Promise<string | null> {
  const wave = await deps.db.asUser(run.user_id, async (q) => {
    const calls = await dueCalls(q, run.judge_run_id, on.judge);
    if (calls.length === 0) return null;
    const { rows } = await q.query<{ wave: number }>(
      'update judge_runs set next_wave = next_wave + 1 where judge_run_id = $1 returning next_wave - 1 as wave',
      [run.judge_run_id],
    );
    const number = rows[0]!.wave;
    await q.query(
      `update judge_calls c set wave = $3, line = n.line, state = 'sent' from unnest($2::int[]) with ordinality as n (call, line)
       where c.judge_run_id = $1 and c.call = n.call`,
      [run.judge_run_id, calls.map((call) => call.call), number],
    );
    return number;
  });
  return wave === null ? null : sendWave(deps, run, { wave, judge: on.judge, prepare: on.prepare });
}

/** Makes the batch of a wave, or finds the one that a killed server had made. */
export async function sendWave(
  deps: JudgeDeps,
  run: JudgeRunRow,
  on: { wave: number; judge: string; prepare(calls: CallRow[]): Promise<BodyOf> },
): Promise<string> {
  const batchId = await sendLines(deps, run.user_id, {
    endpoint: '/v1/chat/completions',
    filename: `${run.judge_run_id}-${on.wave}.jsonl`,
    metadata: { [JUDGE_KEY]: run.judge_run_id, [WAVE_KEY]: String(on.wave) },
    lines: () => linesOf(deps, run, on),
  });
  await deps.db.asUser(run.user_id, async (q) => {
    const { rowCount } = await q.query(
      'update judge_calls set batch_id = $3 where judge_run_id = $1 and wave = $2 and batch_id is null',
      [run.judge_run_id, on.wave, batchId],
    );
    await q.query('update judge_runs set calls = calls + $2 where judge_run_id = $1', [
      run.judge_run_id,
      rowCount ?? 0,
    ]);
  });
  return batchId;
}

async function* linesOf(
  deps: JudgeDeps,
  run: JudgeRunRow,
  on: { wave: number; judge: string; prepare(calls: CallRow[]): Promise<BodyOf> },
): AsyncGenerator<{ custom_id: string; body: Record<string, unknown> }> {
  const calls = await deps.db.asUser(run.user_id, (q) => callsOfWave(q, run.judge_run_id, on.wave));
  const bodyOf = await on.prepare(calls);
  for (const call of calls) {
    const body = (await bodyOf(call)) ?? emptyBody;
    yield { custom_id: `call-${call.call}`, body: { ...body, model: on.judge } };
  }
}

/** Stands for answers that were deleted between planning and sending; what comes back is read by nobody. */
const emptyBody = { messages: [{ role: 'user', content: 'Say OK.' }], max_tokens: 1 };
