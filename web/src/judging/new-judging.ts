/** A new judge run as its form holds it, what is wrong with it, what the server is sent, and where a refusal belongs. */

import type { z } from 'zod';
import type { JudgeMode, NewJudgeRun, newJudgeRun } from '../../../src/contracts/judging.ts';
import type { MetricName } from '../../../src/contracts/similarity.ts';

/** Numbers are '' while their field is empty. */
export interface JudgingForm {
  dataset: string | null;
  run: string | null;
  /** The run to compare with. */
  other: string | null;
  mode: JudgeMode;
  judges: string[];
  panel: 'majority' | 'mean';
  rubric: string;
  /** null: the newest. */
  version: number | null;
  /** Names of criteria that are not judged. */
  leftOut: string[];
  reference: boolean;
  batchSize: number | '';
  /** Percent of the answers. */
  share: number | '';
  /** Of 10. */
  threshold: number | '';
  onError: NewJudgeRun['on_error'];
  maxRetries: number | '';
  metric: MetricName | null;
  usd: number | '';
  calls: number | '';
  tokens: number | '';
}

export type JudgingField = keyof JudgingForm;
export type JudgingFaults = Partial<Record<JudgingField, string>>;
/** Body of POST /api/evaluation/runs and /estimate, as it is sent. */
export type JudgingBody = z.input<typeof newJudgeRun>;

export const emptyJudging: JudgingForm = {
  dataset: null,
  run: null,
  other: null,
  mode: 'batch',
  judges: [],
  panel: 'majority',
  rubric: 'rb_default',
  version: null,
  leftOut: [],
  reference: true,
  batchSize: 10,
  share: 100,
  threshold: 7,
  onError: 'skip',
  maxRetries: 3,
  metric: null,
  usd: '',
  calls: '',
  tokens: '',
};

export const asksModel = (mode: JudgeMode) => mode !== 'rules' && mode !== 'metrics';

/** `criteria`: names of those of the rubric, null while they are not known. */
export function faultsOf(form: JudgingForm, criteria: readonly string[] | null): JudgingFaults {
  const faults: JudgingFaults = {};
  if (form.run === null) faults.run = 'Choose the run whose answers are judged';
  if (form.mode === 'pairwise' && form.other === null) faults.other = 'Choose the run to compare with';
  if (form.mode === 'pairwise' && form.other !== null && form.other === form.run) faults.other = 'Choose another run';
  if (!within(form.share, 0, 100) || form.share === 0) faults.share = 'A share above 0, up to 100 %';
  if (!within(form.threshold, 0, 10)) faults.threshold = 'A score from 0 to 10';
  return asksModel(form.mode) ? { ...faults, ...askingFaults(form, criteria) } : faults;
}

function askingFaults(form: JudgingForm, criteria: readonly string[] | null): JudgingFaults {
  const faults: JudgingFaults = {};
  if (form.judges.length === 0) faults.judges = 'Choose a model that judges';
  if (form.judges.length > 9) faults.judges = 'At most 9 judges';
  if (criteria?.every((name) => form.leftOut.includes(name))) faults.leftOut = 'Leave one at least';
  if (form.mode === 'batch' && !isWhole(form.batchSize, 1, 50)) faults.batchSize = 'A whole number from 1 to 50';
  if (form.onError === 'retry' && !isWhole(form.maxRetries, 0, 10)) faults.maxRetries = 'A whole number from 0 to 10';
  if (form.usd !== '' && form.usd <= 0) faults.usd = 'More than 0, or empty';
  for (const name of ['calls', 'tokens'] as const)
    if (form[name] !== '' && !isWhole(form[name], 1)) faults[name] = 'A whole number from 1, or empty';
  return faults;
}

/** The body for a form without faults. */
export function judgingOf(form: JudgingForm, criteria: readonly string[] | null): JudgingBody {
  const body: JudgingBody = {
    benchmark_id: form.run ?? '',
    mode: form.mode,
    threshold: form.threshold as number,
    sample_rate: (form.share as number) / 100,
  };
  if (form.mode === 'metrics') return { ...body, ...(form.metric === null ? {} : { metric: form.metric }) };
  Object.assign(body, {
    rubric_id: form.rubric,
    ...(form.version === null ? {} : { rubric_version: form.version }),
  });
  if (form.mode === 'rules') return body;
  const kept = criteria?.filter((name) => !form.leftOut.includes(name)) ?? [];
  const narrowed = criteria !== null && kept.length < criteria.length;
  const budget = budgetOf(form);
  return {
    ...body,
    judge_models: form.judges,
    panel: form.panel,
    reference: form.reference,
    on_error: form.onError,
    max_retries: form.maxRetries === '' ? 3 : form.maxRetries,
    ...(narrowed ? { criteria: kept } : {}),
    ...(form.mode === 'batch' ? { batch_size: form.batchSize as number } : {}),
    ...(form.mode === 'pairwise' ? { other_benchmark_id: form.other ?? '' } : {}),
    ...(budget === null ? {} : { budget }),
  };
}

/** null where nothing is limited. */
export function budgetOf({ usd, calls, tokens }: Pick<JudgingForm, 'usd' | 'calls' | 'tokens'>) {
  if (usd === '' && calls === '' && tokens === '') return null;
  return {
    ...(usd === '' ? {} : { usd }),
    ...(calls === '' ? {} : { calls }),
    ...(tokens === '' ? {} : { tokens }),
  };
}

const fields: Record<string, JudgingField> = {
  benchmark_id: 'run',
  id: 'run',
  other_benchmark_id: 'other',
  judge_model: 'judges',
  judge_models: 'judges',
  model: 'judges',
  rubric_id: 'rubric',
  rubric_version: 'version',
  criteria: 'leftOut',
  batch_size: 'batchSize',
  sample_rate: 'share',
  threshold: 'threshold',
  on_error: 'onError',
  max_retries: 'maxRetries',
  metric: 'metric',
  usd: 'usd',
  calls: 'calls',
  tokens: 'tokens',
};

/** The field that a refusal of the server is about; null where it is about none of them. */
export function fieldOf(refusal: { code: string; param: string | null }): JudgingField | null {
  if (refusal.code === 'engine_unavailable' || refusal.code === 'model_not_found') return 'judges';
  const [first = '', second = ''] = (refusal.param ?? '').split('.');
  return fields[first === 'budget' ? second : first] ?? null;
}

const within = (value: number | '', least: number, most: number) => value !== '' && value >= least && value <= most;
const isWhole = (value: number | '', least: number, most = Number.MAX_SAFE_INTEGER) =>
  within(value, least, most) && Number.isInteger(value);
