/** 25 random SIGKILLs during a batch of 5,000 rows: after each, the same start command, and nothing is lost or doubled. */

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { chatLines, getBatch, readLines, readRows, submit, waitFor, waitForBatch } from '../harness/batches.ts';
import { type CountingUpstream, startCountingUpstream, writeModelsFile } from '../harness/counting-upstream.ts';
import { pickFrom, seededRandom, shuffled } from '../harness/random.ts';
import { type RunningAssay, startAssay } from '../harness/server.ts';

const rows = 5000;
const concurrency = 16;

/** What is killed: processes by their role, all of them at once, the remote engine, or a start in its middle. */
const plan = [
  ...Array.from({ length: 6 }, () => 'all' as const),
  ...Array.from({ length: 4 }, () => 'server' as const),
  ...Array.from({ length: 4 }, () => 'worker' as const),
  ...Array.from({ length: 4 }, () => 'database' as const),
  ...Array.from({ length: 2 }, () => 'engine' as const),
  ...Array.from({ length: 2 }, () => 'worker and database' as const),
  ...Array.from({ length: 3 }, () => 'all, and the start after it' as const),
];
type Kill = (typeof plan)[number];

async function strike(kill: Kill, on: { server: RunningAssay; upstream: CountingUpstream; random: () => number }) {
  const { server, upstream } = on;
  switch (kill) {
    case 'all':
      return server.killGroup();
    case 'server':
    case 'worker':
    case 'database':
      await server.killOnly(kill);
      return;
    case 'worker and database':
      await Promise.all([server.killOnly('worker'), server.killOnly('database')]);
      return;
    case 'engine':
      return upstream.refuse(0.5);
    case 'all, and the start after it':
      await server.killGroup();
      await server.interruptedStart(50 + on.random() * 1500);
  }
}

test('25 random kills during a batch of 5,000 rows', { timeout: 400_000 }, async () => {
  const seed = Number(process.env.ASSAY_CHAOS_SEED ?? Date.now() % 1_000_000);
  console.log(`kill.test.ts: ASSAY_CHAOS_SEED=${seed}`);
  const random = seededRandom(seed);
  const folder = await mkdtemp(join(tmpdir(), 'assay-chaos-'));
  await using upstream = await startCountingUpstream();
  await upstream.behave(null, { kind: 'answer', delayMs: 30 });
  const models = await writeModelsFile(join(folder, 'models.yaml'), { counting: { url: upstream.url, concurrency } });
  await using server = await startAssay({ env: { ASSAY_MODELS: models } });
  const batch = await submit(server, chatLines(rows, { model: 'counting' }));

  const struck: { at: number; sent: number }[] = [];
  const kills = shuffled(plan, random);
  for (const [i, kill] of kills.entries()) {
    const from = ((i + 0.2 + 0.6 * random()) * rows) / (kills.length + 1);
    await waitFor(
      () => upstream.counts(),
      (counts) => counts.distinct >= from,
      { timeoutMs: 60_000, everyMs: 10, what: `row ${Math.floor(from)} sent, after ${i} kills` },
    );
    const at = Date.now();
    await strike(kill, { server, upstream, random });
    const { distinct, extra } = await upstream.counts();
    struck.push({ at, sent: distinct });
    console.log(`kill ${i + 1}: ${kill}; ${distinct} rows sent, ${extra} of them again`);
    if (!server.alive()) await server.restart();
  }

  const ended = await waitForBatch(server, batch.id, 120_000);
  expect(ended).toMatchObject({
    status: 'completed',
    request_counts: { total: rows, completed: rows, failed: 0 },
    error_file_id: null,
  });
  const ids = (await readLines(server, ended.output_file_id)).map((line) => line.custom_id);
  expect(ids).toEqual(Array.from({ length: rows }, (_, i) => `row-${i}`));
  const { total, extra } = await upstream.counts();
  const onTheirWay = await rowsOnTheirWay(server, batch.id, struck);
  console.log(`${extra} rows sent twice; ${onTheirWay.join(' + ')} were on their way at the kills`);
  expect(total).toBe(rows + extra);
  expect(extra).toBeLessThanOrEqual(onTheirWay.reduce((sum, n) => sum + n, 0));
  expect(extra).toBeLessThanOrEqual(kills.length * 2 * concurrency);
  await server.stop();
  await rm(folder, { recursive: true, force: true });
});

/** Rows in flight at each kill: sent by then, and not committed by then. */
async function rowsOnTheirWay(server: RunningAssay, id: string, struck: { at: number; sent: number }[]) {
  const committed = (await readRows(server, id)).map((row) => (row.finished_at as number) * 1000);
  return struck.map(({ at, sent }) => sent - committed.filter((time) => time < at).length);
}

test('5 kills during a batch through a real model, its engine among them', { timeout: 400_000 }, async () => {
  const seed = Number(process.env.ASSAY_CHAOS_SEED ?? Date.now() % 1_000_000);
  console.log(`kill.test.ts: ASSAY_CHAOS_SEED=${seed}`);
  const random = seededRandom(seed);
  const count = 28;
  await using server = await startAssay();
  const topics = ['tin', 'iron', 'gold', 'salt', 'clay'];
  const lines = Array.from({ length: count }, (_, i) => {
    const content = `Write one short sentence about ${pickFrom(topics, random)}, number ${i}.`;
    const body = { model: 'smollm2-135m', max_tokens: 8, messages: [{ role: 'user', content }] };
    return JSON.stringify({ custom_id: `real-${i}`, method: 'POST', url: '/v1/chat/completions', body });
  });
  const batch = await submit(server, lines);
  const done = (): Promise<number> => getBatch(server, batch.id).then((b) => b.request_counts.completed);
  let seen = 0;
  let before: string | null = null;
  for (const kill of shuffled(['engine', 'all', 'engine', 'server', 'worker'] as const, random)) {
    // Rows in flight when their engine dies run alone first; the next kill waits until those are through.
    const from = seen + (before === null ? 2 : before === 'engine' ? 6 : 3);
    seen = await waitFor(done, (n) => n >= from, { timeoutMs: 180_000, everyMs: 50, what: `${from} rows done` });
    before = kill;
    await sleep(random() * 200);
    console.log(`kill: ${kill}, ${seen} rows done`);
    if (kill === 'all') await server.killGroup();
    else expect(await server.killOnly(kill)).toBe(true);
    if (!server.alive()) await server.restart();
  }
  const ended = await waitForBatch(server, batch.id, 240_000);
  expect(ended).toMatchObject({ status: 'completed', request_counts: { total: count, completed: count, failed: 0 } });
  const output = await readLines(server, ended.output_file_id);
  expect(output.map((line) => line.custom_id)).toEqual(Array.from({ length: count }, (_, i) => `real-${i}`));
  expect(ended.usage!.output_tokens).toBeGreaterThan(count);
});
