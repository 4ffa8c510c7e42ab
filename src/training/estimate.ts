/** Estimates what the predictions of a job would cost: evaluations, samples and their usual length, by the price of the model's size. */

import type { z } from 'zod';
import type { PredictionEstimate, PredictionSettings, predictionEstimateRequest } from '../contracts/training.ts';
import { settlePredictions } from './prediction-settings.ts';
import type { PredictionPrices, TrainingDeps } from './training-deps.ts';

type Asked = z.output<typeof predictionEstimateRequest>;

/**
 * cost = evaluations * samples * avgTokens / 1000 * price. @throws AssayError prediction_limit, predictions_disabled
 *
 *     estimatePredictions(deps, { predictions: { sample_count: 5 }, epochs: 3, parameters_billions: 7 }).evaluations // 4
 */
export function estimatePredictions(
  deps: Pick<TrainingDeps, 'defaults' | 'limits' | 'prices' | 'avgTokens'>,
  asked: Asked,
): PredictionEstimate {
  const settings = settlePredictions(deps, asked.predictions, 'predictions');
  const { price, size } = priceOf(deps.prices, asked.parameters_billions);
  const { evaluations, when } = evaluationsOf(settings, asked);
  const predictions = evaluations === null ? null : evaluations * settings.sample_count;
  const tokens = predictions === null ? null : predictions * deps.avgTokens;
  return {
    evaluations,
    predictions,
    tokens,
    price_per_1k: price,
    cost: tokens === null ? null : (tokens / 1000) * price,
    basis: `${when}; ${settings.sample_count} samples each, ${deps.avgTokens} tokens a sample, ${price} USD for 1,000 tokens (${size})`,
  };
}

function priceOf(prices: PredictionPrices, billions: number | undefined): { price: number; size: string } {
  if (billions === undefined) return { price: prices.unknown, size: 'size not stated' };
  if (billions <= 7) return { price: prices.upTo7b, size: 'up to 7 billion parameters' };
  if (billions <= 13) return { price: prices.upTo13b, size: 'more than 7, up to 13 billion parameters' };
  return { price: prices.above13b, size: 'more than 13 billion parameters' };
}

/** One before the first step, one after each epoch or interval, and one at the end where none of these falls on it. */
function evaluationsOf(
  settings: PredictionSettings,
  { epochs, total_steps: steps }: Asked,
): { evaluations: number | null; when: string } {
  if (!settings.enabled) return { evaluations: 0, when: 'no predictions' };
  if (settings.sample_frequency === 'epoch') {
    return { evaluations: 1 + Math.ceil(epochs), when: `before the first step and after each of ${epochs} epochs` };
  }
  const every = `before the first step, after every ${settings.step_interval} steps and at the end`;
  if (steps === undefined) return { evaluations: null, when: `${every}; how many depends on total_steps` };
  return { evaluations: 1 + Math.ceil(steps / settings.step_interval), when: `${every} of ${steps}` };
}
