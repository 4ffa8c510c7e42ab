/** A worker on a real database and queue, its engine a function: every row gets its end once, whatever the engine answers. */

import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { cancelBatch, closeBatch } from '../../src/batches/end.ts';
import { type Complete, EngineFailure } from '../../src/contracts/engine.ts';
import { land } from '../../src/results/land.ts';
import { queueName } from '../../src/scheduler/queue.ts';
import { chunksOf, line, lines, query, readBatch } from '../batches/seed.ts';
import {
  answer,
  answerAfter,
  endpoint,
  endsOf,
  jobsOf,
  nameIn,
  openWorkplace,
  queueBatch,
  triesOf,
  until,
  untilStatus,
  type Workplace,
  work,
} from './workplace.ts';

let place: Workplace;
beforeAll(async () => {
  place = await openWorkplace('worker');
});
afterEach(async () => {
  for (const worker of place.workers.splice(0)) await worker.stop();
});
afterAll(() => place.end());

/** Runs `content` on a worker of its own until the batch is completed. */
async function run(
  content: string[],
  options: Omit<Parameters<typeof work>[1], 'complete'> & { complete: Complete; chunkRows?: number },
) {
  const { chunkRows = 16, ...rest } = options;
  const id = await queueBatch(place, content, { chunkRows });
  const worker = await work(place, rest);
  try {
    const batch = await untilStatus(place, id, 'completed');
    return { id, batch, ends: await endsOf(place, id), report: worker.report() };
  } finally {
    await worker.stop();
  }
}

/** The same end for each of `count` rows of {@link lines}. */
const all = (count: number, end: string) =>
  Object.fromEntries(Array.from({ length: count }, (_, i) => [`row-${i + 1}`, end]));

test('every row is sent once and has one result; chunks and jobs are done; the speed is kept', async () => {
  const sent: string[] = [];
  let running = 0;
  let most = 0;
  const { id, batch, ends } = await run(lines(300), {
    async complete(on, request) {
      expect(on.modelId).toBe('m');
      expect(request).toMatchObject({ path: '/v1/chat/completions', lane: null, timeoutMs: 1000 });
      sent.push(nameIn(request.body));
      most = Math.max(most, ++running);
      await sleep(1 + (sent.length % 7));
      running -= 1;
      return answer();
    },
  });
  expect(batch.request_counts).toEqual({ total: 300, completed: 300, failed: 0 });
  expect(ends).toEqual(all(300, 'ok'));
  expect(sent.toSorted()).toEqual(Object.keys(all(300, '')).toSorted());
  expect(most).toBe(8);
  expect(batch.usage).toMatchObject({ input_tokens: 3000, output_tokens: 1500 });
  await until(async () => (await jobsOf(place, id)).completed === 19, 'jobs done');
  expect((await chunksOf(place, id)).every((chunk) => chunk.state === 'done')).toBe(true);
  expect(await place.queue.fill()).toBe(0);
  const [rate] = await query<{ rows_per_s: number }>(place, `select rows_per_s from model_rates where model_id = 'm'`);
  expect(rate!.rows_per_s).toBeGreaterThan(0);
});

test('an empty queue is not asked again for each row that ends', async () => {
  let asked = 0;
  const queue: typeof place.queue = {
    ...place.queue,
    take(name, count) {
      asked += 1;
      return place.queue.take(name, count);
    },
  };
  await run(lines(60), {
    queue,
    chunkRows: 60,
    on: endpoint({ concurrency: 4 }),
    complete: answerAfter(20),
  });
  expect(asked).toBeLessThan(8);
});

test('a final 4xx goes to the error file at once', async () => {
  let asked = 0;
  const refused = {
    status: 400,
    body: { error: { message: 'too long', type: 'invalid_request_error', code: 'context_length_exceeded' } },
  };
  const { id, batch, ends } = await run(lines(5), {
    async complete(_, { body }) {
      asked += 1;
      return answer(nameIn(body) === 'row-2' ? refused : {});
    },
  });
  expect(asked).toBe(5);
  expect(ends).toEqual({ ...all(5, 'ok'), 'row-2': 'context_length_exceeded' });
  expect(batch).toMatchObject({ status: 'completed', request_counts: { completed: 4, failed: 1 } });
  expect(await triesOf(place, id)).toEqual([]);
});

