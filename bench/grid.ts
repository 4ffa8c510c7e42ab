/** Measures the grid on 100,000 items and five models: first page, every filter and sort, search, figures, as p50, p95 and most. */

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { agreementOf } from '../src/compare/agreement-query.ts';
import { gridPage } from '../src/compare/grid-page.ts';
import { landAnswers } from '../src/compare/land-answers.ts';
import { gridStats } from '../src/compare/stats.ts';
import { gridFilter, gridQuery } from '../src/contracts/workbench.ts';
import { type Database, openDatabase } from '../src/db/database.ts';
import { startEmbedded } from '../src/db/embedded.ts';
import { migrate } from '../src/db/migrate.ts';
import type { LandingAnswer } from '../src/runs/deps.ts';
import { machine, record } from './measure.ts';
import { runId, seedWorkbench, version } from './workbench-seed.ts';

const { values: options } = parseArgs({
  options: {
    items: { type: 'string', default: '100000' },
    models: { type: 'string', default: '5' },
    rounds: { type: 'string', default: '20' },
    /** A folder whose database is filled already is used again. */
    folder: { type: 'string' },
    record: { type: 'boolean', default: false },
  },
});
const items = Number(options.items);
const models = Array.from({ length: Number(options.models) }, (_, m) => `model-${m + 1}`);
const rounds = Number(options.rounds);
const words =
  'revenue growth founder market hiring engineer product launch customer series round debt signal risk team'.split(' ');
const verdicts = ['Strong Yes', 'Yes', 'Maybe', 'No'];
/** A number from 0 on that looks random, the same in every run. */
const pick = (n: number, of: number) => ((Math.imul(n, 0x9e3779b1) >>> 0) ^ (n >>> 3)) % of;

const prose = (seed: number, count: number) =>
  Array.from({ length: count }, (_, i) => words[pick(seed + i * 31, words.length)]).join(' ');

function answerOf(item: number, model: number): LandingAnswer {
  const seed = item * 17 + model * 7919;
  const ok = pick(seed, 100) !== 0;
  const verdict = verdicts[pick(item, 3) > 0 ? pick(item + 5, 4) : pick(seed + 1, 4)]!;
  const fields = {
    recommendation: verdict,
    trajectory: ['up', 'flat', 'down'][pick(item * 3 + (pick(seed, 10) === 0 ? model : 0), 3)],
    pedigree: pick(item + 9, 10),
    reasoning: `${prose(seed, 60)} item${item % 1000}${pick(seed + 2, 1000) === 0 ? ' rareword' : ''}`,
  };
  return {
    ordinal: item,
    ok,
    errorCode: ok ? null : 'engine_error',
    content: ok ? JSON.stringify(fields) : null,
    finishReason: ok ? 'stop' : null,
    promptTokens: 300,
    completionTokens: 80 + pick(seed + 3, 100),
    cachedTokens: 200,
    latencyMs: 200 + pick(seed + 4, 5000),
    firstTokenMs: 40,
    scores: model === 0 ? { style: pick(seed + 5, 11) / 10 } : null,
  };
}

async function fill(db: Database): Promise<void> {
  const done = await db.asUser('local', async (q) => (await q.query('select from datasets')).rowCount);
  if (done === 1) return;
  const started = performance.now();
  await seedWorkbench(db, items, models);
  // Model by model in blocks, as imports do; the states of items are computed again with each model.
  for (const [m, modelId] of models.entries()) {
    for (let from = 0; from < items; from += 1000) {
      const block = Array.from({ length: Math.min(1000, items - from) }, (_, i) => answerOf(from + i, m));
      await db.asUser('local', (q) => landAnswers(q, { ...version, runId: runId(m), modelId }, block));
    }
    console.log(`filled ${modelId}, ${Math.round((performance.now() - started) / 1000)} s`);
  }
  const seconds = (performance.now() - started) / 1000;
  console.log(`landed ${items * models.length} answers, ${Math.round((items * models.length) / seconds)} a second`);
}

/** Times of `rounds` calls, sorted, in ms. */
async function time(work: (round: number) => Promise<unknown>, count = rounds): Promise<number[]> {
  const times: number[] = [];
  for (let round = 0; round < count; round++) {
    const started = performance.now();
    await work(round);
    times.push(performance.now() - started);
  }
  return times.sort((a, b) => a - b);
}

const lines: { what: string; p95: number }[] = [];
function print(what: string, times: number[], more = ''): void {
  const at = (share: number) => times[Math.min(times.length - 1, Math.floor(share * times.length))]!;
  const ms = (value: number) => value.toFixed(0).padStart(7);
  console.log(`${what.padEnd(56)}${ms(at(0.5))}${ms(at(0.95))}${ms(times.at(-1)!)}  ${more}`);
  lines.push({ what, p95: at(0.95) });
}

