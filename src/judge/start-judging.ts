/** Starts a judge run: settles the judges, the rubric and the answers, and writes it down; the pump does the rest. */

import type { PoolClient } from 'pg';
import type { Rule } from '../contracts/judge-rules.ts';
import { type Criterion, criterion, type NewJudgeRun, type Rubric } from '../contracts/judging.ts';
import type { ModelSpec } from '../contracts/models.ts';
import { headersOf } from '../engines/remote.ts';
import { AssayError } from '../errors.ts';
import { type RunRow, selectRun } from '../runs/run-row.ts';
import { comparedRun } from './compared-run.ts';
import type { JudgeDeps } from './passes/judge-deps.ts';
import { insertJudgeRun, type JudgeSettings, newJudgeRunId } from './passes/judge-run-row.ts';
import { findRubric } from './rubrics/store-rubrics.ts';
import { compileRules } from './rules/run-rules.ts';

/** What a judge run will be, nothing written yet. */
export type JudgePlan = Parameters<typeof insertJudgeRun>[1];

/** Rules where neither the asker nor the rubric states any. */
const usualRules: Rule[] = (['basic_quality', 'refusal', 'repetition'] as const).map(
  (kind) => ({ kind, weight: 1, severity: 'fail', spares_llm: false }) as Rule,
);

const refused = (param: string, problem: string, value: unknown): AssayError =>
  new AssayError('invalid_parameter', { param, problem, value }, { param });

/** @throws AssayError not_found, model_not_found, engine_unavailable (a judge's key is not set), invalid_parameter, conflict */
export async function planJudging(
  deps: JudgeDeps,
  userId: string,
  asked: NewJudgeRun & { follows?: boolean },
): Promise<JudgePlan> {
  const judges = await judgesOf(deps, userId, asked);
  await checkMeans(deps, asked, judges);
  return deps.db.asUser(userId, async (q) => {
    const run = await selectRun(q, asked.benchmark_id);
    const other = asked.mode === 'pairwise' ? await otherRun(q, asked, run) : null;
    const rubric = await findRubric(q, asked.rubric_id ?? 'rb_default', asked.rubric_version);
    const { asking, similarity } = deps.limits;
    const settings: JudgeSettings = {
      ...settingsOf(asked, rubric, judges),
      ...(asking === undefined ? {} : { asking }),
      ...(similarity === undefined || asked.mode !== 'metrics' ? {} : { similarity }),
    };
    compileRules(settings.rules);
    const llm = judges.length > 0;
    return {
      judge_run_id: newJudgeRunId(),
      user_id: userId,
      dataset_id: run.dataset_id,
      version_id: run.version_id,
      run_id: run.run_id,
      other_run_id: other,
      mode: asked.mode,
      follows: asked.follows ?? false,
      judges: judges.map((judge) => judge.id),
      rubric_id: llm ? rubric.id : null,
      rubric_version: llm ? rubric.version : null,
      settings,
      threshold: asked.threshold,
      batch_size: asked.mode === 'batch' ? asked.batch_size : 1,
    };
  });
}

/** What {@link planJudging} would refuse, as far as it does not depend on the run that is judged. */
export async function checkJudging(deps: JudgeDeps, userId: string, asked: NewJudgeRun): Promise<void> {
  const judges = await judgesOf(deps, userId, asked);
  await checkMeans(deps, asked, judges);
  const rubric = await deps.db.asUser(userId, (q) =>
    findRubric(q, asked.rubric_id ?? 'rb_default', asked.rubric_version),
  );
  compileRules(settingsOf(asked, rubric, judges).rules);
}

/** Writes a judge run down; gives its id. */
export async function startJudging(deps: JudgeDeps, plan: JudgePlan): Promise<string> {
  await deps.db.asUser(plan.user_id, (q) => insertJudgeRun(q, plan));
  return plan.judge_run_id;
}

