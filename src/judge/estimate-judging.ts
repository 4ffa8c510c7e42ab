/** Says before a judge run what it will take: calls, tokens, time and cost, and how each figure came about. */

import type { PoolClient } from 'pg';
import type { JudgeEstimate, NewJudgeRun } from '../contracts/judging.ts';
import { askingFor, type CallForm, type CallItem, callBody, idsNeeded } from './asking/call-form.ts';
import { opaqueIds } from './asking/opaque-ids.ts';
import { packCalls } from './asking/pack.ts';
import type { JudgeBody } from './asking/rubric-words.ts';
import { estimateTokens, itemTokens } from './asking/tokens.ts';
import { costOf } from './passes/budget.ts';
import type { JudgeDeps } from './passes/judge-deps.ts';
import { answersAt, drawOf, type JudgedAnswer } from './passes/judged-answers.ts';
import { type JudgePlan, planJudging } from './start-judging.ts';

/** Answers whose calls are made, and not sent, to measure them. */
const sampleAnswers = 200;

/** Tokens and calls of the sample. */
interface Measured {
  calls: number;
  prompt: number;
  /** The most that the replies may take. */
  completion: number;
}

/** Throws what a start of the same judge run would throw. Nothing is asked or kept. */
export async function estimateJudging(deps: JudgeDeps, userId: string, asked: NewJudgeRun): Promise<JudgeEstimate> {
  const plan = await planJudging(deps, userId, asked);
  return deps.db.asUser(userId, async (q) => {
    const ordinals = await drawnAnswers(q, plan);
    const answers = ordinals.length;
    if (plan.judges.length === 0 || answers === 0) return withoutCalls(answers);
    const places = Array.from({ length: Math.min(sampleAnswers, answers) }, (_, i) =>
      Math.floor((i * answers) / Math.min(sampleAnswers, answers)),
    );
    const sample = [
      ...(
        await answersAt(
          q,
          plan,
          places.map((place) => ordinals[place]!),
        )
      ).values(),
    ];
    const scale = answers / Math.max(1, sample.length);
    const calls = measureCalls(plan, sample, deps.limits.callTokens);
    const alone =
      plan.mode === 'batch' ? measureCalls({ ...plan, mode: 'single' }, sample, deps.limits.callTokens) : calls;
    const checks = plan.mode === 'batch' ? plan.settings.check_rate : 0;
    const past = await pastOf(q, userId, plan);
    return figuresOf(plan, { answers, scale, calls, alone, checks, past });
  });
}

/** Answers that will be judged: those that did not fail, drawn as the run will draw them. */
async function drawnAnswers(q: PoolClient, plan: JudgePlan): Promise<number[]> {
  const { rows } = await q.query<{ ordinal: number; item_id: string }>(
    `select a.ordinal, i.item_id from answers a join items i on i.version_id = a.version_id and i.ordinal = a.ordinal
     where a.run_id = $1 and a.ok and a.content is not null
       and ($2::text is null or exists (select from answers o where o.run_id = $2 and o.ordinal = a.ordinal and o.ok)) order by 1`,
    [plan.run_id, plan.other_run_id],
  );
  const { seed, sample_rate } = plan.settings;
  return rows.filter((row) => drawOf(seed, 'sample', row.item_id) < sample_rate).map((row) => row.ordinal);
}

const withoutCalls = (answers: number): JudgeEstimate => ({
  answers,
  calls: 0,
  prompt_tokens: 0,
  completion_tokens: 0,
  seconds: null,
  cost: 0,
  price_as_of: null,
  calls_one_by_one: 0,
  prompt_tokens_one_by_one: 0,
  basis: answers === 0 ? 'There is no answer to judge.' : 'No model is asked.',
});

function measureCalls(plan: JudgePlan, sample: JudgedAnswer[], callTokens: number): Measured {
  const bodies = bodiesOf(plan, sample, callTokens);
  const tokens = (body: JudgeBody) => body.messages.reduce((sum, { content }) => sum + estimateTokens(content), 0);
  return {
    calls: bodies.length,
    prompt: bodies.reduce((sum, body) => sum + tokens(body), 0),
    completion: bodies.reduce((sum, body) => sum + body.max_tokens, 0),
  };
}