const page = (db: Database, more: object) =>
  gridPage(db, 'local', gridQuery.parse({ dataset_id: version.datasetId, ...more }));

const two = models.slice(0, 2);
const filters: [string, object][] = [
  ['no filter', {}],
  ['differences', { filter: 'differences' }],
  ['differences of two models', { filter: 'differences', models: two }],
  ['differs at a field', { differs_at: 'trajectory' }],
  ['differs at a field, two models', { differs_at: 'trajectory', models: two }],
  ['all agree on Strong Yes', { agree_on: 'Strong Yes' }],
  ['two models agree on Strong Yes', { agree_on: 'Strong Yes', models: two }],
  ['a category', { category: 'category 3' }],
  ['a cell of a confusion', { decided: [`${models[0]}=Yes`, `${models[1]}=No`] }],
  ['failed', { filter: 'failed' }],
  ['failed of one model', { filter: 'failed', models: models[0] }],
  ['needs review', { filter: 'needs_review' }],
  ['golden (none)', { filter: 'golden' }],
  ['score range', { score_min: 0.2, score_max: 0.3 }],
  ['differences, category, failed', { filter: ['differences', 'failed'], category: 'category 3' }],
  ['search: a rare word (0.5 % of items)', { q: 'rareword' }],
  ['search: a word of 1 % of items', { q: 'item77' }],
  ['search: two common words (nearly all)', { q: 'revenue growth' }],
  ['search: a common word, differences', { q: 'revenue', filter: 'differences' }],
  ['search: a common word, few rows', { q: 'revenue', filter: 'failed', category: 'category 3' }],
  ['search and differences', { q: 'company33', filter: 'differences' }],
  ['search: a word that is nowhere', { q: 'xyzzy' }],
];

async function measure(db: Database): Promise<void> {
  console.log(`${'ms'.padEnd(56)}    p50    p95    max`);
  print('first page of 100 rows, right after the start', await time(() => page(db, {}), 1));
  for (const [name, filter] of filters) {
    const { filtered } = await page(db, filter);
    print(name, await time(() => page(db, filter)), `${filtered} rows`);
  }
  for (const sort of ['position', 'disagreement', 'score', 'length', 'latency']) {
    print(`sort by ${sort}`, await time(() => page(db, { sort })));
    print(`sort by ${sort}, differences`, await time(() => page(db, { sort, filter: 'differences' })));
    let after: string | null = null;
    const next = async () => {
      const at: { next: string | null } = await page(db, { sort, ...(after === null ? {} : { after }), limit: 500 });
      after = at.next;
    };
    for (let i = 0; i < Math.min(100, items / 1000); i++) await next();
    print(`sort by ${sort}, pages of 500 rows in the middle`, await time(next));
  }
  const filter = gridFilter.parse({ dataset_id: version.datasetId });
  const narrowed = gridFilter.parse({ dataset_id: version.datasetId, filter: 'differences', category: 'category 3' });
  const few = Math.max(3, Math.floor(rounds / 4));
  print('stats', await time(() => gridStats(db, 'local', filter), few));
  print('stats, filtered', await time(() => gridStats(db, 'local', narrowed), few));
  print('agreement', await time(() => agreementOf(db, 'local', { filter }), few));
  print('agreement, filtered', await time(() => agreementOf(db, 'local', { filter: narrowed }), few));
  print('agreement on a field', await time(() => agreementOf(db, 'local', { filter, field: 'trajectory' }), few));
  const worst = lines.filter(({ what }) => !/stats|agreement|start/.test(what)).sort((a, b) => b.p95 - a.p95)[0]!;
  const line = `grid of ${items} items x ${models.length} models: slowest filter or sort at p95 ${worst.p95.toFixed(0)} ms (${worst.what}), first page ${lines[0]!.p95.toFixed(0)} ms`;
  console.log(`\n${machine()}\n${line}`);
  if (options.record) await record(line);
}

const folder = options.folder ?? (await mkdtemp(join(tmpdir(), 'assay-bench-grid-')));
const log = { debug() {}, info() {}, warn: console.warn, error: console.error };
const server = await startEmbedded({ folder, sharedBuffersMb: 128, startTimeoutMs: 60_000, restartMaxMs: 1000, log });
try {
  await migrate(server.url);
  const db = openDatabase({ url: server.url, max: 4 });
  await fill(db);
  await db.close();
  const fresh = openDatabase({ url: server.url, max: 4 });
  await measure(fresh);
  await fresh.close();
} finally {
  await server.stop();
  if (options.folder === undefined) await rm(folder, { recursive: true, force: true });
}
