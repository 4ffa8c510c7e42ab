/** Answers of earlier batches taken over on request: the very same request to the very same model, and nothing else. */

import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { takeIn } from '../../src/batches/intake.ts';
import { batchMetrics } from '../../src/batches/metrics.ts';
import { listRequests } from '../../src/batches/requests.ts';
import { retryBatch } from '../../src/batches/retry.ts';
import { forgetDeleted } from '../../src/batches/sweep.ts';
import { type Complete, EngineFailure } from '../../src/contracts/engine.ts';
import { answer, openWorkplace, until, untilStatus, type Workplace, work } from '../scheduler/workplace.ts';
import { chunksOf, intakeDeps, putBatch, query, readBatch, readRow, scheduleIn } from './seed.ts';

let place: Workplace;
beforeAll(async () => {
  place = await openWorkplace('reuse');
});
afterEach(async () => {
  for (const worker of place.workers.splice(0)) await worker.stop();
});
afterAll(() => place.end());

const on = { assay_reuse: 'true' };
const ask = (id: string, content: string, more: Record<string, unknown> = { temperature: 0 }): string => {
  const body = { model: 'm', messages: [{ role: 'user', content }], ...more };
  return JSON.stringify({ custom_id: id, method: 'POST', url: '/v1/chat/completions', body });
};
/** One row for each number from `from` to below `to`. */
const asks = (ids: string, [topic, from, to]: [string, number, number], more?: Record<string, unknown>): string[] =>
  Array.from({ length: to - from }, (_, i) => ask(`${ids}"${from + i}`, `${topic} ${from + i}.`, more));

interface Taking {
  metadata?: Record<string, string>;
  userId?: string;
  /** What tells the model from others of its id. */
  identity?: string | null;
}

async function begin(content: string[], { metadata = on, userId = 'local', identity = 'weights' }: Taking = {}) {
  const { id } = await putBatch(place, `${content.join('\n')}\n`, { metadata, userId });
  const checkModel = async () => ({ slots: 2, identity: async () => identity });
  expect(await takeIn(intakeDeps(place, { checkModel, chunkRows: 8 }), userId, id)).toBe(true);
  await place.queue.fill(id);
  return id;
}

/** Answers everything that is asked, and keeps what that was; a prompt with "fail" is refused. */
async function engine(): Promise<{ asked: string[] }> {
  const asked: string[] = [];
  const complete: Complete = async (_, request) => {
    const { content } = (request.body.messages as { content: string }[])[0]!;
    asked.push(content);
    if (content.includes('fail')) throw new EngineFailure('bad_answer', 'garbage');
    return answer({ body: { choices: [{ message: { content: `${content} Said.` } }] } });
  };
  await work(place, { complete, limits: { maxAttempts: 1 } });
  return { asked };
}

async function run(content: string[], options: Taking = {}): Promise<{ id: string; asked: string[] }> {
  const { asked } = await engine();
  const id = await begin(content, options);
  await untilStatus(place, id, 'completed');
  for (const worker of place.workers.splice(0)) await worker.stop();
  return { id, asked };
}

const metricsOf = (id: string) => batchMetrics({ db: place.db, now: () => null, waiting: () => null }, 'local', id);
const outputs = (id: string) =>
  query<{ output: string; reused_batch_id: string | null }>(
    place,
    'select output, reused_batch_id from results where batch_id = $1 order by line',
    [id],
  );