test('failures that may pass are tried again, with their history; one that stays has its error', async () => {
  const kinds = ['timeout', 'engine_error', 'connection_lost', 'bad_answer'] as const;
  const sent = new Map<string, number>();
  const { id, ends } = await run(lines(6), {
    async complete(_, { body }) {
      const name = nameIn(body);
      const times = (sent.get(name) ?? 0) + 1;
      sent.set(name, times);
      if (name === 'row-5') throw new EngineFailure('engine_error', 'always', { status: 503 });
      if (name === 'row-6') throw new TypeError('a fault of the adapter');
      if (times < 3) throw new EngineFailure(kinds[Number(name.at(-1)) - 1]!, `try ${times}`);
      return answer();
    },
  });
  expect(ends).toEqual({ ...all(4, 'ok'), 'row-5': 'engine_error', 'row-6': 'engine_bad_answer' });
  expect([...sent.values()]).toEqual([3, 3, 3, 3, 3, 3]);
  expect(await triesOf(place, id)).toEqual([
    ...kinds.flatMap((kind, at) => [1, 2].map((attempt) => `row-${at + 1} ${attempt} ${kind}`)),
    ...[1, 2, 3].map((attempt) => `row-5 ${attempt} engine_error 503`),
    ...[1, 2, 3].map((attempt) => `row-6 ${attempt} bad_answer`),
  ]);
  const rows = await query(place, 'select attempts, status_code from results where batch_id = $1 order by line', [id]);
  expect(rows).toEqual([
    ...Array.from({ length: 4 }, () => ({ attempts: 3, status_code: 200 })),
    { attempts: 3, status_code: 503 },
    { attempts: 3, status_code: null },
  ]);
});

test('429: nothing is sent while the engine asks for a pause, then fewer at a time, and no row is lost', async () => {
  let calm = 0;
  let running = 0;
  let most = 0;
  let early = 0;
  const { id, ends } = await run(lines(40), {
    async complete() {
      if (calm === 0) {
        calm = Date.now() + 150;
        throw new EngineFailure('rate_limited', 'slow down', { status: 429, retryAfterMs: 150 });
      }
      if (Date.now() < calm - 5) {
        // Those in flight with the first.
        early += 1;
        throw new EngineFailure('rate_limited', 'slow down', { status: 429, retryAfterMs: 150 });
      }
      most = Math.max(most, ++running);
      await sleep(5);
      running -= 1;
      return answer();
    },
  });
  expect(ends).toEqual(all(40, 'ok'));
  expect(early).toBeLessThan(8);
  expect(most).toBeLessThan(8);
  const tries = await triesOf(place, id);
  expect(tries.length).toBe(early + 1);
  expect(tries.every((text) => text.endsWith('rate_limited 429'))).toBe(true);
});

test('an engine that cannot be reached: rows wait with a reason, no try is counted, and all run when it is back', async () => {
  let down = true;
  let sent = 0;
  const id = await queueBatch(place, lines(30));
  const worker = await work(place, {
    async complete() {
      sent += 1;
      if (down) throw new EngineFailure('unreachable', 'connect ECONNREFUSED');
      return answer();
    },
    health: async () => !down,
  });
  const reason = await until(() => worker.report().models[queueName('local', 'm')], 'the reason');
  expect(reason).toMatch(/does not answer \(connect ECONNREFUSED\); rows wait/);
  const before = sent;
  await sleep(150);
  expect(sent).toBe(before);
  expect(before).toBeLessThanOrEqual(8);
  down = false;
  await untilStatus(place, id, 'completed');
  expect(await endsOf(place, id)).toEqual(all(30, 'ok'));
  expect(await triesOf(place, id)).toEqual([]);
  expect(worker.report().models[queueName('local', 'm')] ?? null).toBeNull();
  await worker.stop();
});

