/** Runs jobs as batches: finds or makes the batch of each, follows them to their end, saves what they answered. */

import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Config } from '../config.ts';
import { CONTEXT_KEY } from '../contracts/context.ts';
import type { Batch, BatchMetrics } from '../contracts/openai-batch.ts';
import { newTally, type RequestTally } from '../datasets/to-requests.ts';
import { AssayError } from '../errors.ts';
import type { Client } from './client.ts';
import type { Display } from './display.ts';
import { inputName, type Job, type Prepared, prepare } from './prepare.ts';
import { briefLines, hasEnded, type Progress, progressLines, progressObject } from './progress.ts';
import { saveResults } from './save-results.ts';
import type { Ended } from './summary.ts';
import { bytes, clean, count, percent, wrap } from './text.ts';

/** Something to be told beside the progress; runJobs sets `changed`. */
export interface Notice {
  text: string | null;
  changed: () => void;
}

/** What is done with all jobs of one run. */
export interface RunOptions {
  client: Client;
  display: Display;
  config: Config;
  /** Folder the answers are saved in. */
  out: string;
  completionWindow: string;
  /** Of each batch, beside the command's own; the server checks it. */
  metadata: Record<string, string>;
  /** Make new batches even where the same work was done before. */
  again: boolean;
  /** A line under the progress (the server is away, a download), redrawn when `changed` is called. */
  notice: Notice;
  signal: AbortSignal;
  /** Batches that are there already, by the label of their job. */
  given?: ReadonlyMap<string, string>;
  /** Told each time a batch is found or made. */
  found?: (job: Job, batch: Batch) => void;
}

type JobProgress = Progress & { job: Job };

/** A job that has its batch. */
interface Running {
  job: Job;
  batch: Batch;
  progress: JobProgress;
  /** Whether the batch had ended before this command came. */
  old: boolean;
}

