/** Writes how the jobs of a run stand: lines for a terminal, a shorter one elsewhere, an object for machines. */

import { type BatchMetrics, type BatchStatus, finalStatuses } from '../contracts/openai-batch.ts';
import { gpuField } from './gpu-field.ts';
import { bar, clean, count, cut, duration, pad, percent, short, wrap } from './text.ts';

/** How one job stands. */
export interface Progress {
  job: { label: string; model?: string };
  batchId: string | null;
  /** What is being done before the batch runs, or why nothing is heard of it. */
  note: string | null;
  metrics: BatchMetrics | null;
}

/** Whether nothing more will happen to a batch of this status. */
export const hasEnded = (status: BatchStatus): boolean => finalStatuses.includes(status);

const done = (rows: BatchMetrics['rows']): number => rows.completed + rows.failed;

/** Share of the prompt tokens that came from the engine's cache; null where the engine does not say. */
export function cachedShare(metrics: BatchMetrics): number | null {
  const { prompt, cached } = metrics.tokens;
  return cached === null || prompt === 0 ? null : cached / prompt;
}

/** A bar behind a reason that names a share ("is being downloaded (12 % of 1117 MB)"). */
function waitingBar(reason: string): string {
  const share = /(\d+) %/.exec(reason)?.[1];
  return share === undefined ? '' : ` ${bar(Number(share) / 100, 10)}`;
}

function stateOf(progress: Progress): string {
  if (progress.note !== null) return progress.note;
  const { metrics } = progress;
  if (metrics === null) return 'waiting for news';
  if (hasEnded(metrics.status)) return metrics.status;
  if (metrics.waiting) return `waits: ${clean(metrics.waiting.reason)}${waitingBar(metrics.waiting.reason)}`;
  if (metrics.status === 'validating') return 'the server checks the requests';
  return metrics.status === 'in_progress' ? '' : metrics.status;
}

/** Lines that a reason to wait takes at most. */
const reasonLines = 4;

/** Two lines for each job, more while it waits: bar and counts, then rates, then the reason. */
export function progressLines(all: Progress[], width: number): string[] {
  const name = Math.min(28, Math.max(...all.map((p) => p.job.label.length)));
  return all.flatMap((progress) => {
    const { metrics } = progress;
    const state = stateOf(progress);
    const head = pad(progress.job.label, name);
    if (metrics === null || metrics.rows.total === 0) return [cut(`${head}  ${state}`, width)];
    const { rows } = metrics;
    const counts = `${count(done(rows))}/${count(rows.total)}${rows.failed > 0 ? `, ${count(rows.failed)} failed` : ''}`;
    const left = hasEnded(metrics.status)
      ? `in ${duration(metrics.run_seconds)}`
      : `left ${duration(metrics.eta_seconds)}`;
    const room = Math.max(6, Math.min(40, width - name - counts.length - left.length - 13));
    const share = done(rows) / rows.total;
    const first = `${head}  ${bar(share, room)} ${percent(share).padStart(5)}  ${counts}  ${left}`;
    const lines = [cut(first, width)];
    if (done(rows) > 0) lines.push(cut(`  ${ratesOf(metrics)}`, width));
    if (state !== '' && !hasEnded(metrics.status)) {
      lines.push(
        ...wrap(state, width - 2)
          .slice(0, reasonLines)
          .map((line) => `  ${line}`),
      );
    }
    return lines;
  });
}

function ratesOf(metrics: BatchMetrics): string {
  const { rate } = metrics;
  const tokens = `tok/s in ${short(rate.prompt_tokens_per_s)}, out ${short(rate.completion_tokens_per_s)}`;
  const gpu = gpuField(metrics.gpu, hasEnded(metrics.status));
  const cached = `cached ${percent(cachedShare(metrics))}`;
  return [`${short(rate.rows_per_s)} requests/s`, tokens, cached, gpu].filter(Boolean).join(' · ');
}

/** One line for each job. */
export function briefLines(all: Progress[]): string[] {
  return all.map((progress) => {
    const { metrics } = progress;
    const state = stateOf(progress);
    const head = progress.job.label;
    if (metrics === null || metrics.rows.total === 0) return `${head}: ${state}`;
    const { rows } = metrics;
    const counts = `${done(rows)}/${rows.total} done, ${rows.failed} failed`;
    const left = hasEnded(metrics.status) ? '' : `, left ${duration(metrics.eta_seconds)}`;
    return `${head}: ${counts}, ${ratesOf(metrics)}${left}${state === '' ? '' : ` (${state})`}`;
  });
}

/** What `--json` writes of one job while it runs. */
export function progressObject(progress: Progress): object {
  const { metrics } = progress;
  return {
    type: 'progress',
    model: progress.job.model,
    label: progress.job.label,
    batch_id: progress.batchId,
    note: progress.note,
    ...(metrics && {
      status: metrics.status,
      rows: metrics.rows,
      tokens: metrics.tokens,
      rate: metrics.rate,
      prefix: metrics.prefix,
      eta_seconds: metrics.eta_seconds,
      waiting: metrics.waiting,
      gpu: metrics.gpu,
    }),
  };
}
