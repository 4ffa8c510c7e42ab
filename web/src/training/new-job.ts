/** A new training job as its form holds it, what is wrong with it, what the server is sent, and where a refusal belongs. */

import type { z } from 'zod';
import type {
  newTrainingJob,
  PredictionSettings,
  predictionEstimateRequest,
  TrainingSettings,
  TrainingSource,
} from '../../../src/contracts/training.ts';

/** Numbers are '' while their field is empty. */
export interface PredictionsForm {
  enabled: boolean;
  sampleCount: number;
  frequency: PredictionSettings['sample_frequency'];
  stepInterval: number | '';
  /** Tokens of a prediction at most. */
  maxLength: number | '';
  /** Optimizer steps of the whole training; for the estimate alone. */
  totalSteps: number | '';
}

/** own: the trainer brings its rows. `dataset` narrows the golden sets too. */
export interface SourceForm {
  kind: TrainingSource['kind'] | 'own';
  dataset: string | null;
  /** Of the golden set or the analysis. */
  id: string | null;
}

export interface JobForm {
  name: string;
  baseModel: string;
  method: string;
  /** Parameters, in 10^9. */
  billions: number | '';
  epochs: number | '';
  data: SourceForm;
  /** own: from `data`. */
  samples: SourceForm;
  predictions: PredictionsForm;
}

export type JobField =
  | 'name'
  | 'baseModel'
  | 'method'
  | 'billions'
  | 'epochs'
  | 'data'
  | 'samples'
  | 'sampleCount'
  | 'stepInterval'
  | 'maxLength'
  | 'totalSteps';
export type JobFaults = Partial<Record<JobField, string>>;
export type JobBody = z.input<typeof newTrainingJob>;
export type EstimateBody = z.input<typeof predictionEstimateRequest>;

export const ownSource: SourceForm = { kind: 'own', dataset: null, id: null };

/** What the server does where a job says nothing of predictions. */
export const predictionsOf = ({ predictions }: TrainingSettings): PredictionsForm => ({
  enabled: predictions.enabled,
  sampleCount: predictions.sample_count,
  frequency: predictions.sample_frequency,
  stepInterval: predictions.step_interval,
  maxLength: predictions.max_length,
  totalSteps: '',
});

export const emptyJob = (settings: TrainingSettings): JobForm => ({
  name: '',
  baseModel: '',
  method: 'lora',
  billions: '',
  epochs: 3,
  data: ownSource,
  samples: ownSource,
  predictions: predictionsOf(settings),
});

/** null: the trainer brings its own, or none is chosen yet. */
export function sourceOf({ kind, dataset, id }: SourceForm): TrainingSource | null {
  if (kind === 'own') return null;
  const chosen = kind === 'dataset' ? dataset : id;
  return chosen === null ? null : { kind, id: chosen };
}

const wanting = (source: SourceForm) => source.kind !== 'own' && sourceOf(source) === null;

export function predictionFaults(form: PredictionsForm, { limits }: TrainingSettings): JobFaults {
  if (!form.enabled) return {};
  const faults: JobFaults = {};
  if (!isWhole(form.sampleCount, 1, limits.max_sample_count))
    faults.sampleCount = wholeFrom(1, limits.max_sample_count);
  if (!isWhole(form.maxLength, 1, limits.max_length)) faults.maxLength = wholeFrom(1, limits.max_length);
  if (form.frequency === 'steps') {
    if (!isWhole(form.stepInterval, limits.min_step_interval)) {
      faults.stepInterval = `A whole number from ${limits.min_step_interval}`;
    }
    if (form.totalSteps !== '' && !isWhole(form.totalSteps, 1)) faults.totalSteps = 'A whole number from 1, or empty';
  }
  return faults;
}

export function jobFaults(form: JobForm, settings: TrainingSettings): JobFaults {
  const faults = predictionFaults(form.predictions, settings);
  if (form.name.trim() === '') faults.name = 'Give it a name';
  if (form.baseModel.trim() === '') faults.baseModel = 'Name the model that is trained';
  if (form.method.trim() === '') faults.method = 'Say how it is trained, as “lora” or “full”';
  if (form.billions !== '' && form.billions <= 0) faults.billions = 'More than 0, or empty';
  if (form.epochs !== '' && form.epochs <= 0) faults.epochs = 'More than 0, or empty';
  if (wanting(form.data)) faults.data = 'Choose where the rows come from';
  if (wanting(form.samples)) faults.samples = 'Choose where the samples come from';
  return faults;
}

/** Predictions as the server is asked for them; without what the frequency has no use for. */
function settingsOf(form: PredictionsForm) {
  if (!form.enabled) return { enabled: false };
  return {
    enabled: true,
    sample_count: form.sampleCount,
    sample_frequency: form.frequency,
    ...(form.frequency === 'steps' ? { step_interval: Number(form.stepInterval) } : {}),
    max_length: Number(form.maxLength),
  };
}

/** The body for a form without faults. */
export function jobOf(form: JobForm): JobBody {
  const [data, samples] = [sourceOf(form.data), sourceOf(form.samples)];
  return {
    name: form.name.trim(),
    base_model: form.baseModel.trim(),
    method: form.method.trim(),
    config: { predictions: settingsOf(form.predictions) },
    ...(data === null ? {} : { data }),
    ...(samples === null ? {} : { samples }),
    ...(form.billions === '' ? {} : { parameters_billions: form.billions }),
    ...(form.epochs === '' ? {} : { epochs: form.epochs }),
  };
}

/** What is asked for an estimate; null: there is none to ask for. */
export function estimateOf(form: JobForm, settings: TrainingSettings): EstimateBody | null {
  const { predictions, billions, epochs } = form;
  const faults = jobFaults(form, settings);
  const sound = Object.keys(predictionFaults(predictions, settings)).length === 0 && !faults.billions && !faults.epochs;
  if (!predictions.enabled || !sound) return null;
  return {
    predictions: settingsOf(predictions),
    ...(billions === '' ? {} : { parameters_billions: billions }),
    ...(epochs === '' ? {} : { epochs }),
    ...(predictions.frequency === 'steps' && predictions.totalSteps !== ''
      ? { total_steps: predictions.totalSteps }
      : {}),
  };
}

const fields: Record<string, JobField> = {
  name: 'name',
  base_model: 'baseModel',
  method: 'method',
  parameters_billions: 'billions',
  epochs: 'epochs',
  data: 'data',
  samples: 'samples',
  sample_count: 'sampleCount',
  step_interval: 'stepInterval',
  max_length: 'maxLength',
  total_steps: 'totalSteps',
};

/** What the server refused, at the field it is about; null where it is about none of them. */
export function refusedField({ param, message }: { param: string | null; message: string }): JobFaults | null {
  const field = (param ?? '')
    .split('.')
    .map((part) => fields[part])
    .findLast((each) => each !== undefined);
  return field === undefined ? null : { [field]: message };
}

const isWhole = (value: number | '', least: number, most = Number.MAX_SAFE_INTEGER) =>
  value !== '' && Number.isInteger(value) && value >= least && value <= most;

const wholeFrom = (least: number, most: number) => `A whole number from ${least} to ${most}`;
