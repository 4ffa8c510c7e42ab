/** Takes the next answers of a judge run: judges them by what needs no call, and plans the calls for the others. */

import type { PoolClient } from 'pg';
import { packCalls } from '../asking/pack.ts';
import { estimateTokens } from '../asking/tokens.ts';
import { type NewCall, planCalls } from './calls.ts';
import type { JudgeDeps } from './judge-deps.ts';
import { countingJudge, type JudgeRunRow } from './judge-run-row.ts';
import { drawOf, type JudgedAnswer, nextAnswers } from './judged-answers.ts';
import { blankJudgment, keepJudgments, type NewJudgment } from './keep-judgments.ts';
import { judgeBySimilarity, openRules } from './without-calls.ts';

export interface Planned {
  /** Answers looked at; fewer than asked for when there are no more for now. */
  landed: number;
  /** Whether calls were wanting. */
  bound: boolean;
  /** Those that were judged without a call. */
  ordinals: number[];
}

/** Plans at most `limit` answers and `calls` calls. `run` is brought up to date. */
export async function planAnswers(
  q: PoolClient,
  run: JudgeRunRow,
  on: { deps: JudgeDeps; limit: number; calls: number },
): Promise<Planned> {
  const landed = await nextAnswers(q, run, { after: run.planned_seq, limit: on.limit });
  if (landed.length === 0) return { landed: 0, bound: false, ordinals: [] };
  const known = await alreadyIn(q, run, landed);
  const fresh = landed.filter(({ ordinal }) => !known.has(ordinal));
  const isDrawn = ({ itemId }: JudgedAnswer) => drawOf(run.settings.seed, 'sample', itemId) < run.settings.sample_rate;
  const drawn = fresh.filter(isDrawn);
  const { kept, asked } = await judgeWithoutCalls(run, drawn, on.deps);
  const byRules = rulesBeside(
    run,
    fresh.filter((answer) => !isDrawn(answer)),
  );
  const { calls, left } = within(on.calls, callsFor(run, asked, on.deps.limits.callTokens));
  // What no call may be made for any more stays for a larger budget.
  const stop = landed.find(({ ordinal }) => left.has(ordinal));
  const judged = kept.filter(({ ordinal }) => !left.has(ordinal));
  await keepJudgments(q, run, [...judged, ...byRules]);
  await planCalls(q, run, calls);
  run.planned_seq = String(stop === undefined ? landed.at(-1)!.seq : stop.seq - 1);
  const answers = drawn.filter(({ ordinal }) => !left.has(ordinal)).length;
  await q.query('update judge_runs set planned_seq = $2, answers = answers + $3 where judge_run_id = $1', [
    run.judge_run_id,
    run.planned_seq,
    answers,
  ]);
  run.answers += answers;
  return { landed: landed.length, bound: left.size > 0, ordinals: judged.map(({ ordinal }) => ordinal) };
}

/** Ordinals of `landed` that have a verdict or stand in a call, since an answer that was given anew lands again. */
async function alreadyIn(q: PoolClient, run: JudgeRunRow, landed: JudgedAnswer[]): Promise<Set<number>> {
  const { rows } = await q.query<{ ordinal: number }>(
    `select ordinal from judgments where judge_run_id = $1 and ordinal = any ($2::int[]) and part = 'verdict' and judge = $3
     union select o.ordinal from judge_calls c, unnest(c.ordinals) as o (ordinal) where c.judge_run_id = $1 and c.state <> 'read'`,
    [run.judge_run_id, landed.map(({ ordinal }) => ordinal), countingJudge(run)],
  );
  return new Set(rows.map((row) => row.ordinal));
}

/** Verdicts that need no call, and the answers that the judges are to be asked about. */
async function judgeWithoutCalls(
  run: JudgeRunRow,
  answers: JudgedAnswer[],
  deps: JudgeDeps,
): Promise<{ kept: NewJudgment[]; asked: JudgedAnswer[] }> {
  const counting = countingJudge(run);
  const empty = answers.filter((answer) => !isThere(answer, run));
  const there = answers.filter((answer) => isThere(answer, run));
  const kept: NewJudgment[] = empty.map(({ ordinal }) => ({
    ...blankJudgment(ordinal, counting, run.mode === 'rules' ? 'rule' : run.mode === 'metrics' ? 'metric' : 'llm'),
    error: 'no_answer',
    errorDetail: 'the request failed, so there is nothing to judge',
  }));
  if (run.mode === 'metrics') {
    const embed = deps.embed && ((texts: string[]) => deps.embed!(run.user_id, texts));
    return { kept: [...kept, ...(await judgeBySimilarity(run, there, embed))], asked: [] };
  }
  const asked: JudgedAnswer[] = [];
  const judge = openRules(run);
  for (const answer of run.settings.rules.length === 0 ? [] : there) {
    const { spares, ...judgment } = judge(answer);
    kept.push(judgment);
    if (run.mode === 'rules') continue;
    if (spares) kept.push({ ...judgment, judge: counting, spared: true });
    else asked.push(answer);
  }
  return { kept, asked: run.settings.rules.length === 0 && run.mode !== 'rules' ? there : asked };
}

/** What rules say of answers that no model is asked about, since the sample leaves them out. */
function rulesBeside(run: JudgeRunRow, answers: JudgedAnswer[]): NewJudgment[] {
  if (run.settings.rules.length === 0 || (run.mode !== 'single' && run.mode !== 'batch')) return [];
  const judge = openRules(run);
  return answers.filter((answer) => isThere(answer, run)).map(judge);
}

const isThere = ({ ok, content, other }: JudgedAnswer, run: JudgeRunRow): boolean =>
  ok && content !== null && (run.mode !== 'pairwise' || other !== null);

function callsFor(run: JudgeRunRow, answers: JudgedAnswer[], callTokens: number): NewCall[] {
  const groups = run.mode === 'batch' ? packed(run, answers, callTokens) : answers.map((answer) => [answer]);
  const parts = run.mode === 'pairwise' ? (['ab', 'ba'] as const) : (['verdict'] as const);
  return groups.flatMap((group) =>
    run.judges.flatMap((judge) =>
      parts.map((part) => ({ judge, part, tries: 0, ordinals: group.map(({ ordinal }) => ordinal), notBefore: null })),
    ),
  );
}

function packed(run: JudgeRunRow, answers: JudgedAnswer[], maxTokens: number): JudgedAnswer[][] {
  const items = answers.map(({ prompt, content, expected }) => ({
    tokens: estimateTokens(prompt) + estimateTokens(content ?? '') + estimateTokens(expected ?? ''),
  }));
  const seed = `${run.judge_run_id} ${run.planned_seq}`;
  return packCalls(items, { perCall: run.batch_size, maxTokens, seed }).map((group) => group.map((at) => answers[at]!));
}

/** The calls that the budget allows, and the answers of those that it does not. */
function within(most: number, calls: NewCall[]): { calls: NewCall[]; left: Set<number> } {
  if (calls.length <= most) return { calls, left: new Set() };
  const left = new Set(calls.slice(most).flatMap((call) => call.ordinals));
  // An answer is asked about by all judges and in both orders, or not at all.
  return { calls: calls.slice(0, most).filter((call) => !call.ordinals.some((one) => left.has(one))), left };
}
