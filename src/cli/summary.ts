/** Sums up an ended batch: rows, failures by code, tokens, the cache's share beside its bound, times, files. */

import type { Batch, BatchMetrics } from '../contracts/openai-batch.ts';
import { cachedShare } from './progress.ts';
import type { SavedFiles } from './save-results.ts';
import { clean, count, duration, percent, short } from './text.ts';

/** What is known of an ended job. */
export interface Ended {
  label: string;
  model: string;
  batch: Batch;
  metrics: BatchMetrics;
  files: SavedFiles;
}

/** The summary as lines; faults of the input, when the batch was refused, instead of figures. */
export function summaryLines(ended: Ended): string[] {
  const { batch, metrics, files } = ended;
  const lines = [`${ended.label}: ${batch.status} (${batch.id})`];
  if (batch.status === 'failed') return [...lines, ...faultLines(batch)];
  const { rows, tokens, rate, prefix } = metrics;
  lines.push(`  rows      ${count(rows.completed)} done, ${count(rows.failed)} failed, of ${count(rows.total)}`);
  if (rows.reused > 0) lines.push(`            ${count(rows.reused)} answered by earlier batches, at no cost`);
  for (const { code, count: n } of metrics.errors) lines.push(`            ${count(n)} × ${code}`);
  lines.push(`  tokens    ${count(tokens.prompt)} in, ${count(tokens.completion)} out`);
  lines.push(`  cached    ${percent(cachedShare(metrics))} of the prompt tokens`);
  if (prefix.bound !== null) {
    const apart = prefix.bound_per_slot === null ? '' : `, with one in each slot ${percent(prefix.bound_per_slot)}`;
    lines.push(`            (a perfect cache would save ${percent(prefix.bound)}${apart})`);
  }
  lines.push(
    `  time      ${duration(metrics.run_seconds)}: ${short(rate.rows_per_s)} requests/s, ` +
      `tok/s in ${short(rate.prompt_tokens_per_s)}, out ${short(rate.completion_tokens_per_s)}`,
  );
  if (files.output) lines.push(`  answers   ${files.output}`);
  if (files.errors) lines.push(`  errors    ${files.errors}`);
  return lines;
}

/** Faults of a refused input, at most ten. */
function faultLines(batch: Batch): string[] {
  const faults = batch.errors?.data ?? [];
  const lines = faults
    .slice(0, 10)
    .map((fault) => `  ${fault.line === null ? '' : `line ${fault.line}: `}${fault.code}: ${clean(fault.message)}`);
  if (faults.length > 10) lines.push(`  and ${faults.length - 10} more: assay status ${batch.id} --json`);
  return lines;
}

/** The summary for machines. */
export function summaryObject(ended: Ended): object {
  return {
    model: ended.model,
    label: ended.label,
    batch_id: ended.batch.id,
    status: ended.batch.status,
    errors: ended.batch.errors?.data ?? [],
    metrics: ended.metrics,
    files: ended.files,
  };
}
