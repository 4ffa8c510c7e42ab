/** Reads the replies of judges: keeps the verdicts, and says what is asked about again. */

import type { PoolClient } from 'pg';
import { answerOfOutput } from '../../compare/answer-of-output.ts';
import { readCall, type Said, type Unsaid } from '../asking/call-form.ts';
import { askAgain, tooLong } from '../asking/halves.ts';
import { costOf } from './budget.ts';
import { formOf } from './call-bodies.ts';
import { endedCalls, markRead, type NewCall, planCalls, type ReplyRow } from './calls.ts';
import { combine } from './combine.ts';
import type { JudgeRunRow } from './judge-run-row.ts';
import { drawOf } from './judged-answers.ts';
import { blankJudgment, keepJudgments, type NewJudgment } from './keep-judgments.ts';

/** A call that asks again; `halfOf`: answers of the call that its own were part of, of which it may have half as many. */
type Asked = NewCall & { halfOf?: number };

/** What became of one call. */
interface Read {
  judgments: NewJudgment[];
  again: Asked[];
  /** Why the whole judge run ends, by on_error: fail. */
  fatal: string | null;
}

export interface ReadOn {
  retryMs: number;
  /** How many calls are read at once. */
  limit: number;
}

export interface Replies {
  /** Calls that were read. */
  read: number;
  /** The answers they asked about. */
  ordinals: number[];
  /** Why the run ends, when one of them says so. */
  fatal: string | null;
}

/** Reads what has ended. */
export async function readReplies(q: PoolClient, run: JudgeRunRow, on: ReadOn): Promise<Replies> {
  const replies = await endedCalls(q, run.judge_run_id, on.limit);
  if (replies.length === 0) return { read: 0, ordinals: [], fatal: null };
  const reads = replies.map((reply) => readReply(run, reply, on.retryMs));
  await keepJudgments(
    q,
    run,
    reads.flatMap((one) => one.judgments),
  );
  const ordinals = [...new Set(replies.flatMap((reply) => reply.ordinals))];
  await combine(q, run, ordinals);
  const again = together(reads.flatMap((one) => one.again));
  const checks = await checksOf(q, run, reads);
  await planCalls(q, run, [...again, ...checks]);
  await markRead(
    q,
    run.judge_run_id,
    replies.map((reply) => reply.call),
  );
  await countTokens(q, run, replies);
  return { read: replies.length, ordinals, fatal: reads.find((one) => one.fatal !== null)?.fatal ?? null };
}

function readReply(run: JudgeRunRow, reply: ReplyRow, retryMs: number): Read {
  if (reply.ok !== true) return failedCall(run, reply, retryMs);
  const text = answerOfOutput(reply.output!).content ?? '';
  const read = readCall(formOf(run, reply), text, { ids: reply.ids, criteria: run.settings.criteria });
  const judgments = read.flatMap((one, at) => ('error' in one ? [] : [judgmentOf(reply, at, one)]));
  const wanting = reply.ordinals.filter((_, at) => 'error' in read[at]!);
  if (wanting.length === 0) return { judgments, again: [], fatal: null };
  if (reply.ordinals.length > 1) return { ...halved(reply, wanting), judgments };
  const { error, detail } = read[0] as Unsaid;
  return lastOne(run, reply, { error, detail, retryMs });
}

function failedCall(run: JudgeRunRow, reply: ReplyRow, retryMs: number): Read {
  const code = reply.error_code ?? 'batch_ended';
  if (tooLong.has(code) && reply.ordinals.length > 1) return halved(reply, reply.ordinals);
  return given(run, reply, {
    ordinals: reply.ordinals,
    error: 'call_failed',
    detail: `the judge was not reached: ${code}`,
    retryMs,
  });
}

/** An answer that stood alone and has no usable verdict: asked about once more, then it is an error, by on_error. */
function lastOne(run: JudgeRunRow, reply: ReplyRow, on: { error: string; detail: string; retryMs: number }): Read {
  if (reply.tries % 2 === 0) {
    return { judgments: [], again: [{ ...sameAgain(reply, null), repairs: reply.call }], fatal: null };
  }
  return given(run, reply, { ordinals: reply.ordinals, ...on });
}

/** What on_error makes of answers without a verdict. A check that fails is only left out. */
function given(
  run: JudgeRunRow,
  reply: ReplyRow,
  on: { ordinals: number[]; error: string; detail: string; retryMs: number },
): Read {
  const { on_error, max_retries } = run.settings;
  if (on_error === 'retry' && reply.part !== 'check' && reply.tries < 2 * max_retries) {
    const wait = on.retryMs * 2 ** Math.floor(reply.tries / 2);
    return { judgments: [], again: [sameAgain(reply, new Date(Date.now() + wait))], fatal: null };
  }
  const judgments = on.ordinals.map((ordinal) => ({
    ...blankOf(reply, reply.ordinals.indexOf(ordinal)),
    error: on.error,
    errorDetail: on.detail,
  }));
  const fatal = on_error === 'fail' && reply.part !== 'check' ? `${on.detail} (call ${reply.call})` : null;
  return { judgments, again: [], fatal };
}

