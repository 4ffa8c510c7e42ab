/** Says before an analysis what its steps will take, as far as that can be known before there is an answer. */

import type { AnalysisEstimate, NewAnalysis } from '../../contracts/analyses.ts';
import type { AnalysisDeps } from './analysis-deps.ts';

type StepEstimate = AnalysisEstimate['steps'][number];

const none = { calls: 0, prompt_tokens: 0, completion_tokens: 0, seconds: null, cost: 0 };
const unknown = { calls: null, prompt_tokens: null, completion_tokens: null, seconds: null, cost: null };

/** Throws what a run of the models over the dataset would throw. Nothing is begun. */
export async function estimateAnalysis(
  deps: AnalysisDeps,
  userId: string,
  asked: NewAnalysis,
): Promise<AnalysisEstimate> {
  const steps: StepEstimate[] = [];
  if (asked.test_set !== undefined)
    steps.push({ step: 'test_set', ...none, basis: 'Reads the dataset twice; no model is asked.' });
  if (asked.dataset_id !== undefined && asked.model_ids !== undefined) {
    const outputs = await outputsOf(deps, userId, asked);
    steps.push(outputs, judgeOf(asked, outputs.calls ?? 0));
  }
  const by = asked.cluster.model === undefined ? deps.limits.embeddingsModel : asked.cluster.model;
  steps.push({
    step: 'cluster',
    ...none,
    basis: by === null ? 'By words; no model is asked.' : `Embeddings by ${by}, one or two a failure.`,
  });
  steps.push(labelOf(asked));
  if (asked.generate !== undefined) steps.push(generateOf(asked.generate));
  return { steps };
}

async function outputsOf(deps: AnalysisDeps, userId: string, asked: NewAnalysis): Promise<StepEstimate> {
  const limit = Math.min(
    asked.test_set?.n ?? Number.POSITIVE_INFINITY,
    asked.outputs.limit ?? Number.POSITIVE_INFINITY,
  );
  const all = await deps.runs.estimate(userId, {
    ...asked.outputs,
    ...(Number.isFinite(limit) ? { limit } : {}),
    dataset_id: asked.dataset_id!,
    model_ids: asked.model_ids!,
    seed: 1,
    priority: 0,
  });
  const sum = (of: (one: (typeof all)[number]) => number | null): number | null =>
    all.some((one) => of(one) === null) ? null : all.reduce((total, one) => total + of(one)!, 0);
  return {
    step: 'outputs',
    calls: sum(({ requests }) => requests),
    prompt_tokens: sum((one) => one.prompt_tokens),
    completion_tokens: sum((one) => one.completion_tokens),
    seconds: sum(({ seconds }) => seconds),
    cost: sum(({ cost }) => cost),
    basis: all.map(({ model_id, basis }) => `${model_id}: ${basis}`).join(' '),
  };
}

function judgeOf({ judge }: NewAnalysis, answers: number): StepEstimate {
  if (judge.mode === 'rules' || judge.mode === 'metrics')
    return { step: 'judge', ...none, basis: 'By rules or similarity; no model is asked.' };
  const judges = new Set(judge.judge_models ?? [judge.judge_model]).size;
  const drawn = Math.ceil(answers * judge.sample_rate);
  const calls = judges * (judge.mode === 'single' ? drawn : Math.ceil(drawn / judge.batch_size));
  const basis =
    'Answers by calls; their lengths are known when they are there, and answers asked about again come on top.';
  return { step: 'judge', ...unknown, calls, basis };
}

function labelOf({ label }: NewAnalysis): StepEstimate {
  if (label.model === null) return { step: 'label', ...none, basis: 'Terms serve as titles; no model is asked.' };
  const basis = `A call for each cluster and some to test its name, ${label.max_tries} tries at most; the number of clusters is not known before.`;
  return { step: 'label', ...unknown, basis };
}

function generateOf({ rows, judge, max_factor }: NonNullable<NewAnalysis['generate']>): StepEstimate {
  const calls = Math.ceil(rows / 4) + rows * (judge === null ? 2 : 4);
  const basis = `A call for four prompts, one for each answer and for the failing model's own try${judge === null ? '' : ', and one to judge each'}; up to ${max_factor} times as many where rows are dropped.`;
  return { step: 'generate', ...unknown, calls, basis };
}