/** What would keep the run from its end, or from its budget, is said before anything runs. */
async function checkMeans(deps: JudgeDeps, asked: NewJudgeRun, judges: ModelSpec[]): Promise<void> {
  if (asked.metric === 'cosine' && deps.embed === undefined) {
    const problem = 'needs an embeddings model, and there is none; name one with ASSAY_JUDGE_EMBEDDINGS_MODEL, or';
    throw refused('metric', `${problem} take another metric`, asked.metric);
  }
  if (asked.mode === 'metrics' && (asked.metric ?? 'cosine') === 'cosine') await deps.checkEmbed?.();
  const free = judges.find(
    ({ price }) => price?.prompt_per_million === undefined || price.completion_per_million === undefined,
  );
  if (asked.budget?.usd === undefined || free === undefined) return;
  const problem = `cannot be kept to, since ${free.id} has no price; state price: in models.yaml or an entry of ASSAY_PRICES_FILE, or budget calls or tokens`;
  throw refused('budget.usd', problem, asked.budget.usd);
}

async function judgesOf(deps: JudgeDeps, userId: string, asked: NewJudgeRun): Promise<ModelSpec[]> {
  const named = [...new Set(asked.judge_models ?? (asked.judge_model === undefined ? [] : [asked.judge_model]))];
  if (asked.mode === 'rules' || asked.mode === 'metrics') {
    if (named.length > 0)
      throw refused('judge_model', `is not taken by mode ${asked.mode}, which asks no model`, named[0]);
    return [];
  }
  if (named.length === 0)
    throw refused('judge_model', `names the model that judges; mode ${asked.mode} needs one`, 'none');
  const judges: ModelSpec[] = [];
  for (const name of named) judges.push(await findReady(deps, userId, name));
  return judges;
}

/**
 * A model that can be asked: without its key it would fail on each answer, which is said before anything runs.
 * @throws AssayError model_not_found, engine_unavailable
 */
export async function findReady(
  { models }: Pick<JudgeDeps, 'models'>,
  userId: string,
  name: string,
): Promise<ModelSpec> {
  const model = await models.find(userId, name);
  if (model.engine !== 'llama-server') headersOf(model);
  return model;
}

async function otherRun(q: PoolClient, asked: NewJudgeRun, run: RunRow): Promise<string> {
  if (asked.other_benchmark_id === undefined)
    throw refused('other_benchmark_id', 'names the run to compare with; mode pairwise needs it', 'none');
  return comparedRun(q, run, asked.other_benchmark_id);
}

function settingsOf(asked: NewJudgeRun, rubric: Rubric, judges: ModelSpec[]): JudgeSettings {
  return {
    criteria: criteriaOf(asked, rubric),
    instructions: rubric.instructions,
    rules: rulesOf(asked, rubric),
    panel: asked.panel,
    sample_rate: asked.sample_rate,
    seed: asked.seed,
    on_error: asked.on_error,
    max_retries: asked.max_retries,
    budget: asked.budget ?? null,
    reference: asked.reference,
    check_rate: asked.check_rate,
    min_agreement: asked.min_agreement,
    metric: asked.metric ?? null,
    metric_threshold: asked.metric_threshold ?? null,
    engines: Object.fromEntries(judges.map((judge) => [judge.id, judge.engine])),
    refuses: Object.fromEntries(judges.flatMap(({ id, refuses }) => (refuses === undefined ? [] : [[id, refuses]]))),
    prices: Object.fromEntries(judges.map((judge) => [judge.id, judge.price ?? null])),
  } as JudgeSettings;
}

/** Rules always run beside a judge of single answers: they cost no call. */
function rulesOf({ mode, rules }: NewJudgeRun, rubric: Rubric): Rule[] {
  if (mode === 'metrics') return [];
  return rules ?? (rubric.rules.length === 0 && mode !== 'pairwise' ? usualRules : rubric.rules);
}

/** The criteria that are asked for: those of the rubric, some of them, or others. @throws AssayError invalid_parameter */
export function criteriaOf(asked: Pick<NewJudgeRun, 'criteria'>, rubric: Pick<Rubric, 'id' | 'criteria'>): Criterion[] {
  if (asked.criteria === undefined) return rubric.criteria;
  return asked.criteria.map((one) => {
    if (typeof one !== 'string') return criterion.parse(one);
    const found = rubric.criteria.find(({ name }) => name === one);
    if (found !== undefined) return found;
    const known = rubric.criteria.map(({ name }) => name).join(', ');
    throw refused('criteria', `names a criterion that rubric ${rubric.id} has not; it has ${known}`, one);
  });
}
