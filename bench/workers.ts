/**
 * How a batch speeds up with workers: 1, 2 and 4 `assay worker` processes on one PostgreSQL, each 64 rows in flight against an
 * upstream that answers after 50 ms; with the database's cost of a row. `node bench/workers.ts [--rows 20000] [--counts 1,2,4]
 * [--delay 50] [--concurrency 64] [--record]`. ASSAY_TEST_DATABASE_URL names a PostgreSQL; else the embedded one is used. Linux.
 */

import { readdirSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { Client } from 'pg';
import { createBatch, getMetrics, uploadInput, waitForBatch, writeChatFile } from '../test/harness/batches.ts';
import { startCountingUpstream, writeModelsFile } from '../test/harness/counting-upstream.ts';
import { databaseOf, startFleet } from '../test/harness/fleet.ts';
import { startAssay } from '../test/harness/server.ts';
import { machine, record } from './measure.ts';

const { values } = parseArgs({
  options: {
    rows: { type: 'string', default: '20000' },
    counts: { type: 'string', default: '1,2,4' },
    delay: { type: 'string', default: '50' },
    concurrency: { type: 'string', default: '64' },
    record: { type: 'boolean', default: false },
  },
});
const rows = Number(values.rows);
const concurrency = Number(values.concurrency);

/** Seconds of processor time that all processes of PostgreSQL, and all of this machine, have used. */
function processorSeconds(): { postgres: number; all: number } {
  let ticks = 0;
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    try {
      const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
      if (!/^\d+ \(postgres/.test(stat)) continue;
      const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
      // With the time of those that have ended, as their parent counts it.
      for (const field of [11, 12, 13, 14]) ticks += Number(fields[field]);
    } catch {
      // It has ended meanwhile.
    }
  }
  const used = cpus().reduce((sum, { times }) => sum + times.user + times.sys + times.nice, 0);
  return { postgres: ticks / 100, all: used / 1000 };
}

async function walBytes(url: string): Promise<number> {
  const client = new Client({ connectionString: url });
  await client.connect();
  const { rows: found } = await client.query<{ bytes: string }>(
    `select pg_wal_lsn_diff(pg_current_wal_insert_lsn(), '0/0') as bytes`,
  );
  await client.end();
  return Number(found[0]!.bytes);
}

process.once('SIGINT', () => process.exit(130));
const folder = await mkdtemp(join(tmpdir(), 'assay-bench-'));
await using upstream = await startCountingUpstream();
const models = await writeModelsFile(join(folder, 'models.yaml'), { counting: { url: upstream.url, concurrency } });
await using server = await startAssay({
  args: ['--no-worker'],
  env: { ASSAY_MODELS: models, ASSAY_LOG_LEVEL: 'warn', ASSAY_CHUNK_MAX_ROWS: '200' },
});
const url = await databaseOf(server);
const input = join(folder, 'input.jsonl');
await writeChatFile(input, rows, { model: 'counting' });

console.log(`${machine()}\n${rows} rows, ${concurrency} in flight each, upstream answers after ${values.delay} ms`);
const speeds: number[] = [];
const told: string[] = [];
for (const count of values.counts.split(',').map(Number)) {
  await using _fleet = await startFleet(count, () => ({ DATABASE_URL: url, ASSAY_MODELS: models }));
  const run = async () => {
    await upstream.reset();
    await upstream.behave(null, { kind: 'answer', delayMs: Number(values.delay) });
    const before = { ...processorSeconds(), wal: await walBytes(url), at: performance.now() };
    const batch = await createBatch(server, await uploadInput(server, { path: input }));
    await waitForBatch(server, batch.id, 600_000);
    const { run_seconds } = await getMetrics(server, batch.id);
    const { total } = await upstream.counts();
    if (total !== rows) throw new Error(`the upstream was asked ${total} times for ${rows} rows`);
    const after = processorSeconds();
    const seconds = (performance.now() - before.at) / 1000;
    return {
      speed: rows / run_seconds!,
      databaseMs: ((after.postgres - before.postgres) / rows) * 1000,
      wal: ((await walBytes(url)) - before.wal) / rows,
      busy: (after.all - before.all) / seconds / cpus().length,
    };
  };
  // The first tells the model's speed, by which chunks are cut.
  await run();
  const { speed, databaseMs, wal, busy } = await run();
  speeds.push(speed / count);
  const share = `${((100 * speeds.at(-1)!) / speeds[0]!).toFixed(0)} % of linear`;
  told.push(`${count} workers ${speed.toFixed(0)} rows/s (${share}, processor ${(100 * busy).toFixed(0)} % busy)`);
  console.log(
    `${told.at(-1)}; database ${databaseMs.toFixed(3)} ms of processor and ${wal.toFixed(0)} bytes of WAL a row`,
  );
}
const line = `workers, ${rows} rows, ${concurrency} in flight each, upstream ${values.delay} ms: ${told.join('; ')}`;
console.log(line);
if (values.record) await record(line);
await rm(folder, { recursive: true, force: true });
