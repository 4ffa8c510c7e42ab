/** Measures pages of predictions of 10 training jobs with 100,000 each: first, middle and last page, and every filter, as least, p50 and p95. */

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { Client } from 'pg';
import { movementQuery, predictionQuery } from '../src/contracts/predictions.ts';
import { type Database, openDatabase } from '../src/db/database.ts';
import { startEmbedded } from '../src/db/embedded.ts';
import { migrate } from '../src/db/migrate.ts';
import { listEvaluations } from '../src/training/evaluations.ts';
import { selectJob } from '../src/training/job-row.ts';
import { sampleMovements } from '../src/training/movements.ts';
import { predictionPage } from '../src/training/prediction-page.ts';
import { machine, record } from './measure.ts';

const { values: options } = parseArgs({
  options: {
    jobs: { type: 'string', default: '10' },
    evaluations: { type: 'string', default: '1000' },
    samples: { type: 'string', default: '100' },
    rounds: { type: 'string', default: '40' },
    /** A folder whose database is filled already is used again. */
    folder: { type: 'string' },
    record: { type: 'boolean', default: false },
  },
});
const jobs = Number(options.jobs);
const evaluations = Number(options.evaluations);
const samples = Number(options.samples);
const rounds = Number(options.rounds);
const limit = 50;
const rows = evaluations * samples;
const idOf = (job: number): string => `tj_bench_${(job % jobs) + 1}`;

/** Every hundredth prediction failed; texts of some hundred characters, as of short questions and answers. */
async function fill(url: string): Promise<void> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    if ((await client.query('select from training_jobs')).rowCount === jobs) return;
    const started = performance.now();
    for (let job = 0; job < jobs; job++) {
      await client.query(
        `insert into training_jobs (job_id, user_id, name, base_model, method, config) values ($1, 'local', $1, 'bench', 'lora',
           jsonb_build_object('predictions', jsonb_build_object('enabled', true, 'sample_count', $2::int)))`,
        [idOf(job), samples],
      );
      await client.query(
        `insert into training_predictions (job_id, user_id, epoch, step, hook, sample_index, sample_id, prompt, ground_truth,
           prediction, error, scores, truth_nll, dtype_rung)
         select $1, 'local', e / 10.0, e * 10, 'step_end', s, 'sample' || s, repeat('What is asked here? ', 15) || s,
           repeat('The truth. ', 10), case when failed then null else repeat('Some words. ', 15) || e end,
           case when failed then 'RuntimeError: expected scalar type Float but found BFloat16' end,
           case when failed then '{}' else jsonb_build_object('exact_match', (e * (s + 1) / 700) % 2, 'chrf', (e + s) % 100 / 100.0) end,
           1.5, 'as_is'
         from generate_series(0, $2::int - 1) as e, generate_series(0, $3::int - 1) as s,
           lateral (select (e * 7 + s) % 100 = 0 as failed) as f order by e, s`,
        [idOf(job), evaluations, samples],
      );
      await client.query(
        `insert into training_evaluations (job_id, step, hook, user_id, epoch, samples, errors, scores)
         select job_id, step, hook, user_id, epoch, count(*), count(error),
           jsonb_build_object('exact_match', jsonb_build_array(count(*) / 2, count(*)))
         from training_predictions where job_id = $1 group by 1, 2, 3, 4, 5`,
        [idOf(job)],
      );
      console.log(`filled job ${job + 1}, ${Math.round((performance.now() - started) / 1000)} s`);
    }
    await client.query('analyze');
  } finally {
    await client.end();
  }
}

const lines: { what: string; p95: number }[] = [];

async function time(what: string, work: (round: number) => Promise<unknown>, count = rounds): Promise<void> {
  const times: number[] = [];
  for (let round = 0; round < count; round++) {
    const started = performance.now();
    await work(round);
    times.push(performance.now() - started);
  }
  times.sort((a, b) => a - b);
  const at = (share: number) => times[Math.min(times.length - 1, Math.floor(share * times.length))]!;
  const ms = (value: number) => value.toFixed(1).padStart(8);
  console.log(`${what.padEnd(52)}${ms(times[0]!)}${ms(at(0.5))}${ms(at(0.95))}${ms(times.at(-1)!)}`);
  lines.push({ what, p95: at(0.95) });
}

