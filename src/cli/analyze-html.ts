/** Writes a run's summary as one HTML page that needs nothing else: no scripts, no assets, light and dark. */

import type { Stats } from './analyze-histogram.ts';
import { pageStyle } from './analyze-style.ts';
import type { Summary } from './analyze-summary.ts';
import { exactPercent, milliseconds } from './analyze-text.ts';
import { clean, count, duration, short } from './text.ts';

/** Markup that is safe already; everything else put into {@link html} is escaped. */
interface Markup {
  markup: string;
}

/** A template tag that escapes each value unless it is markup; lists are joined, null and undefined leave nothing. */
function html(strings: TemplateStringsArray, ...values: unknown[]): Markup {
  return { markup: strings.map((text, i) => (i === 0 ? text : asMarkup(values[i - 1]) + text)).join('') };
}

function asMarkup(value: unknown): string {
  if (value === null || value === undefined) return '';
  if (Array.isArray(value)) return value.map(asMarkup).join('');
  if (typeof value === 'object' && 'markup' in value) return (value as Markup).markup;
  const entities: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };
  return clean(String(value)).replace(/[&<>"']/g, (char) => entities[char]!);
}

/** The whole page. Nothing from the data can become markup, and the page's own policy forbids scripts and requests. */
export function summaryPage(summary: Summary): string {
  const title = summary.kind === 'batch' ? summary.target : summary.target.split(/[\\/]/).at(-1);
  const body = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>Assay · ${title}</title>
<style>${{ markup: pageStyle }}</style>
</head>
<body>
<main>
${header(summary, title)}
${tiles(summary)}
${decision(summary)}
${errors(summary)}
${figures('Tokens', [
  ['Prompt', summary.tokens.prompt, whole],
  ['Completion', summary.tokens.completion, whole],
  ['Reasoning', (summary.tokens.reasoning?.max ?? 0) > 0 ? summary.tokens.reasoning : null, whole],
])}
${figures('Time', [
  ['Queued', summary.time.queue_ms, milliseconds],
  ['First token', summary.time.first_token_ms, milliseconds],
  ['Total', summary.time.total_ms, milliseconds],
])}
${answers(summary)}
${topRows(summary)}
${summary.notes.map((note) => html`<p class="note">${note}</p>\n`)}
<footer>Percentiles are within 1 % of the true ones; counts, totals and means are exact.</footer>
</main>
</body>
</html>
`;
  return body.markup;
}

type Format = (value: number) => string;
const whole: Format = (value) => count(Math.round(value));

function header(summary: Summary, title: string | undefined): Markup {
  const parts = [summary.model, summary.endpoint, summary.status].filter((part) => part !== null);
  return html`<header><p class="brand">Assay</p><h1>${title}</h1><p class="sub">${parts.join(' · ')}</p></header>`;
}

function tile(label: string, value: string, detail = ''): Markup {
  return html`<div class="tile"><dt>${label}</dt><dd>${value}</dd><p>${detail}</p></div>`;
}

function tiles({ rows, tokens, time, throughput, attempts }: Summary): Markup {
  const pending = rows.pending > 0 ? `, ${count(rows.pending)} pending` : '';
  const retried = attempts && attempts.retried_rows > 0 ? `, ${count(attempts.retried_rows)} retried` : '';
  const share = rows.success_share === null ? '?' : exactPercent(rows.success_share);
  const items = [
    tile(
      'Rows',
      count(rows.total),
      `${count(rows.succeeded)} succeeded, ${count(rows.failed)} failed${pending}${retried}`,
    ),
    tile('Succeeded', share, 'of the rows that ended'),
    tile(
      'Tokens in',
      short(tokens.prompt?.total ?? null),
      throughput ? `${short(throughput.prompt_tokens_per_s)} tok/s` : '',
    ),
    tile(
      'Tokens out',
      short(tokens.completion?.total ?? null),
      throughput ? `${short(throughput.completion_tokens_per_s)} tok/s` : '',
    ),
  ];
  if (tokens.cached.share !== null) {
    items.push(tile('From cache', exactPercent(tokens.cached.share), `${count(tokens.cached.total)} prompt tokens`));
  }
  if (time.run_seconds !== null) {
    items.push(
      tile('Run time', duration(time.run_seconds), throughput ? `${short(throughput.rows_per_s)} rows/s` : ''),
    );
  }
  return html`<dl class="tiles">${items}</dl>`;
}

function decision({ decision: found, answers: { parsed } }: Summary): Markup | null {
  if (found === null) return null;
  const most = Math.max(...found.values.map((value) => value.count), 1);
  const rows = found.values.map(
    ({ value, count: n, share }) => html`<tr><th scope="row">${value === '' ? '(empty)' : value}</th>
<td class="bar"><span style="width:${((n / most) * 100).toFixed(1)}%"></span></td><td>${count(n)}</td><td>${exactPercent(share)}</td></tr>\n`,
  );
  const objects = parsed.json + parsed.fenced + parsed.embedded;
  const rest = [
    found.other > 0 ? `${count(found.other)} answers hold other values.` : '',
    found.missing > 0 ? `${count(found.missing)} of ${count(objects)} JSON answers lack the field.` : '',
    parsed.none > 0 ? `${count(parsed.none)} answers hold no JSON.` : '',
  ].filter((text) => text !== '');
  return html`<section><h2>Decisions <small>field <code>${found.field}</code>${found.guessed ? ', guessed' : ''}</small></h2>
<table class="bars"><tbody>${rows}</tbody></table><p class="sub">${rest.join(' ')}</p></section>`;
}

function errors({ errors: groups }: Summary): Markup | null {
  if (groups.length === 0) return null;
  const rows = groups.map(
    ({ code, count: n, example }) => html`<tr><th scope="row"><code>${code}</code></th><td>${count(n)}</td>
<td class="text"><code>${example.custom_id}</code>${example.line === null ? '' : `, line ${example.line}`}<br>${example.message}</td></tr>\n`,
  );
  return html`<section class="errors"><h2>Errors</h2><div class="scroll"><table><thead><tr><th>Code</th><th>Rows</th>
<th class="text">For example</th></tr></thead><tbody>${rows}</tbody></table></div></section>`;
}

function figures(title: string, lines: [string, Stats | null, Format][]): Markup | null {
  const there = lines.filter((line): line is [string, Stats, Format] => line[1] !== null);
  if (there.length === 0) return null;
  const rows = there.map(([name, stats, format]) => {
    const { mean, min, p50, p90, p95, p99, max } = stats;
    const cells = [mean, min, p50, p90, p95, p99, max].map((value) => html`<td>${format(value)}</td>`);
    return html`<tr><th scope="row">${name}</th>${cells}</tr>\n`;
  });
  const pictures = there.map(([name, stats, format]) => picture(name, stats, format));
  const heads = ['mean', 'min', 'p50', 'p90', 'p95', 'p99', 'max'].map((text) => html`<th>${text}</th>`);
  return html`<section><h2>${title}</h2><div class="scroll"><table><thead><tr><th></th>${heads}</tr></thead>
<tbody>${rows}</tbody></table></div><div class="pictures">${pictures}</div></section>`;
}

/** A histogram as an SVG picture; its bins are equally wide in the logarithm, which the caption says. */
function picture(name: string, stats: Stats, format: Format): Markup | null {
  if (stats.bins.length < 2) return null;
  const most = Math.max(...stats.bins.map((bin) => bin.count));
  const step = 240 / stats.bins.length;
  const bars = stats.bins.map((bin, i) => {
    const height = bin.count === 0 ? 0 : Math.max(1.5, (bin.count / most) * 60);
    return html`<rect x="${(i * step + 0.5).toFixed(1)}" y="${(60 - height).toFixed(1)}" width="${(step - 1).toFixed(1)}" height="${height.toFixed(1)}"><title>${format(bin.from)} to ${format(bin.to)}: ${count(bin.count)}</title></rect>`;
  });
  return html`<figure><svg viewBox="0 0 240 62" role="img" aria-label="Distribution of ${name}">${bars}</svg>
<figcaption><span>${format(stats.min)}</span><span>${name}, logarithmic</span><span>${format(stats.max)}</span></figcaption></figure>`;
}

function answers({ answers: { read, empty, cut_off, parsed }, finish_reasons }: Summary): Markup | null {
  if (read === 0 && finish_reasons.length === 0) return null;
  const lines: [string, number][] = [
    ['read', read],
    ['empty', empty],
    ['cut off at max_tokens', cut_off],
    ['plain JSON', parsed.json],
    ['JSON in a fence', parsed.fenced],
    ['JSON with text around', parsed.embedded],
    ['no JSON', parsed.none],
  ];
  const item = ([label, n]: [string, number]) => html`<li><b>${count(n)}</b> ${label}</li>`;
  const reasons = finish_reasons.map(({ reason, count: n }) => item([`finished: ${reason}`, n]));
  return html`<section><h2>Answers</h2><ul class="facts">${lines.map(item)}${reasons}</ul></section>`;
}

function topRows({ longest, slowest }: Summary): Markup | null {
  if (longest.length === 0 && slowest.length === 0) return null;
  const part = (title: string, rows: Summary['longest']) => {
    if (rows.length === 0) return null;
    const lines = rows.map(
      (row) => html`<tr><th scope="row"><code>${row.custom_id}</code></th><td>${row.prompt_tokens ?? '?'}</td>
<td>${row.completion_tokens ?? '?'}</td><td>${row.total_ms === null ? '?' : milliseconds(row.total_ms)}</td></tr>\n`,
    );
    return html`<div class="scroll"><h3>${title}</h3><table><thead><tr><th>Row</th><th>in</th><th>out</th><th>time</th></tr></thead>
<tbody>${lines}</tbody></table></div>`;
  };
  return html`<section><h2>Rows to look at</h2><div class="pair">${part('Longest', longest)}${part('Slowest', slowest)}</div></section>`;
}
