/** How many rows a worker has in flight: the best number searched for, a service's limits, a card that fills up, a slow commit. */

import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Complete } from '../../src/contracts/engine.ts';
import { land } from '../../src/results/land.ts';
import { lines, query } from '../batches/seed.ts';
import { answer, endpoint, openWorkplace, queueBatch, untilStatus, type Workplace, work } from './workplace.ts';

let place: Workplace;
beforeAll(async () => {
  place = await openWorkplace('tuning');
});
afterAll(() => place.end());

/** An engine that works on 16 rows at once without becoming slower for each; `most` is the highest number in flight. */
function engine(): { complete: Complete; most(): number } {
  let running = 0;
  let most = 0;
  return {
    most: () => most,
    async complete(_, request) {
      most = Math.max(most, ++running);
      await sleep(40 * Math.max(1, running / 16));
      running -= 1;
      request.received?.(100);
      return answer();
    },
  };
}

const tuned = { on: endpoint({ concurrency: 2, maxConcurrency: 64 }), limits: { tuneWindowMs: 400, landRows: 200 } };

const kept = async () =>
  (
    await query<{ concurrency: number }>(
      place,
      `select concurrency from tuned_cards where model_id = 'm' and card = ''`,
    )
  )[0]?.concurrency ?? null;

test('the best number is found, kept, and begun with', async () => {
  const first = engine();
  const id = await queueBatch(place, lines(1500));
  const worker = await work(place, { ...tuned, complete: first.complete });
  await untilStatus(place, id, 'completed');
  await expect.poll(kept).not.toBeNull();
  await worker.stop();
  const best = (await kept())!;
  expect(best).toBeGreaterThanOrEqual(8);
  expect(best).toBeLessThan(48);
  expect(first.most()).toBeLessThanOrEqual(64);

  const second = engine();
  const again = await queueBatch(place, lines(Math.floor(best)));
  const next = await work(place, { ...tuned, complete: second.complete });
  await untilStatus(place, again, 'completed');
  await next.stop();
  expect(second.most()).toBeGreaterThan(2);
});

test('a model that states its concurrency keeps to it', async () => {
  const fixed = engine();
  const id = await queueBatch(place, lines(200));
  const worker = await work(place, { ...tuned, on: endpoint({ concurrency: 3 }), complete: fixed.complete });
  await untilStatus(place, id, 'completed');
  await worker.stop();
  expect(fixed.most()).toBe(3);
});

test('what a service allows a minute is kept to, by what rows really take', async () => {
  const sent: number[] = [];
  let allowed = 5;
  const id = await queueBatch(place, lines(12));
  const worker = await work(place, {
    complete: async () => answer(),
    rateLimit: () => ({
      waitMs: (tokens) => (sent.length < allowed ? 0 : tokens > 0 ? 30 : Number.NaN),
      spent(tokens) {
        const at = sent.push(tokens) - 1;
        return (really) => void (sent[at] = really);
      },
    }),
  });
  await expect.poll(() => sent.filter((tokens) => tokens === 15)).toHaveLength(5);
  allowed = 100;
  const batch = await untilStatus(place, id, 'completed');
  await worker.stop();
  expect(batch.request_counts.completed).toBe(12);
  expect(sent).toHaveLength(12);
});

test('while a card fills up fewer rows are in flight, one at least', async () => {
  let share = 0.5;
  let running = 0;
  const most: number[] = [0, 0];
  let ended = 0;
  const id = await queueBatch(place, lines(60));
  const worker = await work(place, {
    on: endpoint({ concurrency: 8 }),
    pressure: () => () => share,
    async complete() {
      const phase = share === 0.5 ? 0 : 1;
      most[phase] = Math.max(most[phase]!, ++running);
      await sleep(5);
      running -= 1;
      if (++ended === 30) share = 0.1;
      return answer();
    },
  });
  await untilStatus(place, id, 'completed');
  await worker.stop();
  expect(most[0]).toBe(4);
  // Those in flight when it fell may still end.
  expect(most[1]).toBeLessThanOrEqual(4);
  expect(ended).toBe(60);
});

test('while nothing can be committed no more rows are started, for they would all run again after a kill', async () => {
  let started = 0;
  let free: () => void = () => undefined;
  const stuck = new Promise<void>((resolve) => (free = resolve));
  const id = await queueBatch(place, lines(600));
  const worker = await work(place, {
    on: endpoint({ concurrency: 4 }),
    limits: { landRows: 1000 },
    async complete() {
      started += 1;
      await sleep(10);
      return answer();
    },
    async land(group) {
      if (started > 20) await stuck;
      return land(place.db, group);
    },
  });
  await expect.poll(() => started).toBeGreaterThan(20);
  await sleep(1500);
  const then = started;
  free();
  await untilStatus(place, id, 'completed');
  await worker.stop();
  expect(then).toBeLessThan(150);
  expect(started).toBe(600);
});