/** Runs `jobs` to their end, together. Throws the signal's reason when stopped; the batches then go on in the server. */
export async function runJobs(jobs: Job[], options: RunOptions): Promise<(Ended & { old: boolean })[]> {
  const all = jobs.map((job) => ({ job, batchId: null, note: 'waiting', metrics: null }) as JobProgress);
  const redraw = () =>
    options.display.update(
      [...progressLines(all, options.display.width()), ...(options.notice.text ?? '').split('\n').filter(Boolean)],
      [...briefLines(all), ...(options.notice.text ?? '').split('\n').filter(Boolean)],
    );
  options.notice.changed = redraw;
  const folder = await mkdtemp(join(tmpdir(), 'assay-run-'));
  const running: Running[] = [];
  try {
    for (const progress of all) {
      running.push(
        await startJob(progress, { ...options, redraw, path: join(folder, `${all.indexOf(progress)}.jsonl`) }),
      );
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
  await follow(running, options, redraw);
  options.display.settle();
  const ended: (Ended & { old: boolean })[] = [];
  for (const { job, old, progress } of running) {
    const batch = await options.client.ask<Batch>(`/v1/batches/${progress.batchId}`);
    const files = await saveResults(options.client, batch, {
      folder: options.out,
      name: `${inputName(job.input)}.${job.label}`,
    });
    ended.push({ label: job.label, model: job.model, batch, metrics: progress.metrics!, files, old });
  }
  return ended;
}

type StartOptions = RunOptions & { redraw: () => void; path: string };

/** Prepares the input of a job, and goes on with the batch that did or does the same work, or makes one. */
async function startJob(progress: JobProgress, options: StartOptions): Promise<Running> {
  const { job } = progress;
  const given = options.given?.get(job.label);
  if (given !== undefined) {
    const batch = await options.client.ask<Batch>(`/v1/batches/${given}`);
    progress.batchId = batch.id;
    progress.note = null;
    options.found?.(job, batch);
    return { job, batch, progress, old: hasEnded(batch.status) };
  }
  const note = (text: string) => {
    progress.note = text;
    options.redraw();
  };
  const tally = newTally();
  note('reading the input');
  const timer = setInterval(() => note(`reading the input, ${percent(tally.progress.share)}`), options.config.poll_ms);
  let prepared: Prepared;
  try {
    prepared = await prepare(job, {
      path: options.path,
      maxLineBytes: options.config.line_max_bytes,
      tally,
      signal: options.signal,
    });
  } finally {
    clearInterval(timer);
  }
  sayEmpty(job, tally, options.display);
  const before = options.again ? null : await findBatch(prepared.identity, options);
  const old = before !== null && hasEnded(before.status);
  if (before === null) note(`sending ${count(prepared.rows)} requests, ${bytes(prepared.bytes)}`);
  const batch = before ?? (await createBatch(job, prepared, options));
  progress.batchId = batch.id;
  progress.note = null;
  if (before !== null && !old) options.display.say(`${job.label}: going on with ${batch.id}`);
  options.found?.(job, batch);
  return { job, batch, progress, old };
}

/** Placeholders without a value are no fault, but worth knowing. */
function sayEmpty(job: Job, tally: RequestTally, display: Display): void {
  const columns = Object.entries(tally.emptyByColumn).map(([column, n]) => `${clean(column)} ${count(n)}`);
  if (columns.length === 0) return;
  const text = `${job.label}: empty values in ${count(tally.rows)} rows: ${columns.join(', ')}`;
  display.say(...wrap(text, display.width()));
}

/** The newest batch that did or does the same work and was not refused. */
async function findBatch(identity: string, { client, metadata }: RunOptions): Promise<Batch | null> {
  const { data } = await client.ask<{ data: Batch[] }>('/v1/batches', {
    query: { 'metadata[assay_run]': identity, limit: 20 },
  });
  const alike = (batch: Batch) =>
    batch.metadata?.assay_run === identity && batch.metadata[CONTEXT_KEY] === metadata[CONTEXT_KEY];
  return data.find((batch) => alike(batch) && batch.status !== 'failed') ?? null;
}

async function createBatch(job: Job, prepared: Prepared, options: StartOptions): Promise<Batch> {
  const key = randomUUID();
  const file = await options.client.upload({
    path: prepared.path,
    bytes: prepared.bytes,
    filename: prepared.filename,
    idempotencyKey: `${key}-file`,
  });
  return options.client.ask<Batch>('/v1/batches', {
    method: 'POST',
    idempotencyKey: `${key}-batch`,
    body: {
      input_file_id: file.id,
      endpoint: prepared.endpoint,
      completion_window: options.completionWindow,
      metadata: {
        assay_run: prepared.identity,
        assay_input: prepared.filename.slice(0, 500),
        assay_label: job.label,
        ...options.metadata,
      },
    },
  });
}

/** Asks for news of all jobs until each has ended. */
async function follow(running: Running[], options: RunOptions, redraw: () => void): Promise<void> {
  const emitted = new Map<Progress, string>();
  for (;;) {
    for (const { progress } of running) {
      if (progress.metrics && hasEnded(progress.metrics.status)) continue;
      progress.metrics = await options.client.ask<BatchMetrics>(`/v1/batches/${progress.batchId}/metrics`);
      progress.note = null;
      const { status, rows, waiting } = progress.metrics;
      const state = JSON.stringify([status, rows.completed, rows.failed, waiting?.reason]);
      if (emitted.get(progress) !== state) options.display.emit(progressObject(progress));
      emitted.set(progress, state);
    }
    redraw();
    if (running.every(({ progress }) => progress.metrics && hasEnded(progress.metrics.status))) return;
    await sleep(options.config.poll_ms, undefined, { signal: options.signal }).catch(() => undefined);
    if (options.signal.aborted) throw options.signal.reason;
  }
}

/** Throws model_not_found, which names the models there are, unless the server knows all of `models`. */
export async function checkModels(client: Client, models: string[]): Promise<void> {
  for (const model of models) {
    try {
      await client.ask(`/v1/models/${encodeURIComponent(model)}`);
    } catch (error) {
      if (!(error instanceof AssayError) || (error.cause as { code?: string })?.code !== 'model_not_found') throw error;
      const { data } = await client.ask<{ data: { id: string }[] }>('/v1/models');
      throw new AssayError('model_not_found', { value: model, known: data.map(({ id }) => id).join(', ') });
    }
  }
}
