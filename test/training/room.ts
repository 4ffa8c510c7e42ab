/** A training room over a database of its own for tests, and what trainers would send it. */

import { loadConfig, type SettingName } from '../../src/config.ts';
import { type NewPredictions, newPredictions } from '../../src/contracts/predictions.ts';
import { newTrainingJob } from '../../src/contracts/training.ts';
import { openDatasets } from '../../src/datasets/open-datasets.ts';
import { openRegistry } from '../../src/engines/registry.ts';
import type { AnalysisDeps } from '../../src/mine/analyses/analysis-deps.ts';
import { analysisFile } from '../../src/mine/files/analysis-file.ts';
import type { Training } from '../../src/training/open-training.ts';
import { openTrainingRoom } from '../../src/training-room.ts';
import { type Bench, openBench } from '../curate/seed.ts';
import { silentLog } from '../harness/database.ts';

export interface Room extends Bench {
  training: Training;
  /** A room over the same database with other settings. */
  with(flags: Partial<Record<SettingName, unknown>>): Training;
}

/** With the users `local` and `other`. */
export async function openRoom(name: string): Promise<Room> {
  const bench = await openBench(name);
  const { db, curation } = bench;
  const limits = { maxItems: 1000, blockRows: 100, lineMaxBytes: 1_000_000 };
  const datasets = openDatasets({ db, limits, log: silentLog });
  const open = (flags: Partial<Record<SettingName, unknown>>) =>
    openTrainingRoom({
      db,
      datasets,
      curation,
      // The files of targeted rows need the database only.
      analyses: { file: (userId, of) => analysisFile({ db } as AnalysisDeps, userId, of) },
      registry: openRegistry({ database: db }),
      config: loadConfig({ env: {}, flags }).config,
    });
  return { ...bench, training: open({}), with: open };
}

/** A job of the local user; `predictions` are its settings. */
export async function makeJob(training: Training, predictions: object = {}): Promise<string> {
  const asked = newTrainingJob.parse({ name: 'job', base_model: 'tiny', config: { predictions } });
  return (await training.create('local', asked)).id;
}

/**
 * Predictions of samples 0, 1, … at a step of job `id`: a number is the exact match, null one that could not be made, undefined
 * one that has no such score.
 */
export function evaluationOf(
  at: { id: string; step: number; hook?: string; epoch?: number },
  scores: (number | null | undefined)[],
): NewPredictions {
  const predictions = scores.map((score, index) => ({
    sample_index: index,
    sample_id: `s${index}`,
    prompt: `question ${index}`,
    ground_truth: `truth ${index}`,
    ...(score === null ? failed : { ...said(at.step), scores: score === undefined ? {} : { exact_match: score } }),
  }));
  const { id, hook, step, epoch = step / 10 } = at;
  return newPredictions.parse({ job_id: id, epoch, step, hook, predictions });
}

const failed = { prediction: null, error: 'RuntimeError: expected scalar type Float but found BFloat16' };
const said = (step: number) => ({ prediction: `answer at ${step}`, truth_nll: 1 / (step + 1), dtype_rung: 'as_is' });
