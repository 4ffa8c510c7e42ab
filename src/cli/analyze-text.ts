/** Writes a run's summary as text for a terminal. */

import type { Stats } from './analyze-histogram.ts';
import type { Summary } from './analyze-summary.ts';
import { bar, clean, count, cut, duration, pad, percent, short, table } from './text.ts';

const BAR_COLUMNS = 24;
const SHOWN = 5;

/** The lines of the summary, none wider than `width` columns. Text from data is free of control characters. */
export function summaryText(summary: Summary, width: number): string[] {
  const blocks = [head(summary), tokens(summary), times(summary), errors(summary), answers(summary), decision(summary)];
  const lines = [...blocks, topRows(summary), summary.notes.map((note) => `Note: ${note}`)];
  return lines
    .filter((block) => block.length > 0)
    .flatMap((block, i) => [...(i > 0 ? [''] : []), ...block.map((line) => cut(line, width))]);
}

/** Milliseconds as 840 ms or 12.3 s. */
export function milliseconds(value: number): string {
  if (value < 1000) return `${Math.round(value)} ms`;
  return value < 60_000 ? `${(value / 1000).toFixed(1)} s` : duration(value / 1000);
}

function head({ target, model, status, rows, attempts, throughput, time }: Summary): string[] {
  const title = [clean(target), clean(model ?? ''), clean(status ?? '')].filter((part) => part !== '').join(' · ');
  const share = rows.success_share === null ? '' : ` (${exactPercent(rows.success_share)})`;
  const pending = rows.pending > 0 ? `, ${count(rows.pending)} pending` : '';
  const lines = [
    title,
    `Rows        ${count(rows.succeeded)} succeeded${share}, ${count(rows.failed)} failed${pending}, ${count(rows.total)} in all`,
  ];
  if (attempts && attempts.retried_rows > 0) {
    lines.push(`Retried     ${count(attempts.retried_rows)} rows, ${count(attempts.total)} attempts in all`);
  }
  if (time.run_seconds !== null) lines.push(`Run time    ${duration(time.run_seconds)}`);
  if (throughput) {
    const { rows_per_s, prompt_tokens_per_s, completion_tokens_per_s } = throughput;
    lines.push(
      `Throughput  ${short(rows_per_s)} rows/s, ${short(prompt_tokens_per_s)} tok/s in, ${short(completion_tokens_per_s)} tok/s out`,
    );
  }
  return lines;
}

/** A share as a percentage that says 100 % only when it is all, and 0 % only when it is none. */
export function exactPercent(share: number): string {
  const rounded = Math.round(share * 1000) / 10;
  if (rounded === 100 && share < 1) return '> 99.9 %';
  if (rounded === 0 && share > 0) return '< 0.1 %';
  return `${rounded} %`;
}

function statsRow(name: string, stats: Stats | null, format: (value: number) => string): string[][] {
  if (stats === null) return [];
  const { mean, min, p50, p90, p95, p99, max } = stats;
  return [[name, ...[mean, min, p50, p90, p95, p99, max].map(format)]];
}

const statsHead = ['mean', 'min', 'p50', 'p90', 'p95', 'p99', 'max'];
const whole = (value: number): string => count(Math.round(value));

function tokens({ tokens: { prompt, completion, reasoning, cached } }: Summary): string[] {
  const rows = [
    ...statsRow('prompt', prompt, whole),
    ...statsRow('completion', completion, whole),
    ...(reasoning && reasoning.max > 0 ? statsRow('reasoning', reasoning, whole) : []),
  ];
  if (rows.length === 0) return [];
  const totals = new Map([
    ['prompt', prompt],
    ['completion', completion],
    ['reasoning', reasoning],
  ]);
  const lines = rows.map(([name, ...cells]) => [name!, count(totals.get(name!)!.total), ...cells]);
  const shown = right([['Tokens', 'total', ...statsHead], ...lines]);
  const unknown = cached.unknown_rows > 0 ? ` (not reported for ${count(cached.unknown_rows)} rows)` : '';
  if (cached.share !== null)
    shown.push(`From cache  ${count(cached.total)} prompt tokens, ${percent(cached.share)}${unknown}`);
  return shown;
}

