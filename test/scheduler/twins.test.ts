/** Rows that ask the same: one call, an answer for each of them, whatever happens in between. */

import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { cancelBatch, closeBatch } from '../../src/batches/end.ts';
import { listRequests } from '../../src/batches/requests.ts';
import { retryBatch } from '../../src/batches/retry.ts';
import type { Complete } from '../../src/contracts/engine.ts';
import { EngineFailure } from '../../src/contracts/engine.ts';
import { land } from '../../src/results/land.ts';
import { cutChunks } from '../../src/scheduler/cut.ts';
import { chunksOf, query } from '../batches/seed.ts';
import { answer, endsOf, openWorkplace, queueBatch, until, untilStatus, type Workplace, work } from './workplace.ts';

let place: Workplace;
beforeAll(async () => {
  place = await openWorkplace('twins');
});
afterEach(async () => {
  for (const worker of place.workers.splice(0)) await worker.stop();
});
afterAll(() => place.end());

const ask = (id: string, content: string, more: Record<string, unknown> = { temperature: 0 }): string => {
  const body = { model: 'm', messages: [{ role: 'user', content }], ...more };
  return JSON.stringify({ custom_id: id, method: 'POST', url: '/v1/chat/completions', body });
};
/** Three rows of each of `prompts` prompts, far apart. */
const thrice = (prompts: number, more?: Record<string, unknown>): string[] =>
  ['a', 'b', 'c'].flatMap((copy) => Array.from({ length: prompts }, (_, i) => ask(`${copy}"${i}`, `Say ${i}.`, more)));

function counting(): { complete: Complete; asked: string[] } {
  const asked: string[] = [];
  return {
    asked,
    async complete(_, request) {
      const { content } = (request.body.messages as { content: string }[])[0]!;
      asked.push(content);
      return answer({ body: { choices: [{ message: { content: `${content} Said.` } }] } });
    },
  };
}

test('one call for each prompt, an answer of its own for each row, the tokens counted once', async () => {
  const engine = counting();
  const id = await queueBatch(place, thrice(10), { chunkRows: 4 });
  await work(place, { complete: engine.complete });
  const batch = await untilStatus(place, id, 'completed');
  expect(engine.asked.toSorted()).toEqual(Array.from({ length: 10 }, (_, i) => `Say ${i}.`));
  expect(batch.request_counts).toEqual({ total: 30, completed: 30, failed: 0 });
  expect(batch.usage).toMatchObject({ input_tokens: 100, output_tokens: 50 });
  const outputs = await query<{ output: string }>(place, 'select output from results where batch_id = $1', [id]);
  const { data } = await listRequests(place.db, { userId: 'local', batchId: id }, { limit: 30 });
  expect(data.map((row) => row.same_as)).toEqual([
    ...Array.from({ length: 10 }, () => null),
    ...Array.from({ length: 20 }, (_, i) => `a"${i % 10}`),
  ]);
  const lines = outputs.map((row) => JSON.parse(row.output));
  expect(new Set(lines.map((line) => line.id)).size).toBe(30);
  for (const { custom_id, response, error } of lines) {
    expect(error).toBeNull();
    expect(response.body.choices[0].message.content).toBe(`Say ${custom_id.split('"')[1]}. Said.`);
  }
  await until(async () => (await chunksOf(place, id)).every((chunk) => chunk.state === 'done'), 'chunks done');
});

test('rows that may be answered otherwise each time are all asked', async () => {
  for (const more of [{}, { temperature: 0.7 }, { temperature: 0, n: 2 }]) {
    const engine = counting();
    const id = await queueBatch(place, thrice(3, more));
    const worker = await work(place, { complete: engine.complete });
    await untilStatus(place, id, 'completed');
    await worker.stop();
    expect(engine.asked).toHaveLength(9);
  }
});

test('a batch can have each row asked', async () => {
  const engine = counting();
  const id = await queueBatch(place, thrice(3), { metadata: { assay_dedupe: 'off' } });
  await work(place, { complete: engine.complete });
  await untilStatus(place, id, 'completed');
  expect(engine.asked).toHaveLength(9);
});

test('killed between an answer and its twins: those run by themselves', async () => {
  const engine = counting();
  const id = await queueBatch(place, thrice(1));
  let landed = 0;
  const stuck = await work(place, {
    complete: engine.complete,
    limits: { landRows: 1, landMs: 0 },
    land: (group) => (landed++ === 0 ? land(place.db, group) : new Promise(() => undefined)),
  });
  await until(() => landed > 1, 'twins on their way');
  void stuck.stop();
  await work(place, { complete: engine.complete });
  const batch = await untilStatus(place, id, 'completed');
  expect(batch.request_counts).toEqual({ total: 3, completed: 3, failed: 0 });
  expect(engine.asked).toHaveLength(3);
});

test('when the first fails all fail, and a retry asks once again', async () => {
  let refuse = true;
  const engine = counting();
  const complete: Complete = async (on, request) => {
    if (refuse) throw new EngineFailure('bad_answer', 'garbage');
    return engine.complete(on, request);
  };
  const id = await queueBatch(place, thrice(2));
  await work(place, { complete, limits: { maxAttempts: 1 } });
  const failed = await untilStatus(place, id, 'completed');
  expect(failed.request_counts).toEqual({ total: 6, completed: 0, failed: 6 });
  refuse = false;
  await retryBatch(place.db, { userId: 'local', batchId: id }, (q, batch, rows) =>
    cutChunks(
      q,
      { batchId: id, userId: 'local', model: batch.model!, queue: 'chunks-m' },
      { ...rows, sizes: { seconds: 5, minRows: 16, maxRows: 100, maxChars: 1e6 } },
    ),
  );
  await place.queue.fill(id);
  const again = await untilStatus(place, id, 'completed');
  expect(again.request_counts).toEqual({ total: 6, completed: 6, failed: 0 });
  expect(engine.asked).toHaveLength(2);
});

test('cancelled before any ran: each has its line in the error file', async () => {
  const id = await queueBatch(place, thrice(2));
  await cancelBatch(place.db, 'local', id);
  await closeBatch(place.db, { userId: 'local', batchId: id, as: 'cancelled' });
  expect(Object.values(await endsOf(place, id))).toEqual(Array.from({ length: 6 }, () => 'batch_cancelled'));
});
