/** Judges one or many answers before the reply, asked as a judge run asks and kept nowhere; says who can be asked. */

import type { JudgedNow, JudgeNow, JudgingChoices } from '../../contracts/judge-now.ts';
import { ruleKinds } from '../../contracts/judge-rules.ts';
import { type Criterion, judgeModes } from '../../contracts/judging.ts';
import type { ModelSpec } from '../../contracts/models.ts';
import { metricNames } from '../../contracts/similarity.ts';
import type { Database } from '../../db/database.ts';
import { providerOf } from '../../engines/provider-models.ts';
import { keyIsSet } from '../../engines/remote.ts';
import { AssayError } from '../../errors.ts';
import type { Said, Unsaid } from '../asking/call-form.ts';
import { defaultRubric } from '../asking/default-rubric.ts';
import { packCalls } from '../asking/pack.ts';
import { combineOrders } from '../asking/pairwise-prompt.ts';
import { itemTokens } from '../asking/tokens.ts';
import type { AskingLimits } from '../asking/verdict-schema.ts';
import { costOf } from '../passes/budget.ts';
import { findRubric } from '../rubrics/store-rubrics.ts';
import type { ModelEngines } from '../similarity/embed-by-model.ts';
import { criteriaOf, findReady } from '../start-judging.ts';
import { type Answered, askCalls, type PlannedCall, slotOf } from './ask-calls.ts';
import { type AskedItem, askedItems } from './asked-items.ts';

export interface JudgeNowDeps {
  db: Database;
  models: {
    find(userId: string, modelId: string): Promise<ModelSpec>;
    list(userId: string): Promise<ModelSpec[]>;
    offered(userId: string): ModelSpec[];
  };
  engines: ModelEngines;
  limits: {
    asking?: AskingLimits;
    /** Tokens of the answers of one call at most, by estimate. */
    callTokens: number;
    /** Calls at once, of one request. */
    calls: number;
    timeoutMs: number;
  };
}

export interface JudgeNowRoom {
  /** Criteria, modes, rules and metrics there are, and the models this user can have as judges. */
  choices(userId: string): Promise<JudgingChoices>;
  /** Longest time for one call. */
  timeoutMs: number;
  /** Ends what it asked when `signal` aborts, and then rejects with its reason. */
  judge(userId: string, asked: JudgeNow, signal: AbortSignal): Promise<JudgedNow>;
}

/** Nothing is stored; rules of a rubric are not run. */
export function openJudgeNow(deps: JudgeNowDeps): JudgeNowRoom {
  return {
    timeoutMs: deps.limits.timeoutMs,
    choices: (userId) => choicesFor(deps, userId),
    judge: (userId, asked, signal) => judgeNow(deps, userId, { asked, signal }),
  };
}

async function choicesFor({ models }: JudgeNowDeps, userId: string): Promise<JudgingChoices> {
  const listed = (await models.list(userId)).filter((model) => model.embeddings !== true);
  const known = new Set(listed.map(({ id }) => id));
  const offered = models.offered(userId).filter(({ id }) => !known.has(id));
  return {
    criteria: defaultRubric.criteria,
    modes: [...judgeModes],
    rules: [...ruleKinds],
    metrics: [...metricNames],
    judges: [...listed, ...offered].map((model) => ({
      id: model.id,
      provider: providerOf(model),
      api_key_env: model.api_key_env ?? null,
      ready: keyIsSet(model),
      prompt_per_million: model.price?.prompt_per_million ?? null,
      completion_per_million: model.price?.completion_per_million ?? null,
      price_as_of: model.price?.as_of ?? null,
    })),
  };
}