function times({ time }: Summary): string[] {
  const rows = [
    ...statsRow('queued', time.queue_ms, milliseconds),
    ...statsRow('first token', time.first_token_ms, milliseconds),
    ...statsRow('total', time.total_ms, milliseconds),
  ];
  return rows.length === 0 ? [] : right([['Time', ...statsHead], ...rows]);
}

function errors({ errors: groups }: Summary): string[] {
  if (groups.length === 0) return [];
  const rows = groups.map(({ code, count: n, example }) => {
    const place = `${clean(example.custom_id)}${example.line === null ? '' : ` (line ${example.line})`}`;
    return [clean(code), count(n), `e.g. ${place}${example.message ? `: ${clean(example.message)}` : ''}`];
  });
  return table([['Error', 'rows', ''], ...rows], Number.POSITIVE_INFINITY);
}

function answers({ answers: { read, empty, cut_off, parsed }, finish_reasons }: Summary): string[] {
  if (read === 0 && finish_reasons.length === 0) return [];
  const reasons = finish_reasons.map(({ reason, count: n }) => `${clean(reason)} ${count(n)}`).join(', ');
  const lines = reasons === '' ? [] : [`Finished    ${reasons}`];
  lines.push(`Answers     ${count(read)} read, ${count(empty)} empty, ${count(cut_off)} cut off at max_tokens`);
  const { json, fenced, embedded, none } = parsed;
  if (json + fenced + embedded > 0) {
    lines.push(
      `JSON        ${count(json)} plain, ${count(fenced)} fenced, ${count(embedded)} with text around, ${count(none)} none`,
    );
  }
  return lines;
}

function decision({ decision: found }: Summary): string[] {
  if (found === null) return [];
  const title = `Decision    field ${clean(found.field)}${found.guessed ? ' (guessed; --decision-field names another)' : ''}`;
  if (found.present === 0) return [title, '  no answer holds this field'];
  const labels = found.values.slice(0, 20).map(({ value }) => clean(value));
  const wide = Math.min(40, Math.max(...labels.map((label) => label.length), 8));
  const lines = found.values
    .slice(0, 20)
    .map(
      ({ count: n, share }, i) =>
        `  ${pad(labels[i]!, wide)}  ${bar(share, BAR_COLUMNS)}  ${count(n)} (${exactPercent(share)})`,
    );
  if (found.values.length > 20) lines.push(`  and ${found.values.length - 20} more values`);
  if (found.other > 0) lines.push(`  other values: ${count(found.other)}`);
  if (found.missing > 0) lines.push(`  without this field: ${count(found.missing)} of the JSON answers`);
  return [title, ...lines];
}

function topRows({ longest, slowest }: Summary): string[] {
  const lines: string[] = [];
  if (longest.length > 0) {
    const rows = longest.slice(0, SHOWN).map((r) => `${clean(r.custom_id)} ${count(r.completion_tokens ?? 0)}`);
    lines.push(`Longest     ${rows.join(', ')} (completion tokens)`);
  }
  if (slowest.length > 0) {
    const rows = slowest.slice(0, SHOWN).map((r) => `${clean(r.custom_id)} ${milliseconds(r.total_ms ?? 0)}`);
    lines.push(`Slowest     ${rows.join(', ')}`);
  }
  return lines;
}

/** A table whose first column is aligned left and the others right. */
function right(rows: string[][]): string[] {
  const widths = rows[0]!.map((_, i) => Math.max(...rows.map((row) => row[i]!.length), i === 0 ? 10 : 0));
  return rows.map((row) =>
    row.map((cell, i) => (i === 0 ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!))).join('  '),
  );
}
