/** `assay status`: how all batches stand, or one of them, once or until it has ended. */

import { setTimeout as sleep } from 'node:timers/promises';
import type { Command } from 'commander';
import type { Config } from '../config.ts';
import type { Batch, BatchMetrics } from '../contracts/openai-batch.ts';
import type { WorkerObject } from '../contracts/workers.ts';
import { AssayError } from '../errors.ts';
import type { Client } from './client.ts';
import { connect } from './connect.ts';
import { type Display, openDisplay } from './display.ts';
import { interruption } from './interruption.ts';
import { briefLines, hasEnded, type Progress, progressLines } from './progress.ts';
import { readConfig } from './settings-flags.ts';
import { summaryLines } from './summary.ts';
import { clean, count, duration, short, table } from './text.ts';

interface StatusFlags {
  json: boolean;
  watch: boolean;
  limit: string;
}

/** Adds the command. */
export function addStatus(program: Command): void {
  program
    .command('status')
    .description('show the batches there are, or how one stands')
    .argument('[batch]', 'id of a batch')
    .option('--json', 'write JSON instead of text', false)
    .option('--watch', 'go on until the batch has ended', false)
    .option('--limit <n>', 'show at most n batches, newest first (up to 100)', '20')
    .action(async (batchId: string | undefined, flags: StatusFlags, command: Command) => {
      const { config } = readConfig(command);
      const display = openDisplay({ json: flags.json, lineSeconds: config.progress_line_seconds });
      const stop = interruption();
      const { client } = await connect(config, { start: false, signal: stop.signal });
      if (batchId !== undefined) return showOne(batchId, { client, config, display, ...flags, signal: stop.signal });
      do {
        await showList(client, display, flags);
        if (flags.watch) await sleep(config.poll_ms, undefined, { signal: stop.signal }).catch(() => undefined);
      } while (flags.watch && !stop.signal.aborted);
      display.settle();
    });
}

async function showList(client: Client, display: Display, flags: StatusFlags): Promise<void> {
  const list = await client.ask<{ data: Batch[]; has_more: boolean }>('/v1/batches', { query: { limit: flags.limit } });
  const workers = await listWorkers(client);
  display.emit(workers === null ? list : { ...list, workers });
  const lines = listLines(list.data, display.width());
  if (list.has_more) lines.push(`(older ones: --limit ${Math.min(100, 2 * Number(flags.limit))})`);
  if (workers !== null && workers.length > 1) lines.push('', ...workerLines(workers, display.width()));
  if (flags.watch) display.update(lines, lines);
  else display.say(...lines);
}

/** The batches as a table, newest first. */
export function listLines(batches: Batch[], width: number): string[] {
  if (batches.length === 0) return ['No batches yet. Make one with: assay run INPUT --model M'];
  const head = ['BATCH', 'STATUS', 'DONE', 'FAILED', 'AGE', 'MODEL', 'INPUT'];
  const rows = batches.map((batch) => {
    const { total, completed, failed } = batch.request_counts;
    const age = duration(Date.now() / 1000 - batch.created_at);
    const input = clean(batch.metadata?.assay_input ?? batch.input_file_id);
    const done = `${count(completed + failed)}/${count(total)}`;
    return [batch.id, batch.status, done, count(failed), age, clean(batch.model ?? ''), input];
  });
  return table([head, ...rows], width);
}

/** The workers there are; null for a caller who may not see them, or where the server is too old to tell. */
async function listWorkers(client: Client): Promise<WorkerObject[] | null> {
  try {
    return (await client.ask<{ data: WorkerObject[] }>('/admin/workers')).data;
  } catch (error) {
    const cause = error instanceof AssayError ? (error.cause as { code?: string } | undefined) : undefined;
    if (cause?.code === 'owner_only' || cause?.code === 'route_not_found') return null;
    throw error;
  }
}

/** The workers as a table, those that started first before the others. */
export function workerLines(workers: WorkerObject[], width: number): string[] {
  const head = ['WORKER', 'HOST', 'VERSION', 'UP', 'IN FLIGHT', 'ROWS/S', 'MODELS'];
  const rows = workers.map((worker) => {
    const up = duration(Date.now() / 1000 - worker.started_at);
    const models = worker.models.map(({ id, waiting }) => (waiting === null ? id : `${id} (waits: ${waiting})`));
    const doing = worker.waiting === null ? models.join(', ') || 'idle' : `waits: ${worker.waiting}`;
    const inFlight = count(worker.requests_in_flight);
    return [worker.id, clean(worker.host), clean(worker.version), up, inFlight, short(worker.rows_per_s), clean(doing)];
  });
  return table([head, ...rows], width);
}

interface OneOptions extends StatusFlags {
  client: Client;
  config: Config;
  display: Display;
  signal: AbortSignal;
}

async function showOne(batchId: string, options: OneOptions): Promise<void> {
  const { client, display } = options;
  const path = `/v1/batches/${encodeURIComponent(batchId)}`;
  for (;;) {
    const batch = await client.ask<Batch>(path);
    const metrics = await client.ask<BatchMetrics>(`${path}/metrics`);
    display.emit({ batch, metrics });
    const label = clean(batch.model ?? batch.id);
    if (hasEnded(batch.status)) {
      display.settle();
      display.say(...summaryLines({ label, model: label, batch, metrics, files: { output: null, errors: null } }));
      if (batch.output_file_id) display.say(`  answers   assay results ${batch.id}`);
      if (batch.error_file_id) display.say(`  errors    assay results ${batch.id} --errors`);
      if (batch.request_counts.failed > 0) display.say(`  again     assay retry ${batch.id}`);
      return;
    }
    const progress: Progress = { job: { label }, batchId: batch.id, note: null, metrics };
    if (!options.watch) return display.say(batch.id, ...progressLines([progress], display.width()));
    display.update(progressLines([progress], display.width()), briefLines([progress]));
    await sleep(options.config.poll_ms, undefined, { signal: options.signal }).catch(() => undefined);
    if (options.signal.aborted) return display.settle();
  }
}
