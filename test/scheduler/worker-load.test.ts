/** A vLLM that is full, puts requests back, or counts what its prefix cache saved: what its worker does about it. */

import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { batchMetrics } from '../../src/batches/metrics.ts';
import { keepPrefixCounts } from '../../src/batches/prefix-counts.ts';
import { type Complete, EngineFailure } from '../../src/contracts/engine.ts';
import { gaugeOf } from '../../src/engines/gauge.ts';
import type { Capacity } from '../../src/scheduler/capacity.ts';
import { lines } from '../batches/seed.ts';
import type { FakeEngine } from '../harness/fake-engine.ts';
import { startFakeVllm } from '../harness/fake-vllm.ts';
import { boundless } from './boundless.ts';
import { answer, endpoint, openWorkplace, queueBatch, until, untilStatus, type Workplace, work } from './workplace.ts';

let place: Workplace;
let vllm: FakeEngine;
const now = { kv: 0.1, waiting: 0, preemptions: 0, queries: 5000, hits: 100 };
beforeAll(async () => {
  place = await openWorkplace('load');
  vllm = await startFakeVllm({
    metrics: () => `vllm:num_requests_waiting{engine="0"} ${now.waiting}
vllm:kv_cache_usage_perc{engine="0"} ${now.kv}
vllm:num_preemptions_total{engine="0"} ${now.preemptions}
vllm:prefix_cache_queries_total{engine="0"} ${now.queries}
vllm:prefix_cache_hits_total{engine="0"} ${now.hits}
`,
  });
});
// Also after a test that failed: its worker would take the rows of the next.
afterEach(async () => {
  await Promise.all(place.workers.splice(0).map((worker) => worker.stop()));
});
afterAll(async () => {
  await vllm.close();
  await place.end();
});

/** As worker-room.ts puts it together. */
const capacity = (): Capacity => ({
  ...boundless,
  load: (at) => () => gaugeOf(at),
  keepPrefix: ({ userId, batchId }, rose) => place.db.asUser(userId, (q) => keepPrefixCounts(q, batchId, rose)),
});
const on = () => endpoint({ engine: 'vllm', baseUrl: vllm.url, concurrency: 8 });

/** Answers 10 tokens after `ms` without a word of cached ones; counts as vLLM does, 6 of 10 found. */
function counting(ms: number) {
  const state = { running: 0, most: 0, ended: 0 };
  const complete: Complete = async () => {
    state.most = Math.max(state.most, ++state.running);
    now.queries += 10;
    now.hits += 6;
    await sleep(ms);
    state.running -= 1;
    state.ended += 1;
    return answer({ usage: { prompt: 10, completion: 5, cached: null, reasoning: 0 } });
  };
  return { state, complete };
}

const saved = async (batchId: string) => {
  const deps = { db: place.db, now: () => null, waiting: () => null };
  const { prefix, tokens } = await batchMetrics(deps, 'local', batchId);
  return [prefix.saved, tokens.cached];
};

test('no new rows while its cache is full and requests wait in it; on when there is room', async () => {
  const { state, complete } = counting(40);
  const id = await queueBatch(place, lines(120));
  Object.assign(now, { kv: 0.97, waiting: 3 });
  const worker = await work(place, { on: on(), complete, capacity: capacity() });
  await until(() => state.ended >= 4, 'some rows end');
  expect(state.most).toBe(1);
  Object.assign(now, { kv: 0.97, waiting: 0 });
  await until(() => state.most === 8, 'all places are taken');
  await untilStatus(place, id, 'completed');
  await worker.stop();
});

test('what its cache saved is told by its counters, where its answers do not tell', async () => {
  const { complete } = counting(15);
  const id = await queueBatch(place, lines(60));
  const worker = await work(place, { on: on(), complete, capacity: capacity() });
  await untilStatus(place, id, 'completed');
  await until(async () => (await saved(id))[0] !== null, 'the share is known');
  expect(await saved(id)).toEqual([0.6, 360]);
  await worker.stop();
});

test('it stays unknown where others use the engine too, and where two batches run at once', async () => {
  const other = counting(15);
  const id = await queueBatch(place, lines(60));
  const worker = await work(place, {
    on: on(),
    capacity: capacity(),
    async complete(at, request) {
      now.queries += 4;
      now.hits += 4;
      return other.complete(at, request);
    },
  });
  await untilStatus(place, id, 'completed');
  const both = [await queueBatch(place, lines(40)), await queueBatch(place, lines(40))];
  for (const one of both) await untilStatus(place, one, 'completed');
  await worker.stop();
  await sleep(500);
  for (const one of [id, ...both]) expect(await saved(one)).toEqual([null, null]);
});

test('no more tokens are in flight than a card was seen to hold, and its number of rows is its own', async () => {
  const { state, complete } = counting(10);
  const told: number[] = [];
  const asked: string[] = [];
  const id = await queueBatch(place, lines(60));
  const worker = await work(place, {
    on: endpoint({ concurrency: 2, maxConcurrency: 16 }),
    complete,
    limits: { answerTokens: 100, loadMs: 20 },
    async bestConcurrency(_, { card }) {
      asked.push(card);
      return 16;
    },
    capacity: {
      ...boundless,
      card: () => ({
        name: () => 'NVIDIA L40S',
        ceiling: () => 500,
        holds: (tokens) => void told.push(tokens),
        outOfMemory: () => undefined,
      }),
    },
  });
  await untilStatus(place, id, 'completed');
  await worker.stop();
  expect(asked).toEqual(['NVIDIA L40S']);
  // Prompts of 10 characters and answers of 100 tokens, until those of 5 have told.
  expect(Math.max(...told)).toBeLessThanOrEqual(500);
  expect(Math.max(...told)).toBeGreaterThan(0);
  expect(state.most).toBeGreaterThanOrEqual(4);
});

test('an engine that runs out of memory tells the watch of its card', async () => {
  const full: number[] = [];
  let failed = false;
  const id = await queueBatch(place, lines(12));
  const worker = await work(place, {
    on: endpoint({ concurrency: 4 }),
    async complete() {
      await sleep(10);
      if (failed) return answer();
      failed = true;
      throw new EngineFailure('engine_error', 'CUDA error: out of memory', { status: 500 });
    },
    capacity: {
      ...boundless,
      card: () => ({
        name: () => 'NVIDIA L40S',
        ceiling: () => null,
        holds: () => undefined,
        outOfMemory: (tokens) => void full.push(tokens),
      }),
    },
  });
  await untilStatus(place, id, 'completed');
  await worker.stop();
  expect(full).toHaveLength(1);
  expect(full[0]).toBeGreaterThan(4 * 512);
});

test('requests put back: fewer rows in flight', async () => {
  const { state, complete } = counting(250);
  await queueBatch(place, lines(80), { userId: 'other' });
  const worker = await work(place, { on: on(), complete, capacity: capacity() });
  await until(() => state.most === 8, 'all places are taken');
  now.preemptions += 2;
  await sleep(600);
  state.most = 0;
  await sleep(250);
  await worker.stop();
  expect(state.most).toBeGreaterThanOrEqual(5);
  expect(state.most).toBeLessThanOrEqual(7);
});