/** @throws AssayError not_found, model_not_found, engine_unavailable, invalid_parameter, …; EngineFailure */
async function judgeNow(
  deps: JudgeNowDeps,
  userId: string,
  { asked, signal }: { asked: JudgeNow; signal: AbortSignal },
): Promise<JudgedNow> {
  const { engines, limits } = deps;
  const judge = await findReady(deps, userId, asked.judge_model);
  const rubric = await rubricOf(deps, userId, asked);
  const items = await askedItems(deps.db, userId, asked);
  const endpoint = await engines.acquire(userId, judge.id);
  let answered: Answered;
  try {
    signal.throwIfAborted();
    answered = await askCalls(
      {
        endpoint,
        complete: engines.complete,
        rubric,
        items,
        limits: limits.asking,
        refuses: judge.refuses,
        atOnce: limits.calls,
        timeoutMs: limits.timeoutMs,
        signal,
      },
      callsFor(asked, items, limits.callTokens),
    );
  } finally {
    engines.release(userId, judge.id);
  }
  const { calls, tokens } = answered;
  return {
    judge: judge.id,
    data: items.map((item, place) => ({
      id: item.id,
      name: item.name,
      content: item.answer,
      ...verdictOn(asked, place, answered),
    })),
    calls,
    prompt_tokens: tokens?.prompt ?? null,
    completion_tokens: tokens?.completion ?? null,
    cost: tokens === null ? null : costOf({ [judge.id]: judge.price ?? null }, judge.id, tokens),
  };
}

async function rubricOf(
  { db }: JudgeNowDeps,
  userId: string,
  asked: JudgeNow,
): Promise<{ criteria: Criterion[]; instructions: string }> {
  if (asked.rubric !== undefined && asked.rubric_id !== undefined) {
    const problem = 'is a draft, which takes no rubric_id beside it';
    throw new AssayError(
      'invalid_parameter',
      { param: 'rubric', problem, value: asked.rubric_id },
      { param: 'rubric' },
    );
  }
  const draft = asked.rubric === undefined ? null : { ...asked.rubric, id: 'of the request' };
  const kept = asked.rubric_id ?? 'rb_default';
  const rubric = draft ?? (await db.asUser(userId, (q) => findRubric(q, kept, asked.rubric_version)));
  return { criteria: criteriaOf(asked, rubric), instructions: rubric.instructions };
}

function callsFor({ mode, batch_size: perCall, seed }: JudgeNow, items: AskedItem[], maxTokens: number): PlannedCall[] {
  const places = items.map((_, place) => place);
  if (mode === 'pairwise')
    return places.flatMap((place) => (['ab', 'ba'] as const).map((form) => ({ form, places: [place] })));
  if (mode === 'single') return places.map((place) => ({ form: 'one', places: [place] }));
  const sizes = items.map((item) => ({ tokens: itemTokens(item) }));
  return packCalls(sizes, { perCall, maxTokens, seed: String(seed) }).map((group) => ({ form: 'many', places: group }));
}

type Verdict = Omit<JudgedNow['data'][number], 'id' | 'name' | 'content'>;

const blank: Verdict = {
  score: null,
  pass: null,
  preference: null,
  criteria: {},
  reasoning: null,
  confidence: null,
  error: null,
  error_detail: null,
};

function verdictOn({ mode, threshold }: JudgeNow, place: number, { said }: Answered): Verdict {
  if (mode === 'pairwise') return bothOrders(said.get(slotOf('ab', place))!, said.get(slotOf('ba', place))!);
  const one = said.get(slotOf('one', place))!;
  if ('error' in one) return { ...blank, error: one.error, error_detail: one.detail };
  const { score, scores: criteria, reasoning, confidence } = one;
  return { ...blank, score, pass: score === null ? null : score >= threshold, criteria, reasoning, confidence };
}

/** Without a verdict in one order there is none. The reasons of both orders are shown. */
function bothOrders(ab: Said | Unsaid, ba: Said | Unsaid): Verdict {
  const wanting = [ab, ba].find((one) => 'error' in one);
  if (wanting !== undefined) return { ...blank, error: wanting.error, error_detail: wanting.detail };
  const [first, second] = [ab as Said, ba as Said];
  const sure = [first.confidence, second.confidence].filter((value) => value !== null);
  return {
    ...blank,
    preference: combineOrders(first.preference!, second.preference!),
    reasoning: `answer first: ${first.reasoning ?? 'no reason'}\nother_answer first: ${second.reasoning ?? 'no reason'}`,
    confidence: sure.length === 0 ? null : sure.reduce((sum, value) => sum + value, 0) / sure.length,
  };
}
