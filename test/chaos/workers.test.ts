/** Four workers on one PostgreSQL: any of them, or PostgreSQL itself, killed or paused in mid-batch; nothing lost or doubled. */

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client } from 'pg';
import { expect, test } from 'vitest';
import type { Batch } from '../../src/contracts/openai-batch.ts';
import { startEmbedded } from '../../src/db/embedded.ts';
import { embeddedOptions } from '../db/options.ts';
import { chatLines, readLines, submit, waitFor, waitForBatch } from '../harness/batches.ts';
import { type CountingUpstream, startCountingUpstream, writeModelsFile } from '../harness/counting-upstream.ts';
import { realServerUrl } from '../harness/database.ts';
import { databaseOf, type FleetMember, startFleet } from '../harness/fleet.ts';
import { pickFrom, seededRandom, shuffled } from '../harness/random.ts';
import { type RunningAssay, startAssay } from '../harness/server.ts';

const concurrency = 8;
/** A dead worker's chunks are with others within this: the heartbeat of 10 s, and looks at it. */
const takenOverMs = 15_000;
const onItsWayMs = 1000;
const pauseSeconds = Number(process.env.ASSAY_CHAOS_PAUSE_SECONDS ?? 25);

const seed = Number(process.env.ASSAY_CHAOS_SEED ?? Date.now() % 1_000_000);
console.log(`workers.test.ts: ASSAY_CHAOS_SEED=${seed}`);

