/**
 * What a chunk's claim costs with many rows and workers: `--rows` real rows in `requests` (made by one SQL generator, bodies
 * of 200 characters) and their chunks (cut and queued by the product), of which `--workers` simulated workers in
 * `--processes` processes take, lease, beat and complete some, `--rate` a second in all. Nothing is asked of an engine and
 * nothing landed. The database is its own, made and dropped: about 0.4 GB a million rows.
 * `node bench/claims.ts [--rows 1000000] [--chunk-rows 250] [--workers 16] [--processes 4] [--rate 64] [--seconds 60]
 * [--plain] [--record]`: --plain takes by the queue's order alone, without affinity. ASSAY_TEST_DATABASE_URL names a PostgreSQL; else the local or the embedded one is used.
 */

import { fork } from 'node:child_process';
import { once } from 'node:events';
import { statfs } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { Client } from 'pg';
import { type Database, openDatabase } from '../src/db/database.ts';
import { cutChunks } from '../src/scheduler/cut.ts';
import { openQueue, queueName } from '../src/scheduler/queue.ts';
import { freshDatabase, silentLog } from '../test/harness/database.ts';
import type { Claim, Orders } from './claims-workers.ts';
import { machine, record } from './measure.ts';

const { values } = parseArgs({
  options: {
    rows: { type: 'string', default: '1000000' },
    'chunk-rows': { type: 'string', default: '250' },
    workers: { type: 'string', default: '16' },
    processes: { type: 'string', default: '4' },
    rate: { type: 'string', default: '64' },
    seconds: { type: 'string', default: '60' },
    plain: { type: 'boolean', default: false },
    record: { type: 'boolean', default: false },
  },
});
const rows = Number(values.rows);
const workers = Number(values.workers);
const model = 'm';
const batch = { batchId: 'batch_claims', userId: 'local', model, queue: queueName('local', model) };
/** Measured, with indexes and the log of changes. */
const bytesOfRow = 400;
/** Rows made with one statement. */
const rowsAtOnce = 500_000;
const limitMs = 5;

/** A batch in progress with its rows. */
async function makeRows(url: string): Promise<void> {
  const client = new Client({ connectionString: url });
  await client.connect();
  await client.query(
    `insert into batches (batch_id, user_id, endpoint, model, input_file_id, completion_window, status, output_file_id,
       error_file_id, in_progress_at, expires_at, total)
     values ($1, $2, '/v1/chat/completions', $3, 'file-in', '24h', 'in_progress', 'file-out', 'file-err', now(),
       now() + interval '1 day', $4)`,
    [batch.batchId, batch.userId, model, rows],
  );
  for (let from = 1; from <= rows; from += rowsAtOnce) {
    await client.query(
      `insert into requests (batch_id, line, user_id, custom_id, prefix_key, prompt_chars, body)
       select $1, line, $2, 'row-' || line, decode(lpad(to_hex(line), 8, '0'), 'hex'), 120,
         '{"model":"m","messages":[{"role":"user","content":"' || rpad('Case ' || line || ': ', 145, 'ore ') || '"}]}'
       from generate_series($3::integer, $4::integer) as line`,
      [batch.batchId, batch.userId, from, Math.min(rows, from + rowsAtOnce - 1)],
    );
  }
  await client.query('vacuum (analyze) requests');
  await client.end();
}

/** Chunks and jobs, made as an intake makes them. */
async function makeChunks(url: string, db: Database): Promise<number> {
  const size = Number(values['chunk-rows']);
  const sizes = { seconds: 5, minRows: size, maxRows: size, maxChars: Number.MAX_SAFE_INTEGER };
  const lines = new Int32Array(rows).map((_, i) => i + 1);
  await db.asUser(batch.userId, (q) => cutChunks(q, batch, { lines, chars: new Int32Array(rows), sizes }));
  const queue = await openQueue({ url, db, supervise: false, heartbeatSeconds: 10, log: silentLog });
  const jobs = await queue.fill(batch.batchId);
  await queue.stop();
  const client = new Client({ connectionString: url });
  await client.connect();
  await client.query('vacuum (analyze) chunks');
  await client.query('vacuum (analyze) pgboss.job');
  await client.end();
  return jobs;
}

async function claimAll(url: string): Promise<Claim[]> {
  const processes = Math.min(workers, Number(values.processes));
  const everyMs = (workers / Number(values.rate)) * 1000;
  const numbers = Array.from({ length: workers }, (_, number) => number);
  const program = fileURLToPath(new URL('./claims-workers.ts', import.meta.url));
  const parts = Array.from({ length: processes }, async (_, part) => {
    const child = fork(program, [], { execArgv: [] });
    const own = numbers.filter((number) => number % processes === part);
    const orders: Orders = {
      url,
      queue: batch.queue,
      workers: own,
      everyMs,
      seconds: Number(values.seconds),
      plain: values.plain,
    };
    child.send(orders);
    const ended = once(child, 'exit').then(([code]) => Promise.reject(new Error(`workers ended with ${code}`)));
    ended.catch(() => undefined);
    const [claims] = (await Promise.race([once(child, 'message'), ended])) as [Claim[]];
    return claims;
  });
  return (await Promise.all(parts)).flat();
}

/** "p50 1.2, p95 3.4, p99 5.6 ms", and the second of them. */
function percentiles(times: number[]): { text: string; p95: number } {
  const sorted = times.toSorted((a, b) => a - b);
  const at = (share: number): number => sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))]!;
  return {
    text: `p50 ${at(0.5).toFixed(1)}, p95 ${at(0.95).toFixed(1)}, p99 ${at(0.99).toFixed(1)} ms`,
    p95: at(0.95),
  };
}

process.once('SIGINT', () => process.exit(130));
console.log(machine());
const { bavail, bsize } = await statfs(tmpdir());
if (bavail * bsize < 2 * rows * bytesOfRow)
  throw new Error(
    `${rows} rows need about ${((rows * bytesOfRow) / 1e9).toFixed(1)} GB of disk, and as much again free`,
  );
const fresh = await freshDatabase('claims');
try {
  const started = performance.now();
  const db = openDatabase({ url: fresh.url, max: 2 });
  await makeRows(fresh.url);
  const chunks = await makeChunks(fresh.url, db);
  const { rows: sizes } = await db.asSystem((q) =>
    q.query<{ bytes: string }>('select pg_database_size(current_database()) as bytes'),
  );
  await db.close();
  const gigabytes = (Number(sizes[0]!.bytes) / 1e9).toFixed(1);
  const making = ((performance.now() - started) / 1000).toFixed(0);
  console.log(`${rows} rows in ${chunks} chunks, ${gigabytes} GB, made in ${making} s`);
  const claims = await claimAll(fresh.url);
  const take = percentiles(claims.map(({ takeMs }) => takeMs));
  const lease = percentiles(claims.map(({ leaseMs }) => leaseMs));
  const line =
    `claims${values.plain ? ' without affinity' : ''}, ${rows} rows in ${chunks} chunks of ${values['chunk-rows']}, ${workers} workers, ${values.rate} claims a second asked for ` +
    `(${(claims.length / Number(values.seconds)).toFixed(0)} counted), database of ${gigabytes} GB: taking a chunk ${take.text} ` +
    `(limit ${limitMs} ms at p95${take.p95 > limitMs ? ', MISSED' : ''}); leasing it and reading its rows ${lease.text}; ` +
    `both ${percentiles(claims.map(({ takeMs, leaseMs }) => takeMs + leaseMs)).text}; ${claims.length} claims`;
  console.log(line);
  if (values.record) await record(line);
} finally {
  await fresh.drop();
}
