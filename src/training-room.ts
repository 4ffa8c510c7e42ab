/** Wires training jobs: the rooms that hold rows to train on, and the limits and prices of predictions. */

import type { Config } from './config.ts';
import { openTraining, type Training } from './training/open-training.ts';
import type { TrainingDeps } from './training/training-deps.ts';

export function openTrainingRoom(
  rooms: Pick<TrainingDeps, 'db' | 'datasets' | 'curation' | 'analyses'> & {
    config: Config;
    registry: TrainingDeps['models'];
  },
): Training {
  const { config, registry, db, datasets, curation, analyses } = rooms;
  return openTraining({
    db,
    datasets,
    curation,
    analyses,
    models: registry,
    defaults: {
      enabled: config.predictions_enabled,
      sample_count: config.predictions_default_sample_count,
      sample_frequency: config.predictions_default_frequency,
      step_interval: config.predictions_default_step_interval,
      max_length: config.predictions_max_length,
    },
    limits: {
      maxSampleCount: config.predictions_max_sample_count,
      minStepInterval: config.predictions_min_step_interval,
      maxLength: config.predictions_max_length,
      maxRows: config.predictions_api_max_rows,
      pageRows: config.predictions_api_default_limit,
    },
    prices: {
      upTo7b: config.predictions_cost_7b,
      upTo13b: config.predictions_cost_13b,
      above13b: config.predictions_cost_70b,
      unknown: config.predictions_default_cost_per_1k,
    },
    avgTokens: config.predictions_avg_tokens,
    warnAboveUsd: config.predictions_warn_cost,
  });
}