/** A server that runs no rows, and what its workers need; `owner` is a connection for questions. */
async function openPlace(databaseUrl: string | null) {
  const folder = await mkdtemp(join(tmpdir(), 'assay-workers-'));
  const upstream = await startCountingUpstream();
  const modelsFor = (name: string, on: CountingUpstream) =>
    writeModelsFile(join(folder, `${name}.yaml`), { counting: { url: on.url, concurrency } });
  const models = await modelsFor('models', upstream);
  const server = await startAssay({
    ...(databaseUrl === null ? {} : { databaseUrl }),
    args: ['--no-worker'],
    // Chunks grow where the speed of a model is not known: these stay small enough to go round.
    env: { ASSAY_MODELS: models, ASSAY_CHUNK_MAX_ROWS: '40' },
  });
  const url = await databaseOf(server);
  const ask = async <T>(sql: string, values: unknown[]): Promise<T[]> => {
    const client = new Client({ connectionString: url });
    await client.connect();
    try {
      return (await client.query(sql, values)).rows as T[];
    } finally {
      await client.end();
    }
  };
  return {
    upstream,
    server,
    modelsFor,
    ask,
    env: { DATABASE_URL: url, ASSAY_MODELS: models },
    async [Symbol.asyncDispose]() {
      await server.remove();
      await upstream.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function expectWhole(server: RunningAssay, batch: Batch, rows: number): Promise<void> {
  expect(batch).toMatchObject({
    status: 'completed',
    request_counts: { total: rows, completed: rows, failed: 0 },
    error_file_id: null,
  });
  const ids = (await readLines(server, batch.output_file_id)).map((line) => line.custom_id);
  expect(ids).toEqual(Array.from({ length: rows }, (_, i) => `row-${i}`));
}

const kills = ['worker', 'worker', 'worker, for good', 'database', 'database', 'worker and database'] as const;

test('kills of workers and of PostgreSQL during a batch of 4,000 rows', { timeout: 240_000 }, async () => {
  const rows = 4000;
  const random = seededRandom(seed);
  const folder = await mkdtemp(join(tmpdir(), 'assay-workers-db-'));
  const database = await startEmbedded(embeddedOptions(folder));
  try {
    await using place = await openPlace(database.url);
    const { upstream, server } = place;
    await upstream.behave(null, { kind: 'answer', delayMs: 100 });
    await using fleet = await startFleet(4, () => place.env);
    const batch = await submit(server, chatLines(rows, { model: 'counting' }));
    for (const [i, kill] of shuffled([...kills], random).entries()) {
      const from = ((i + 0.2 + 0.6 * random()) * rows) / (kills.length + 1);
      await waitFor(
        () => upstream.counts(),
        (counts) => counts.distinct >= from,
        { timeoutMs: 60_000, everyMs: 10, what: `row ${Math.floor(from)} sent, after ${i} kills` },
      );
      const victim = pickFrom(
        fleet.members.filter((member) => member.alive()),
        random,
      );
      if (kill.includes('database')) process.kill(database.pid()!, 'SIGKILL');
      if (kill.includes('worker')) await victim.kill();
      if (kill.includes('worker') && kill !== 'worker, for good') await victim.restart();
      const { distinct, extra } = await upstream.counts();
      console.log(`kill ${i + 1}: ${kill}; ${distinct} rows sent, ${extra} of them again`);
    }
    await expectWhole(server, await waitForBatch(server, batch.id, 120_000), rows);
    const { total, extra } = await upstream.counts();
    console.log(`${extra} rows sent twice`);
    expect(total).toBe(rows + extra);
    // What was on its way: rows at the engine, and answers that waited for their commit, of all workers where the database died.
    expect(extra).toBeLessThanOrEqual(kills.length * 4 * 2 * concurrency);
  } finally {
    await database.stop();
    await rm(folder, { recursive: true, force: true });
  }
});

/** A worker whose engine is one of its own, and three others; ms that the engines take for an answer. */
async function besideOthers(place: Awaited<ReturnType<typeof openPlace>>, delayMs: { own: number; others: number }) {
  const own = await startCountingUpstream();
  await own.behave(null, { kind: 'answer', delayMs: delayMs.own });
  await place.upstream.behave(null, { kind: 'answer', delayMs: delayMs.others });
  const models = await place.modelsFor('own', own);
  const fleet = await startFleet(4, (i) => ({ ...place.env, ...(i === 0 ? { ASSAY_MODELS: models } : {}) }));
  return {
    own,
    victim: fleet.members[0]!,
    async [Symbol.asyncDispose]() {
      await fleet[Symbol.asyncDispose]();
      await own.stop();
    },
  };
}

interface Held {
  chunk_id: string;
  epoch: number;
}

const heldBy = (place: Awaited<ReturnType<typeof openPlace>>, victim: FleetMember, batch: Batch) =>
  place.ask<Held>(`select chunk_id, epoch from chunks where batch_id = $1 and state = 'open' and worker_id = $2`, [
    batch.id,
    victim.workerId,
  ]);

/** Those of the rows that have no result yet. */
async function unfinished(place: Awaited<ReturnType<typeof openPlace>>, batch: Batch, ids: string[]) {
  const rows = await place.ask<{ custom_id: string }>(
    `select custom_id from unnest($2::text[]) as custom_id
     where not exists (select from results r where r.batch_id = $1 and r.custom_id = custom_id.custom_id)`,
    [batch.id, ids],
  );
  return rows.map((row) => row.custom_id);
}

test('the chunks of a killed worker are with others within 15 s', { timeout: 120_000 }, async () => {
  await using place = await openPlace(await realServerUrl());
  await using group = await besideOthers(place, { own: 60_000, others: 20 });
  const { victim, own } = group;
  const rows = 600;
  const batch = await submit(place.server, chatLines(rows, { model: 'counting' }));
  await waitFor(
    () => own.counts(),
    (counts) => counts.inFlight === concurrency,
    { timeoutMs: 30_000, everyMs: 10, what: 'rows at its engine' },
  );
  const held = await heldBy(place, victim, batch);
  expect(held.length).toBeGreaterThan(0);
  const at = Date.now();
  await victim.kill();
  await expectWhole(place.server, await waitForBatch(place.server, batch.id), rows);
  const ms = Date.now() - at;
  console.log(`${held.length} chunks of a killed worker were taken over and the batch was done after ${ms} ms`);
  expect(ms).toBeLessThan(takenOverMs);
});

test('a paused worker writes nothing that it no longer owns', { timeout: 90_000 + pauseSeconds * 2000 }, async () => {
  await using place = await openPlace(await realServerUrl());
  await using group = await besideOthers(place, { own: 1000, others: 400 });
  const { victim, own } = group;
  const rows = 60 * (pauseSeconds + 15);
  const batch = await submit(place.server, chatLines(rows, { model: 'counting' }));
  await waitFor(
    () => own.counts(),
    (counts) => counts.total > 3 * concurrency && counts.inFlight === concurrency,
    { timeoutMs: 30_000, everyMs: 10, what: 'rows at its engine' },
  );
  victim.signal('SIGSTOP');
  // What it had sent the moment before is in the database by then, of chunks that it owned.
  await sleep(onItsWayMs);
  const stopped = new Date();
  const held = await heldBy(place, victim, batch);
  expect(held.length).toBeGreaterThan(0);
  const inFlight = await unfinished(place, batch, Object.keys(await own.markers()));
  expect(inFlight.length).toBeGreaterThan(0);
  // The others are still at these rows when the worker comes back with its answers to them: only the fence keeps them out.
  for (const row of inFlight) {
    await place.upstream.behave(row, { kind: 'answer', delayMs: pauseSeconds * 1000 });
  }
  await sleep(pauseSeconds * 1000);
  expect(await heldBy(place, victim, batch)).toEqual([]);
  expect(await unfinished(place, batch, inFlight)).toEqual(inFlight);
  const before = (await own.counts()).total;
  victim.signal('SIGCONT');
  const resumed = new Date();
  // It goes on with chunks that it takes anew.
  await waitFor(
    () => own.counts(),
    (counts) => counts.total > before + 2 * concurrency,
    { timeoutMs: 30_000, what: 'rows of the worker after its pause' },
  );
  await expectWhole(place.server, await waitForBatch(place.server, batch.id, 90_000), rows);
  const late = await place.ask<{ owned: boolean }>(
    `select c.worker_id = $2 and c.leased_at > $4 as owned from results r
       join chunks c on c.batch_id = r.batch_id and r.line = any (c.lines)
     where r.batch_id = $1 and r.worker_id = $2 and r.finished_at > $3`,
    [batch.id, victim.workerId, stopped, resumed],
  );
  console.log(`${held.length} chunks lost in the pause; ${late.length} rows written after it, of chunks taken anew`);
  expect(late.length).toBeGreaterThan(0);
  expect(late.filter((row) => !row.owned)).toEqual([]);
});