const sameAgain = (reply: ReplyRow, notBefore: Date | null): NewCall => ({
  judge: reply.judge,
  part: reply.part,
  tries: reply.tries + 1,
  ordinals: reply.ordinals,
  notBefore,
});

/** `tries` of calls that were halved stays even: an answer that comes to stand alone is asked about twice. */
function halved(reply: ReplyRow, ordinals: number[]): Read {
  const again = { ...sameAgain(reply, null), tries: reply.tries + 2, ordinals, halfOf: reply.ordinals.length };
  return { judgments: [], again: [again], fatal: null };
}

/** Puts answers that are asked about again into as few calls as halving allows, over the calls they came from. */
function together(calls: Asked[]): NewCall[] {
  const groups = Map.groupBy(calls, (call) =>
    call.halfOf === undefined ? call : JSON.stringify([call.judge, call.part, call.tries, call.halfOf]),
  );
  return [...groups.values()].flatMap((group) => {
    const { halfOf, ...first } = group[0]!;
    if (halfOf === undefined) return [first];
    const ordinals = group.flatMap((call) => call.ordinals);
    return askAgain(ordinals, halfOf).map((some) => ({ ...first, ordinals: some }));
  });
}

function judgmentOf(reply: ReplyRow, at: number, said: Said): NewJudgment {
  const { score, scores, preference, reasoning, confidence } = said;
  return { ...blankOf(reply, at), score, criteria: scores, preference, reasoning, confidence };
}

function blankOf(reply: ReplyRow, at: number): NewJudgment {
  const of = reply.ordinals.length;
  const share = (tokens: number | null) => (tokens === null ? null : tokens / of);
  return {
    ...blankJudgment(reply.ordinals[at]!, reply.judge, 'llm'),
    part: reply.part,
    call: reply.call,
    position: at,
    of,
    promptTokens: share(reply.prompt_tokens),
    completionTokens: share(reply.completion_tokens),
  };
}

/** Answers of batched calls that are drawn to be judged alone as well. */
async function checksOf(q: PoolClient, run: JudgeRunRow, reads: Read[]): Promise<NewCall[]> {
  if (run.mode !== 'batch' || run.settings.check_rate === 0) return [];
  const judged = reads
    .flatMap((one) => one.judgments)
    .filter((one) => one.part === 'verdict' && one.error === null && one.of! > 1);
  const { rows } = await q.query<{ ordinal: number; item_id: string }>(
    'select ordinal, item_id from items where version_id = $1 and ordinal = any ($2::int[])',
    [run.version_id, [...new Set(judged.map((one) => one.ordinal))]],
  );
  const drawn = new Set(
    rows
      .filter((row) => drawOf(run.settings.seed, 'check', row.item_id) < run.settings.check_rate)
      .map((row) => row.ordinal),
  );
  return judged
    .filter((one) => drawn.has(one.ordinal))
    .map((one) => ({ judge: one.judge, part: 'check', tries: 0, ordinals: [one.ordinal], notBefore: null }));
}

const noTokens = { prompt: 0, completion: 0, cached: 0 };

async function countTokens(q: PoolClient, run: JudgeRunRow, replies: ReplyRow[]): Promise<void> {
  let [prompt, completion, cached] = [0, 0, 0];
  // Judges are heard in any order: the sum is unknown from the first of them on when one has no price.
  const priced = run.judges.every((judge) => costOf(run.settings.prices, judge, noTokens) !== null);
  let cost: number | null = priced ? 0 : null;
  for (const reply of replies) {
    const tokens = {
      prompt: reply.prompt_tokens ?? 0,
      completion: reply.completion_tokens ?? 0,
      cached: reply.cached_tokens ?? 0,
    };
    prompt += tokens.prompt;
    completion += tokens.completion;
    cached += tokens.cached;
    const one = costOf(run.settings.prices, reply.judge, tokens);
    cost = cost === null || one === null ? null : cost + one;
  }
  const knowsCached = replies.some((reply) => reply.cached_tokens !== null);
  const { rows } = await q.query<JudgeRunRow>(
    `update judge_runs set prompt_tokens = prompt_tokens + $2, completion_tokens = completion_tokens + $3,
       cached_tokens = case when $5 then coalesce(cached_tokens, 0) + $4 else cached_tokens end,
       cost = case when $6::float8 is null then null else coalesce(cost, 0) + $6 end
     where judge_run_id = $1 returning *`,
    [run.judge_run_id, prompt, completion, cached, knowsCached, cost],
  );
  Object.assign(run, rows[0]);
}
