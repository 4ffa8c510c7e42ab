/** Settles what a job predicts: what it asks for over the server's defaults, held against the server's limits. */

import type { NewPredictionSettings, PredictionSettings } from '../contracts/training.ts';
import { AssayError } from '../errors.ts';
import type { TrainingDeps } from './training-deps.ts';

interface Bound {
  field: 'sample_count' | 'step_interval' | 'max_length';
  bound: 'at most' | 'at least';
  limit: number;
  setting: string;
}

/**
 * Every field settled. `place` is where the settings stand in the request, for messages.
 * @throws AssayError predictions_disabled where they are asked for on a server without them; prediction_limit
 */
export function settlePredictions(
  { defaults, limits }: Pick<TrainingDeps, 'defaults' | 'limits'>,
  asked: NewPredictionSettings,
  place: string,
): PredictionSettings {
  if (asked.enabled && !defaults.enabled)
    throw new AssayError('predictions_disabled', {}, { param: `${place}.enabled` });
  const bounds: Bound[] = [
    atMost('sample_count', limits.maxSampleCount, 'PREDICTIONS_MAX_SAMPLE_COUNT'),
    {
      field: 'step_interval',
      bound: 'at least',
      limit: limits.minStepInterval,
      setting: 'PREDICTIONS_MIN_STEP_INTERVAL',
    },
    atMost('max_length', limits.maxLength, 'PREDICTIONS_MAX_LENGTH'),
  ];
  for (const { field, bound, limit, setting } of bounds) {
    const value = asked[field];
    if (value === undefined || (bound === 'at most' ? value <= limit : value >= limit)) continue;
    const param = `${place}.${field}`;
    throw new AssayError('prediction_limit', { param, value, bound, limit, setting }, { param });
  }
  return {
    enabled: asked.enabled ?? defaults.enabled,
    // A default beyond a limit is the administrator's; nobody who asks for nothing is refused for it.
    sample_count: asked.sample_count ?? Math.min(defaults.sample_count, limits.maxSampleCount),
    sample_frequency: asked.sample_frequency ?? defaults.sample_frequency,
    step_interval: asked.step_interval ?? Math.max(defaults.step_interval, limits.minStepInterval),
    max_length: asked.max_length ?? defaults.max_length,
  };
}

const atMost = (field: Bound['field'], limit: number, setting: string): Bound => ({
  field,
  bound: 'at most',
  limit,
  setting,
});
