/** Follows the demo's training: the trainer's steps, and what of its predictions has reached the server. */

import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Evaluation, Evaluations } from '../contracts/predictions.ts';
import type { CreatedTrainingJob } from '../contracts/training.ts';
import { AssayError } from '../errors.ts';
import { openClient } from './client.ts';
import type { AtWork } from './follow-analysis.ts';
import { Interrupted } from './report-error.ts';
import { makeFolder } from './save-results.ts';
import { type Seen, type Standing, trainingLines } from './train-demo-text.ts';
import { runTrainer, type TrainerDone, type TrainerEvent } from './trainer-process.ts';

export interface Trained {
  done: TrainerDone;
  evaluations: Seen[];
  /** What the trainer could not deliver, in its words. */
  undelivered: string | null;
}

export interface Training {
  job: CreatedTrainingJob;
  python: string;
  url: string;
  /** The GGUF file that is trained. */
  source: string;
  /** Where the model goes. */
  folder: string;
  epochs: number;
}

/** How often the server is asked for evaluations, in ms. */
const LOOK_MS = 1000;

/**
 * Trains to the end, and tells the server when it does not come to it.
 * @throws AssayError conflict when the trainer fails; the signal's reason
 */
export async function followTraining(at: AtWork, training: Training): Promise<Trained> {
  const { job, folder } = training;
  await makeFolder(folder);
  const standing: Standing = { phase: 'starting Python', step: null, evaluations: [] };
  let undelivered: string | null = null;
  const draw = () => at.display.update(trainingLines(standing, at.display.width()), trainingLines(standing, 200));
  const onEvent = (event: TrainerEvent): void => {
    if (event.event === 'phase') standing.phase = event.what;
    if (event.event === 'step') standing.step = event;
    if (event.event === 'undelivered') undelivered = event.problem;
    if (event.event === 'step') at.display.emit({ ...event, type: 'step', event: undefined });
    draw();
  };
  const ended = new AbortController();
  const looking = look(at, { job: job.id, standing, draw, ended: ended.signal });
  try {
    const done = await runTrainer({
      python: training.python,
      args: argumentsOf(training),
      env: environmentOf(training),
      log: join(folder, 'trainer.log'),
      signal: at.signal,
      onEvent,
    });
    ended.abort();
    await looking;
    standing.evaluations = await evaluationsOf(at, job.id);
    return { done, evaluations: standing.evaluations, undelivered };
  } catch (error) {
    ended.abort();
    await looking;
    await tellEnd(training, error);
    if (at.signal.aborted) at.display.say('', 'Stopped. The same command begins anew, with a job of its own.');
    throw error;
  }
}

function argumentsOf({ source, folder, epochs }: Training): string[] {
  return ['--model', source, '--out', folder, '--epochs', String(epochs)];
}

/** The job, and its settings by the names under which the trainer reads them. */
function environmentOf({ job, url }: Training): Record<string, string> {
  const { predictions } = job.config;
  return {
    ASSAY_URL: url,
    ASSAY_JOB_ID: job.id,
    ASSAY_JOB_TOKEN: job.token,
    PREDICTIONS_DEFAULT_SAMPLE_COUNT: String(predictions.sample_count),
    PREDICTIONS_DEFAULT_FREQUENCY: predictions.sample_frequency,
    PREDICTIONS_DEFAULT_STEP_INTERVAL: String(predictions.step_interval),
    PREDICTIONS_MAX_LENGTH: String(predictions.max_length),
  };
}

interface Looking {
  job: string;
  standing: Standing;
  draw(): void;
  ended: AbortSignal;
}

/** Asks the server for what has arrived, until the trainer has ended. */
async function look(at: AtWork, { job, standing, draw, ended }: Looking): Promise<void> {
  while (!ended.aborted && !at.signal.aborted) {
    const before = standing.evaluations.length;
    // A server that is away for the moment is asked again; the trainer keeps its rows meanwhile.
    standing.evaluations = await evaluationsOf(at, job).catch(() => standing.evaluations);
    for (const evaluation of standing.evaluations.slice(before)) at.display.emit({ type: 'evaluation', ...evaluation });
    draw();
    await sleep(LOOK_MS, undefined, { signal: ended }).catch(() => undefined);
  }
}

async function evaluationsOf({ client }: AtWork, job: string): Promise<Seen[]> {
  const { evaluations } = await client.ask<Evaluations>(`/api/training/predictions/${encodeURIComponent(job)}/epochs`);
  return evaluations.map(seen);
}

/** Whole samples that are right: the mean of exact matches over those that have a score, times their number. */
function seen({ epoch, step, samples, errors, scores }: Evaluation): Seen {
  const right = Math.round((scores.exact_match ?? 0) * (samples - errors));
  return { epoch, step, right, of: samples, errors };
}

/** Also of a trainer that was killed: nobody else would say that it ended. The way to the server may be closed by a signal, so it is its own. */
async function tellEnd({ job, url }: Training, error: unknown): Promise<void> {
  const interrupted = error instanceof Interrupted;
  const problem = error instanceof AssayError ? error.message : null;
  const client = openClient({ find: async () => ({ url, token: job.token }), pollMs: LOOK_MS });
  const body = { job_id: job.id, status: interrupted ? 'interrupted' : 'failed', ...(problem !== null && { problem }) };
  await client.ask('/api/training/local/status', { method: 'POST', body }).catch(() => undefined);
}