function bodiesOf(plan: JudgePlan, sample: JudgedAnswer[], maxTokens: number): JudgeBody[] {
  const { criteria, instructions, reference: shown, asking: limits } = plan.settings;
  const items: CallItem[] = sample.map(({ prompt, content, expected, other }) => ({
    prompt,
    answer: content ?? '',
    other,
    reference: shown ? expected : null,
  }));
  const body = (form: CallForm, of: CallItem[], seed: string) => {
    const ids = opaqueIds(idsNeeded(form, of.length), seed);
    return callBody(form, { criteria, instructions }, { items: of, ids, asking: askingFor(form, { limits }) });
  };
  if (plan.mode === 'pairwise')
    return items.flatMap((item, at) => (['ab', 'ba'] as const).map((order) => body(order, [item], String(at))));
  if (plan.mode !== 'batch') return items.map((item, at) => body('one', [item], String(at)));
  const sizes = items.map((item) => ({ tokens: itemTokens(item) }));
  return packCalls(sizes, { perCall: plan.batch_size, maxTokens, seed: 'estimate' }).map((group) =>
    body(
      'many',
      group.map((at) => items[at]!),
      'estimate',
    ),
  );
}

/** What earlier judgments and batches of the judges tell; null where there are none. */
interface Past {
  /** Mean completion tokens of a verdict in this mode. */
  verdictTokens: number | null;
  completionTokensPerSecond: number | null;
}

async function pastOf(q: PoolClient, userId: string, plan: JudgePlan): Promise<Past> {
  const { rows } = await q.query<Past>(
    `select
       (select avg(j.completion_tokens)::float8 from judgments j join judge_runs r using (judge_run_id)
        where j.user_id = $1 and j.judge = any ($2) and r.mode = $3 and j.part <> 'check' and j.completion_tokens > 0) as "verdictTokens",
       (select min(speed) from (
          select distinct on (model) completion_tokens / nullif(extract(epoch from last_commit_at - first_dispatch_at), 0)::float8 as speed
          from batches where user_id = $1 and model = any ($2) and completion_tokens > 0 and last_commit_at > first_dispatch_at
          order by model, created_at desc) last) as "completionTokensPerSecond"`,
    [userId, plan.judges, plan.mode],
  );
  return rows[0]!;
}

function figuresOf(
  plan: JudgePlan,
  on: { answers: number; scale: number; calls: Measured; alone: Measured; checks: number; past: Past },
): JudgeEstimate {
  const judges = plan.judges.length;
  const { answers, scale, calls, alone, checks, past } = on;
  const times = (value: number, single: number) => Math.round(scale * (value + checks * single)) * judges;
  const prompt = times(calls.prompt, alone.prompt);
  const verdicts = answers * judges * (plan.mode === 'pairwise' ? 2 : 1 + checks);
  const known = past.verdictTokens !== null;
  const completion = known ? Math.round(verdicts * past.verdictTokens!) : times(calls.completion, alone.completion);
  const speed = past.completionTokensPerSecond;
  const each = { prompt: prompt / judges, completion: completion / judges, cached: 0 };
  const costs = plan.judges.map((judge) => costOf(plan.settings.prices, judge, each));
  const replies = known
    ? `${past.verdictTokens!.toFixed(0)} tokens a verdict, as this judge took so far`
    : 'the most the replies may take, as this judge has not judged so yet';
  return {
    answers,
    calls: (Math.ceil(scale * calls.calls) + Math.round(answers * checks)) * judges,
    prompt_tokens: prompt,
    completion_tokens: completion,
    seconds: speed === null || speed === 0 ? null : completion / speed,
    cost: costs.some((cost) => cost === null) ? null : costs.reduce<number>((sum, cost) => sum + cost!, 0),
    price_as_of: oldestPrice(plan),
    calls_one_by_one: Math.round(scale * alone.calls) * judges,
    prompt_tokens_one_by_one: Math.round(scale * alone.prompt) * judges,
    basis:
      `Prompts: the calls of up to ${sampleAnswers} answers, at the tokens their characters usually make. Replies: ${replies}. ` +
      `Time: ${speed === null ? 'unknown, as no batch of this judge has run yet' : `at ${speed.toFixed(1)} tokens a second, as in its last batch`}. ` +
      `Cost: ${costs.some((cost) => cost === null) ? 'unknown, as a judge has no price; state it with price: in models.yaml, or in the table of ASSAY_PRICES_FILE' : "by the judges' prices"}.`,
  };
}

/** The oldest day among those on which the judges' prices were read. */
function oldestPrice({ judges, settings }: JudgePlan): string | null {
  const days = judges.flatMap((judge) => settings.prices[judge]?.as_of ?? []);
  return days.sort()[0] ?? null;
}