test('rows asked before get their answer at the intake, the rest runs; only that is spent', async () => {
  // Named so that what is taken over is looked for where it begins, not where a custom_id says the same.
  const first = await run(asks(',"response":', ['Mixed', 0, 20]));
  expect(first.asked).toHaveLength(20);
  const waiting = await begin(asks('b', ['Mixed', 10, 40]));
  const before = await metricsOf(waiting);
  expect(before).toMatchObject({ rows: { total: 30, completed: 10, queued: 20, reused: 10 }, eta_seconds: null });
  expect((await chunksOf(place, waiting)).flatMap((chunk) => chunk.lines).sort((a, b) => a - b)).toEqual(
    Array.from({ length: 20 }, (_, i) => i + 11),
  );
  const { asked } = await engine();
  const batch = await untilStatus(place, waiting, 'completed');
  expect(asked.toSorted()).toEqual(Array.from({ length: 20 }, (_, i) => `Mixed ${20 + i}.`).toSorted());
  expect(batch.request_counts).toEqual({ total: 30, completed: 30, failed: 0 });
  expect(batch.usage).toMatchObject({ input_tokens: 200, output_tokens: 100 });
  const lines = (await outputs(waiting)).map((row) => JSON.parse(row.output));
  expect(lines.map((line) => line.custom_id)).toEqual(Array.from({ length: 30 }, (_, i) => `b"${10 + i}`));
  for (const { custom_id, response, error } of lines) {
    expect(error).toBeNull();
    expect(response.body.choices[0].message.content).toBe(`Mixed ${custom_id.split('"')[1]}. Said.`);
  }
  const ids = [...lines, ...(await outputs(first.id)).map((row) => JSON.parse(row.output))].map((line) => line.id);
  expect(new Set(ids).size).toBe(50);
  const row = await readRow(place, waiting);
  expect(Number(row.output_bytes)).toBe(
    (await outputs(waiting)).reduce((sum, each) => sum + Buffer.byteLength(each.output) + 1, 0),
  );
  expect(row.prompt_chars_done).toBe(row.prompt_chars);
  const { data } = await listRequests(place.db, { userId: 'local', batchId: waiting }, { limit: 11 });
  expect(data.map((each) => each.reused_from)).toEqual([
    ...Array.from({ length: 10 }, (_, i) => ({ batch_id: first.id, custom_id: `,"response":"${10 + i}` })),
    null,
  ]);
  expect(data[0]).toMatchObject({ state: 'completed', attempts: 0, prompt_tokens: 0, completion_tokens: 0 });
});

test('a batch that is answered whole needs no engine and no chunk, and its answers can be taken over in turn', async () => {
  const first = await run(asks('a', ['Whole', 0, 12]));
  const id = await begin(asks('b', ['Whole', 0, 12]));
  expect(await readBatch(place, id)).toMatchObject({
    status: 'completed',
    request_counts: { total: 12, completed: 12, failed: 0 },
    usage: { total_tokens: 0 },
  });
  expect(await chunksOf(place, id)).toEqual([]);
  expect(await metricsOf(id)).toMatchObject({ rows: { reused: 12 }, tokens: { cached: 0 }, run_seconds: null });
  const third = await begin(asks('c', ['Whole', 0, 12]));
  expect((await readBatch(place, third)).status).toBe('completed');
  const from = new Set((await outputs(third)).map((row) => row.reused_batch_id));
  expect([first.id, id]).toEqual(expect.arrayContaining([...from]));
});

test.each(['on', 'off'])('rows of one batch that ask the same all get it (assay_dedupe %s)', async (dedupe) => {
  const topic = `Same ${dedupe}`;
  await run(asks('a', [topic, 0, 2]));
  const content = ['x', 'y', 'z'].flatMap((copy) => asks(copy, [topic, 0, 4]));
  const { id, asked } = await run(content, { metadata: { ...on, assay_dedupe: dedupe } });
  expect((await metricsOf(id)).rows).toMatchObject({ completed: 12, reused: 6 });
  expect(asked.toSorted()).toEqual(
    [2, 3].flatMap((n) => Array.from({ length: dedupe === 'on' ? 1 : 3 }, () => `${topic} ${n}.`)),
  );
  const { data } = await listRequests(place.db, { userId: 'local', batchId: id }, { limit: 12 });
  for (const row of data) expect(row.reused_from !== null && row.same_as !== null).toBe(false);
  for (const { output } of await outputs(id)) {
    const { custom_id, response } = JSON.parse(output);
    expect(response.body.choices[0].message.content).toBe(`${topic} ${custom_id.split('"')[1]}. Said.`);
  }
});

test.each<[string, string[], Taking]>([
  ['another identity of the model', asks('b', ['Apart', 0, 3]), { identity: 'other weights' }],
  ['no identity', asks('b', ['Apart', 0, 3]), { identity: null }],
  ['another body', asks('b', ['Apart', 0, 3], { temperature: 0, max_tokens: 5 }), {}],
  ['rows that may be answered otherwise', asks('b', ['Apart', 0, 3], { temperature: 0.5 }), {}],
  ['another context strategy', asks('b', ['Apart', 0, 3]), { metadata: { ...on, assay_context: 'hybrid' } }],
  ['no wish for it', asks('b', ['Apart', 0, 3]), { metadata: {} }],
  ['a wish against it', asks('b', ['Apart', 0, 3]), { metadata: { assay_reuse: 'false' } }],
  ['another user', asks('b', ['Apart', 0, 3]), { userId: 'other' }],
])('%s: asked anew', async (_, content, options) => {
  await run(asks('a', ['Apart', 0, 3]));
  const { id, asked } = await run(content, options);
  expect(asked).toHaveLength(3);
  expect((await readRow(place, id)).reused).toBe(0);
});