/** An epoch, a step and a sample that differ from round to round. */
const place = (round: number) => ({ evaluation: (round * 37) % evaluations, sample: (round * 13) % samples });

const pages: [string, (round: number) => object][] = [
  ['first page', () => ({})],
  ['middle page', () => ({ offset: rows / 2 })],
  ['last page', () => ({ offset: rows - limit })],
  ['of an epoch', (round) => ({ epoch: place(round).evaluation / 10 })],
  ['of a step, last page', (round) => ({ step: place(round).evaluation * 10, offset: samples - limit })],
  ['of a sample', (round) => ({ sample: place(round).sample })],
  ['of a sample, last page', (round) => ({ sample: place(round).sample, offset: evaluations - limit })],
  ['of a sample and an epoch', (round) => ({ sample: place(round).sample, epoch: place(round).evaluation / 10 })],
  ['errors, first page', () => ({ errors: 'true' })],
  ['errors, last page', () => ({ errors: 'true', offset: rows / 100 - limit })],
  ['without errors, middle page', () => ({ errors: 'false', offset: rows / 2 })],
  ['errors of a sample', (round) => ({ sample: place(round).sample, errors: 'true' })],
];

async function measure(db: Database): Promise<void> {
  console.log(`${'ms'.padEnd(52)}   least     p50     p95     max`);
  for (const [what, query] of pages) {
    const asked = (round: number) => predictionQuery.parse({ ...query(round), limit });
    await time(`${limit} predictions, ${what}`, (round) =>
      db.asUser('local', (q) => predictionPage(q, idOf(round), { ...asked(round), limit })),
    );
  }
  const worst = [...lines].sort((a, b) => b.p95 - a.p95)[0]!;
  const few = Math.max(3, Math.floor(rounds / 8));
  const movement = movementQuery.parse({});
  await time('the job with its sums', (round) => db.asUser('local', (q) => selectJob(q, idOf(round))), few);
  await time('its evaluations', (round) => db.asUser('local', (q) => listEvaluations(q, idOf(round))), few);
  await time(
    'how its samples went',
    (round) => db.asUser('local', (q) => sampleMovements(q, idOf(round), movement)),
    few,
  );
  await time('for comparison: the last page by OFFSET, with count(*)', (round) => byOffset(db, idOf(round)), few);
  const line = `pages of ${limit} predictions of ${jobs} jobs x ${rows}: slowest at p95 ${worst.p95.toFixed(1)} ms (${worst.what}); ${lines.map(({ what, p95 }) => `${what} ${p95.toFixed(1)}`).join(', ')}`;
  console.log(`\n${machine()}\n${line}`);
  if (options.record) await record(line);
}

/** What the page is read by where nothing is known of the evaluations. */
const byOffset = (db: Database, id: string): Promise<unknown> =>
  db.asUser('local', async (q) => {
    await q.query('select count(*), count(distinct epoch) from training_predictions where job_id = $1', [id]);
    const sorted = 'order by epoch, step, sample_index limit $2 offset $3';
    return q.query(`select * from training_predictions where job_id = $1 ${sorted}`, [id, limit, rows - limit]);
  });

const folder = options.folder ?? (await mkdtemp(join(tmpdir(), 'assay-bench-training-')));
const log = { debug() {}, info() {}, warn: console.warn, error: console.error };
const server = await startEmbedded({ folder, sharedBuffersMb: 128, startTimeoutMs: 60_000, restartMaxMs: 1000, log });
try {
  await migrate(server.url);
  await fill(server.url);
  const db = openDatabase({ url: server.url, max: 4 });
  await measure(db);
  await db.close();
} finally {
  await server.stop();
  if (options.folder === undefined) await rm(folder, { recursive: true, force: true });
}
