/** Keeps the predictions of a trainer for good, and what the sums of their evaluation grow by. */

import type { PoolClient } from 'pg';
import type { NewPrediction, NewPredictions, Stored } from '../contracts/predictions.ts';
import type { PredictionSettings } from '../contracts/training.ts';
import { AssayError } from '../errors.ts';
import { cleanValue } from './clean-text.ts';
import type { EvaluationSums } from './evaluations.ts';
import { lockJob } from './job-row.ts';
import { heardOf } from './progress.ts';

/** Decimals of an epoch that are kept: trainers count it in floating point, and evaluations are found by it. */
const epochDecimals = 1e4;
export function roundEpoch(epoch: number): number {
  const rounded = Math.round(epoch * epochDecimals) / epochDecimals;
  return Number.isFinite(rounded) ? rounded : epoch;
}

/**
 * All rows or none; a row that is there already stays and counts as a duplicate.
 * @throws AssayError not_found, conflict (the job makes no predictions), invalid_parameter
 */
export async function storePredictions(q: PoolClient, userId: string, sent: NewPredictions): Promise<Stored> {
  const asked = { ...cleanValue(sent), epoch: roundEpoch(sent.epoch) };
  const { config } = await lockJob(q, asked.job_id);
  checkAsked(asked, config.predictions);
  const at = [asked.job_id, asked.step, asked.hook];
  const evaluation = await openEvaluation(q, { at, userId, epoch: asked.epoch });
  const landed = await insertRows(q, { at, userId, epoch: evaluation.epoch }, asked.predictions);
  const first = new Map(asked.predictions.toReversed().map((row) => [row.sample_index, row]));
  const sums = landed.map((index) => first.get(index)!).reduce(addTo, evaluation);
  await q.query(
    `update training_evaluations set samples = $4, errors = $5, scores = $6, nll_sum = $7, nll_samples = $8, rungs = $9
     where job_id = $1 and step = $2 and hook = $3`,
    [
      ...at,
      sums.samples,
      sums.errors,
      JSON.stringify(sums.scores),
      sums.nll_sum,
      sums.nll_samples,
      JSON.stringify(sums.rungs),
    ],
  );
  await heardOf(q, asked);
  return { stored: landed.length, duplicates: asked.predictions.length - landed.length };
}

function checkAsked({ job_id: id, predictions }: NewPredictions, settings: PredictionSettings): void {
  if (!settings.enabled) {
    throw new AssayError('conflict', {
      what: `Training job ${id} was made without predictions`,
      remedy: 'Make a job with config.predictions.enabled=true, or switch predictions off in the trainer.',
    });
  }
  for (const [at, { sample_index: index, prediction, error }] of predictions.entries()) {
    const place = `predictions.${at}`;
    if (index >= settings.sample_count) {
      const problem = `the job has ${settings.sample_count} samples, counted from 0`;
      throw refused(`${place}.sample_index`, problem, index);
    }
    if (prediction === null && (error === undefined || error === null || error === ''))
      throw refused(`${place}.prediction`, 'where there is none, error says why', null);
  }
}

const refused = (param: string, problem: string, value: unknown): AssayError =>
  new AssayError('invalid_parameter', { param, problem, value }, { param });

/** An evaluation keeps the epoch that it was begun with, so that all its rows have one. */
async function openEvaluation(
  q: PoolClient,
  { at, userId, epoch }: { at: unknown[]; userId: string; epoch: number },
): Promise<EvaluationSums> {
  const { rows } = await q.query<EvaluationSums>(
    `insert into training_evaluations (job_id, step, hook, user_id, epoch) values ($1, $2, $3, $4, $5)
     on conflict (job_id, step, hook) do update set samples = training_evaluations.samples
     returning epoch, samples, errors, scores, nll_sum, nll_samples, rungs`,
    [...at, userId, epoch],
  );
  return rows[0]!;
}

/** The sample indices of those rows that were not there. */
async function insertRows(
  q: PoolClient,
  { at, userId, epoch }: { at: unknown[]; userId: string; epoch: number },
  predictions: NewPrediction[],
): Promise<number[]> {
  const { rows } = await q.query<{ sample_index: number }>(
    `insert into training_predictions (job_id, step, hook, user_id, epoch, sample_index, sample_id, prompt, ground_truth,
       prediction, error, scores, truth_nll, dtype_rung)
     select $1, $2, $3, $4, $5, p.sample_index, p.sample_id, p.prompt, p.ground_truth, p.prediction, nullif(p.error, ''),
       p.scores, p.truth_nll, p.dtype_rung
     from jsonb_to_recordset($6) as p (sample_index integer, sample_id text, prompt text, ground_truth text, prediction text,
       error text, scores jsonb, truth_nll double precision, dtype_rung text)
     on conflict (job_id, step, hook, sample_index) do nothing returning sample_index`,
    [...at, userId, epoch, JSON.stringify(predictions)],
  );
  return rows.map(({ sample_index: index }) => index);
}

function addTo(
  sums: EvaluationSums,
  { error, scores, truth_nll: nll, dtype_rung: rung }: NewPrediction,
): EvaluationSums {
  const grown = { ...sums.scores };
  for (const [name, score] of Object.entries(scores)) {
    if (score === null) continue;
    const [sum, count] = Object.hasOwn(grown, name) ? grown[name]! : [0, 0];
    grown[name] = [sum === null ? null : sum + score, count + 1];
  }
  const failed = error !== undefined && error !== null && error !== '';
  return {
    epoch: sums.epoch,
    samples: sums.samples + 1,
    errors: sums.errors + (failed ? 1 : 0),
    scores: grown,
    nll_sum: sums.nll_sum + (nll ?? 0),
    nll_samples: sums.nll_samples + (nll === undefined || nll === null ? 0 : 1),
    rungs: rung ? { ...sums.rungs, [rung]: (sums.rungs[rung] ?? 0) + 1 } : sums.rungs,
  };
}