test('a batch that did not ask for it feeds nobody, nor does a row that may be answered otherwise', async () => {
  await run(asks('a', ['Unfed', 0, 3]), { metadata: {} });
  await run(asks('a', ['Unfed', 0, 3], { temperature: 1 }));
  expect((await run(asks('b', ['Unfed', 0, 3]))).asked).toHaveLength(3);
  expect((await run(asks('c', ['Unfed', 0, 3], { temperature: 1 }))).asked).toHaveLength(3);
});

test('a wish that is not understood is refused', async () => {
  await expect(putBatch(place, ask('1', 'Say.'), { metadata: { assay_reuse: 'yes' } })).rejects.toMatchObject({
    code: 'invalid_parameter',
    param: 'metadata.assay_reuse',
  });
});

test('failures are not taken over; a retry of them asks, and leaves what was taken over as it is', async () => {
  const content = [ask('1', 'It will fail.'), ask('2', 'Retry this.')];
  await run(content);
  const { id, asked } = await run(content);
  expect(asked).toEqual(['It will fail.']);
  expect((await readBatch(place, id)).request_counts).toEqual({ total: 2, completed: 1, failed: 1 });
  await retryBatch(place.db, { userId: 'local', batchId: id }, scheduleIn(4));
  await place.queue.fill(id);
  const again = await engine();
  await untilStatus(place, id, 'completed');
  expect(again.asked).toEqual(['It will fail.']);
  const row = await readRow(place, id);
  expect([row.reused, row.completed, row.failed]).toEqual([1, 1, 1]);
  expect(row.prompt_chars_done).toBe(row.prompt_chars);
});

test('what is deleted or has expired is gone from it at once', async () => {
  const first = await run(asks('a', ['Gone', 0, 3]));
  const { output_file_id } = await readRow(place, first.id);
  await query(place, `update files set expires_at = now() - interval '1 s' where file_id = $1`, [output_file_id]);
  expect((await run(asks('b', ['Gone', 0, 3]))).asked).toHaveLength(3);
  const deleted = await run(asks('a', ['Deleted', 0, 3]));
  await query(place, 'delete from files where file_id = $1', [(await readRow(place, deleted.id)).output_file_id]);
  await forgetDeleted(place.db);
  expect((await run(asks('b', ['Deleted', 0, 3]))).asked).toHaveLength(3);
});

test('answers of a batch that still runs are there to be taken over', async () => {
  const slow = await begin(asks('a', ['Early', 0, 16]));
  let answered = 0;
  await work(place, {
    complete: async (_, request) => {
      if (++answered > 8) await new Promise(() => undefined);
      return answer({ body: { choices: [{ message: { content: JSON.stringify(request.body.messages) } }] } });
    },
  });
  await until(async () => (await readBatch(place, slow)).request_counts.completed === 8, 'half of them');
  const id = await begin(asks('b', ['Early', 0, 16]));
  expect((await metricsOf(id)).rows).toMatchObject({ completed: 8, reused: 8 });
});

test('what was left out of a prompt stands on the row that took its answer over', async () => {
  const metadata = { ...on, assay_context: 'hybrid' };
  const trim = { strategy: 'hybrid' as const, messages: 3, tokensBefore: 90, tokensAfter: 30 };
  await work(place, { complete: async () => answer(), fit: async ({ body }) => ({ body, trim }) });
  const first = await begin(asks('a', ['Long', 0, 2]), { metadata });
  await untilStatus(place, first, 'completed');
  const id = await begin(asks('b', ['Long', 0, 2]), { metadata });
  const { data } = await listRequests(place.db, { userId: 'local', batchId: id }, { limit: 10 });
  const trimmed = { strategy: 'hybrid', messages: 3, tokens_before: 90, tokens_after: 30 };
  expect(data.map((row) => row.trimmed)).toEqual([trimmed, trimmed]);
});

test('a failure before the end of the intake leaves nothing taken over, and the next intake takes it', async () => {
  await run(asks('a', ['Torn', 0, 6]));
  const { id } = await putBatch(place, `${asks('b', ['Torn', 0, 9]).join('\n')}\n`, { metadata: on });
  const checkModel = async () => ({ slots: 2, identity: async () => 'weights' });
  const torn = { checkModel, schedule: () => Promise.reject(new Error('killed')) };
  await expect(takeIn(intakeDeps(place, torn), 'local', id)).rejects.toThrow('killed');
  expect(await outputs(id)).toEqual([]);
  expect(await readRow(place, id)).toMatchObject({ status: 'validating', completed: 0, reused: 0 });
  expect(await takeIn(intakeDeps(place, { checkModel }), 'local', id)).toBe(true);
  expect(await readRow(place, id)).toMatchObject({ status: 'in_progress', completed: 6, reused: 6 });
});
