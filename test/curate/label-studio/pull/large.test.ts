/** Tests that a pull of thousands of annotated tasks is quick and small, and that a look which finds nothing is quicker. */

import { afterAll, beforeAll, expect, test } from 'vitest';
import { type FakeLabelStudio, startFakeLabelStudio } from '../../../harness/fake-label-studio.ts';
import { type Bench, openBench, query } from '../../seed.ts';
import { decision, pullBench } from './pull-bench.ts';

let bench: Bench;
let fake: FakeLabelStudio;
beforeAll(async () => {
  bench = await openBench('label_large');
  fake = await startFakeLabelStudio();
});
afterAll(async () => {
  await fake.close();
  await bench.end();
});

const itemsOf = (count: number) =>
  Array.from({ length: count }, (_, n) => ({
    id: `i-${n}`,
    answers: { 'm-one': decision('yes'), 'm-two': decision('no') },
  }));

test('5,000 annotated tasks are taken in bounded time and memory, and looked at again quickly', async () => {
  const of = await pullBench({ bench, fake }, { items: itemsOf(5000) });
  const tasks = await query<{ remote_id: string; item_id: string }>(
    bench,
    'select remote_id, item_id from label_studio_tasks where project_id = $1',
    [of.projectId],
  );
  for (const { item_id } of tasks) await of.annotate('ann@x.org', item_id, { 'm-one': 'golden', 'm-two': 'wrong' });
  const before = process.memoryUsage().heapUsed;
  let peak = 0;
  const watch = setInterval(() => {
    peak = Math.max(peak, process.memoryUsage().heapUsed - before);
  }, 20);
  const from = performance.now();
  expect(await of.pull()).toMatchObject({ tasks: 5000, created: 5000, applied: 10_000 });
  const again = performance.now();
  expect(await of.pull()).toMatchObject({ tasks: 5000, created: 0, applied: 0 });
  clearInterval(watch);
  expect(again - from).toBeLessThan(60_000);
  expect(performance.now() - again).toBeLessThan(20_000);
  expect(peak / 1e6).toBeLessThan(250);
}, 180_000);