test('an engine that cannot be had yet: the reason is told, and rows run once it can', async () => {
  let ready = false;
  const id = await queueBatch(place, lines(3));
  let held = 0;
  const worker = await work(place, {
    complete: async () => answer(),
    async acquire() {
      if (!ready) throw new Error('the model is being downloaded');
      held += 1;
      return endpoint();
    },
    release: () => void (held -= 1),
  });
  await until(() => worker.report().models[queueName('local', 'm')] === 'the model is being downloaded', 'the reason');
  ready = true;
  await untilStatus(place, id, 'completed');
  await until(() => held === 0, 'release of the engine');
  await worker.stop();
});

test('users and models run side by side', async () => {
  await query(place, `insert into users (user_id, display_name) values ('third', 'x') on conflict do nothing`);
  const ids = [
    await queueBatch(place, lines(30)),
    await queueBatch(place, lines(30), { userId: 'other' }),
    await queueBatch(place, lines(30), { userId: 'third' }),
  ];
  const asked = new Set<string>();
  const worker = await work(place, {
    complete: answerAfter(2),
    async acquire(userId, model) {
      asked.add(`${userId} ${model}`);
      return endpoint();
    },
  });
  for (const id of ids) {
    await untilStatus(place, id, 'completed');
    expect(await endsOf(place, id)).toEqual(all(30, 'ok'));
  }
  expect(asked).toEqual(new Set(['local m', 'other m', 'third m']));
  await worker.stop();
});

test('slots: each row is pinned to a lane that no other row has', async () => {
  const busy = new Set<number>();
  const group = (i: number) =>
    line(`row-${i + 1}`, {}, { messages: [{ role: 'user', content: `${String(i % 3).repeat(300)}${i}` }] });
  const { ends } = await run(
    Array.from({ length: 60 }, (_, i) => group(i)),
    {
      on: endpoint({ concurrency: 3, slots: 3 }),
      async complete(_, { lane }) {
        expect(busy.has(lane!)).toBe(false);
        busy.add(lane!);
        await sleep(1);
        busy.delete(lane!);
        return answer();
      },
    },
  );
  expect(ends).toEqual(all(60, 'ok'));
});

test('cancel in the middle: what runs is given up, what is done stays, nothing is sent after', async () => {
  const id = await queueBatch(place, lines(200));
  let sent = 0;
  let given = 0;
  const worker = await work(place, {
    async complete(_, { signal, body }) {
      sent += 1;
      if (Number(nameIn(body).slice(4)) % 10 === 0) throw new EngineFailure('timeout', 'comes again later');
      if (sent <= 20) return answer();
      await new Promise((_, reject) =>
        signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true }),
      ).finally(() => (given += 1));
      return answer();
    },
    limits: { baseMs: 300, maxMs: 300 },
  });
  await until(async () => (await readBatch(place, id)).request_counts.completed >= 15, 'some results');
  await cancelBatch(place.db, 'local', id);
  await until(() => given > 0 && worker.report().batches[id] === undefined, 'the end of what runs');
  // Rows leased just before the cancel may have come just after it: the next look gives them up too.
  await sleep(150);
  const then = sent;
  await closeBatch(place.db, { userId: 'local', batchId: id, as: 'cancelled' });
  await sleep(450);
  expect(sent).toBe(then);
  expect(worker.report().batches[id]).toBeUndefined();
  const batch = await readBatch(place, id);
  expect(batch).toMatchObject({ status: 'cancelled', request_counts: { total: 200 } });
  expect(batch.request_counts.completed + batch.request_counts.failed).toBe(200);
  expect(Object.keys(await endsOf(place, id))).toHaveLength(200);
  expect((await jobsOf(place, id)).active).toBeUndefined();
  await worker.stop();
});

test('commits that all take long hold rows back, and never for good', { timeout: 30_000 }, async () => {
  const id = await queueBatch(place, lines(120));
  await work(place, {
    complete: async () => answer(),
    async land(group) {
      await sleep(150);
      return land(place.db, group);
    },
  });
  await untilStatus(place, id, 'completed');
  expect(Object.keys(await endsOf(place, id))).toHaveLength(120);
});
