/** The settings of training jobs: what of them is predicted, within which limits, and at what price. */

import { z } from 'zod';
import { sampleFrequencies } from '../contracts/training.ts';
import { flag, int, type Setting, setting } from './setting.ts';

const price = (fallback: number) => z.coerce.number().min(0).max(1_000_000).default(fallback);
/** These variables are named without ASSAY_ in front. */
const predictions = <S extends z.ZodType>(env: string, entry: Setting<S>): Setting<S> => ({
  ...entry,
  env: `PREDICTIONS_${env}`,
});

/** Listed behind the workbench's on the reference page. */
export const trainingSettings = {
  predictions_enabled: predictions(
    'ENABLED',
    setting(flag(true), 'yes/no', 'Whether training jobs may have predictions made while they train.'),
  ),
  predictions_default_sample_count: predictions(
    'DEFAULT_SAMPLE_COUNT',
    setting(int(5, 1), 'samples', 'Samples that a job predicts, where it says no number.'),
  ),
  predictions_max_sample_count: predictions(
    'MAX_SAMPLE_COUNT',
    setting(int(100, 1), 'samples', 'Most samples that a job may predict.'),
  ),
  predictions_default_frequency: predictions(
    'DEFAULT_FREQUENCY',
    setting(
      z.enum(sampleFrequencies).default('epoch'),
      'name',
      'When a job predicts, where it does not say: epoch or steps.',
    ),
  ),
  predictions_default_step_interval: predictions(
    'DEFAULT_STEP_INTERVAL',
    setting(int(100, 1), 'steps', 'Optimizer steps between two evaluations by steps, where a job says no number.'),
  ),
  predictions_min_step_interval: predictions(
    'MIN_STEP_INTERVAL',
    setting(int(10, 1), 'steps', 'Fewest optimizer steps between two evaluations of a job.'),
  ),
  predictions_api_default_limit: predictions(
    'API_DEFAULT_LIMIT',
    setting(int(50, 1, 1000), 'predictions', 'Predictions on a page of the API, where none is asked for.'),
  ),
  predictions_api_max_rows: predictions(
    'API_MAX_ROWS',
    setting(int(1000, 1, 1000), 'rows', 'Most predictions or metrics that one call of a trainer may bring.'),
  ),
  predictions_max_length: predictions(
    'MAX_LENGTH',
    setting(int(256, 1), 'tokens', 'Longest prediction, and the length where a job says none.'),
  ),
  predictions_avg_tokens: predictions(
    'AVG_TOKENS',
    setting(int(300, 1), 'tokens', 'Tokens of a prompt with its prediction, for estimates.'),
  ),
  predictions_default_cost_per_1k: predictions(
    'DEFAULT_COST_PER_1K',
    setting(price(0.01), 'USD', 'Price of 1,000 tokens of a model whose size nobody stated.'),
  ),
  predictions_cost_7b: predictions(
    'COST_7B',
    setting(price(0.005), 'USD', 'Price of 1,000 tokens of a model of up to 7 billion parameters.'),
  ),
  predictions_cost_13b: predictions(
    'COST_13B',
    setting(price(0.01), 'USD', 'Price of 1,000 tokens of a model of more than 7 and up to 13 billion parameters.'),
  ),
  predictions_cost_70b: predictions(
    'COST_70B',
    setting(price(0.05), 'USD', 'Price of 1,000 tokens of a model of more than 13 billion parameters.'),
  ),
  trainer_torch_index: setting(
    z.union([z.literal('none'), z.url({ protocol: /^https?$/ })]).default('https://download.pytorch.org/whl/cpu'),
    'URL',
    "Package index that assay train-demo takes torch's builds without CUDA from, on Linux; none: what pip has, some gigabytes with CUDA.",
  ),
  predictions_warn_cost: predictions(
    'WARN_COST',
    setting(price(1), 'USD', 'Estimated cost of predictions above which the form warns.'),
  ),
};
