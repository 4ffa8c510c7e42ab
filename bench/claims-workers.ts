/** A process of simulated workers for claims.ts: each takes, leases, beats and completes chunks through the product's own queue. */

import { setTimeout as sleep } from 'node:timers/promises';
import { openDatabase } from '../src/db/database.ts';
import { openWalk } from '../src/scheduler/affinity.ts';
import { closeChunks, type Lease, leaseChunks } from '../src/scheduler/leases.ts';
import { type HeldJob, openQueue } from '../src/scheduler/queue.ts';
import { silentLog } from '../test/harness/database.ts';
import { seededRandom } from '../test/harness/random.ts';

/** What the process is told by its parent. */
export interface Orders {
  url: string;
  queue: string;
  /** Numbers of its workers. */
  workers: number[];
  /** Time between two claims of one worker, in ms. */
  everyMs: number;
  seconds: number;
  /** Whether chunks are taken by the queue's order alone, instead of behind the worker's last. */
  plain: boolean;
}

/** Of each claim, in ms; `rows` are those it read. */
export interface Claim {
  takeMs: number;
  leaseMs: number;
  rows: number;
}

/** Chunks that a worker holds: the one it works on, and the next. */
const chunksHeld = 2;
/** As a worker of the product beats. */
const beatMs = 3000;
/** First claims of a worker, which open its connections and prepare its statements, are not counted. */
const firstClaims = 5;

async function work(orders: Orders, number: number): Promise<Claim[]> {
  const db = openDatabase({ url: orders.url, max: 2 });
  const queue = await openQueue({ ...orders, db, supervise: true, heartbeatSeconds: 10, log: silentLog });
  const random = seededRandom(number);
  const walk = orders.plain ? undefined : openWalk();
  const held: { job: HeldJob; lease: Lease }[] = [];
  const claims: Claim[] = [];
  const beat = setInterval(() => {
    const jobs = held.map(({ job }) => job);
    if (jobs.length > 0) void queue.beat(orders.queue, jobs);
  }, beatMs);
  const complete = async (count: number) => {
    const done = held.splice(0, count);
    await closeChunks(
      db,
      done.map(({ lease }) => lease),
    );
    await queue.done(
      orders.queue,
      done.map(({ job }) => job),
    );
  };
  const end = performance.now() + orders.seconds * 1000;
  for (let due = performance.now() + random() * orders.everyMs; due < end; due += orders.everyMs * (0.5 + random())) {
    await sleep(Math.max(0, due - performance.now()));
    const began = performance.now();
    const [job] = await queue.take(orders.queue, 1, walk);
    const taken = performance.now();
    if (job === undefined) break;
    const [chunk] = await leaseChunks(db, `bench-${number}`, [job.id]);
    const leased = performance.now();
    if (chunk === undefined) throw new Error(`${job.id} was taken but could not be leased`);
    held.push({ job, lease: chunk.lease });
    claims.push({ takeMs: taken - began, leaseMs: leased - taken, rows: chunk.rows.length });
    if (held.length > chunksHeld) await complete(1);
  }
  clearInterval(beat);
  await complete(held.length);
  await queue.stop();
  await db.close();
  return claims.slice(firstClaims);
}

process.once('message', async (orders: Orders) => {
  const claims = await Promise.all(orders.workers.map((number) => work(orders, number)));
  process.send!(claims.flat(), () => process.disconnect());
});
