/** A new analysis as its form holds it, what is wrong with it, what the server is sent, and where a refusal belongs. */

import type { z } from 'zod';
import type { newAnalysis } from '../../../src/contracts/analyses.ts';
import {
  asksModel,
  emptyJudging,
  type JudgingFaults,
  type JudgingForm,
  faultsOf as judgingFaultsOf,
  fieldOf as judgingFieldOf,
  judgingOf,
} from '../judging/new-judging.ts';
import {
  emptyTargeted,
  type TargetedFaults,
  type TargetedForm,
  targetedFaults,
  targetedFieldOf,
  targetedOf,
} from './targeted-form.ts';

/** Numbers are '' while their field is empty. */
export interface AnalysisForm {
  name: string;
  /** models: answers are made and judged; judged: begins with judge runs that are there. */
  begin: 'models' | 'judged';
  dataset: string | null;
  models: string[];
  judgeRuns: string[];
  /** Whether a test set is drawn; else the whole dataset is it. */
  sampled: boolean;
  n: number | '';
  allocation: 'proportional' | 'equal';
  seed: number | '';
  /** Most tokens of an answer. */
  maxTokens: number | '';
  judging: JudgingForm;
  /** default: the server's own; words: TF-IDF; else the id of an embeddings model. */
  vectors: string;
  minSize: number | '';
  /** Model that names clusters; null: their terms do. */
  naming: string | null;
  generates: boolean;
  targeted: TargetedForm;
}

export const byDefault = 'default';
export const byWords = 'words';

export type AnalysisField =
  | 'dataset'
  | 'models'
  | 'judgeRuns'
  | 'n'
  | 'seed'
  | 'maxTokens'
  | 'vectors'
  | 'minSize'
  | 'naming';
export type AnalysisBody = z.input<typeof newAnalysis>;
/** By field, apart for the parts that have forms of their own. */
export interface AnalysisFaults {
  own: Partial<Record<AnalysisField, string>>;
  judging: JudgingFaults;
  targeted: TargetedFaults;
}

export const emptyAnalysis: AnalysisForm = {
  name: '',
  begin: 'models',
  dataset: null,
  models: [],
  judgeRuns: [],
  sampled: false,
  n: 1000,
  allocation: 'proportional',
  seed: 1,
  maxTokens: 256,
  judging: { ...emptyJudging, mode: 'rules' },
  vectors: byDefault,
  minSize: '',
  naming: null,
  generates: false,
  targeted: emptyTargeted,
};

const MOST = 9;

/** `criteria`: names of those of the rubric, null while they are not known. */
export function analysisFaults(form: AnalysisForm, criteria: readonly string[] | null): AnalysisFaults {
  const own: AnalysisFaults['own'] = {};
  if (form.dataset === null) own.dataset = 'Choose a dataset';
  const judged = form.begin === 'judged';
  if (judged) {
    if (form.judgeRuns.length === 0) own.judgeRuns = 'Choose a judge run';
    if (form.judgeRuns.length > MOST) own.judgeRuns = `At most ${MOST} judge runs`;
  } else {
    if (form.models.length === 0) own.models = 'Choose a model';
    if (form.models.length > MOST) own.models = `At most ${MOST} models`;
    if (form.sampled && !isWhole(form.n, 1, 5_000_000)) own.n = 'A whole number from 1 to 5,000,000';
    if (form.sampled && !isWhole(form.seed, Number.MIN_SAFE_INTEGER)) own.seed = 'A whole number';
    if (form.maxTokens !== '' && !isWhole(form.maxTokens, 1)) own.maxTokens = 'A whole number from 1, or empty';
  }
  if (form.minSize !== '' && !isWhole(form.minSize, 2)) own.minSize = 'A whole number from 2, or empty';
  // The run that is judged is made by the analysis itself.
  const judging = judged ? {} : judgingFaultsOf({ ...form.judging, run: 'its own' }, criteria);
  return { own, judging, targeted: form.generates ? targetedFaults(form.targeted) : {} };
}

export const isSound = ({ own, judging, targeted }: AnalysisFaults): boolean =>
  [own, judging, targeted].every((faults) => Object.keys(faults).length === 0);

/** The body for a form without faults. */
export function analysisOf(form: AnalysisForm, criteria: readonly string[] | null): AnalysisBody {
  const { vectors } = form;
  return {
    ...(form.name.trim() === '' ? {} : { name: form.name.trim() }),
    ...(form.begin === 'judged' ? { judge_run_ids: form.judgeRuns } : madeOf(form, criteria)),
    cluster: {
      ...(vectors === byDefault ? {} : { model: vectors === byWords ? null : vectors }),
      ...(form.minSize === '' ? {} : { min_size: form.minSize }),
    },
    label: { model: form.naming },
    ...(form.generates ? { generate: targetedOf(form.targeted) } : {}),
  };
}

/** What an analysis that makes its own answers and verdicts is asked with. */
function madeOf(form: AnalysisForm, criteria: readonly string[] | null): Partial<AnalysisBody> {
  const { benchmark_id: _run, mode, ...judge } = judgingOf(form.judging, criteria);
  return {
    dataset_id: form.dataset ?? '',
    model_ids: form.models,
    ...(form.sampled
      ? { test_set: { n: form.n as number, allocation: form.allocation, seed: form.seed as number } }
      : {}),
    outputs: { params: { temperature: 0, ...(form.maxTokens === '' ? {} : { max_tokens: form.maxTokens }) } },
    judge: { ...judge, mode: mode === 'pairwise' ? 'single' : mode },
  };
}

/** Whether a model is asked for verdicts. */
export const asksJudge = (form: AnalysisForm): boolean => form.begin === 'models' && asksModel(form.judging.mode);

const ownFields: Record<string, AnalysisField> = {
  dataset_id: 'dataset',
  model_ids: 'models',
  judge_run_ids: 'judgeRuns',
  'test_set.n': 'n',
  'test_set.seed': 'seed',
  'outputs.params': 'maxTokens',
  'cluster.model': 'vectors',
  'cluster.min_size': 'minSize',
  'label.model': 'naming',
};

/** The faults with what the server refused, at the field it is about; null where it is about none of them. */
export function withRefusal(
  faults: AnalysisFaults,
  refusal: { code: string; param: string | null; message: string },
): AnalysisFaults | null {
  const [first = '', ...rest] = (refusal.param ?? '').split('.');
  const within = { code: refusal.code, param: rest.join('.') };
  const own = ownFields[`${first}.${rest[0] ?? ''}`] ?? ownFields[first];
  if (own !== undefined) return { ...faults, own: { [own]: refusal.message, ...faults.own } };
  const judging = first === 'judge' ? judgingFieldOf(within) : null;
  if (judging !== null) return { ...faults, judging: { [judging]: refusal.message, ...faults.judging } };
  const targeted = first === 'generate' ? targetedFieldOf(within.param) : null;
  if (targeted !== null) return { ...faults, targeted: { [targeted]: refusal.message, ...faults.targeted } };
  return null;
}

const isWhole = (value: number | '', least: number, most = Number.MAX_SAFE_INTEGER) =>
  value !== '' && Number.isInteger(value) && value >= least && value <= most;
