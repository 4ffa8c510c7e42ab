/** Creating a batch: its row, its refusals, and repeats that make no second one. */

import { afterAll, beforeAll, expect, test } from 'vitest';
import { createBatch } from '../../src/batches/create.ts';
import { createBatchBody } from '../../src/contracts/openai-batch.ts';
import type { AssayError } from '../../src/errors.ts';
import { type Bench, line, openBench, putFile, query, readRow } from './seed.ts';

let bench: Bench;
beforeAll(async () => {
  bench = await openBench('create');
});
afterAll(() => bench.end());

interface Asked {
  file?: string;
  body?: Record<string, unknown>;
  key?: string;
  retryCount?: number;
  arrivedAt?: Date;
  userId?: string;
  maxBytes?: number;
}

async function create(asked: Asked = {}) {
  const userId = asked.userId ?? 'local';
  const fileId = asked.file ?? (await putFile(bench, `${line('a')}\n`, userId));
  return createBatch(bench.db, {
    userId,
    body: createBatchBody.parse({
      input_file_id: fileId,
      endpoint: '/v1/chat/completions',
      completion_window: '24h',
      ...asked.body,
    }),
    repeat: {
      key: asked.key ?? null,
      retryCount: asked.retryCount ?? 0,
      arrivedAt: asked.arrivedAt ?? new Date(),
      windowSeconds: 60,
    },
    maxBytes: asked.maxBytes ?? 1_000_000,
  });
}

const refusal = (asked: Asked) =>
  create(asked).then(
    () => null,
    (error: AssayError) => [error.code, error.status, error.param],
  );

test("a new batch is validating, with OpenAI's fields", async () => {
  const before = Math.floor(Date.now() / 1000);
  const { batch, isNew } = await create({
    body: {
      metadata: { team: 'a', 'ä😀': '"' },
      completion_window: '90m',
      output_expires_after: { anchor: 'created_at', seconds: 3600 },
    },
  });
  expect(isNew).toBe(true);
  expect(batch.id).toMatch(/^batch_[0-9a-f]{32}$/);
  expect(batch).toMatchObject({
    object: 'batch',
    status: 'validating',
    endpoint: '/v1/chat/completions',
    completion_window: '90m',
    model: null,
    errors: null,
    output_file_id: null,
    error_file_id: null,
    in_progress_at: null,
    metadata: { team: 'a', 'ä😀': '"' },
    request_counts: { total: 0, completed: 0, failed: 0 },
  });
  expect(batch.created_at).toBeGreaterThanOrEqual(before);
  expect(batch.expires_at! - batch.created_at).toBe(90 * 60);
  const row = await readRow(bench, batch.id);
  expect(row.output_file_id).toMatch(/^file-[0-9a-f]{24}$/);
  expect(row.error_file_id).toMatch(/^file-[0-9a-f]{24}$/);
  expect(row.error_file_id).not.toBe(row.output_file_id);
  expect(row.output_expires_seconds).toBe(3600);
});

test("a file that is not there, not one's own, expired, of another purpose or too large is refused", async () => {
  expect(await refusal({ file: 'file-none' })).toEqual(['not_found', 404, 'input_file_id']);
  const theirs = await putFile(bench, `${line('a')}\n`, 'other');
  expect(await refusal({ file: theirs })).toEqual(['not_found', 404, 'input_file_id']);
  const expired = await putFile(bench, `${line('a')}\n`);
  await query(bench, `update files set expires_at = now() where file_id = $1`, [expired]);
  expect(await refusal({ file: expired })).toEqual(['not_found', 404, 'input_file_id']);
  const tuning = await putFile(bench, `${line('a')}\n`);
  await query(bench, `update files set purpose = 'fine-tune' where file_id = $1`, [tuning]);
  expect(await refusal({ file: tuning })).toEqual(['invalid_purpose', 400, 'input_file_id']);
  expect(await refusal({ maxBytes: 10 })).toEqual(['file_too_large', 400, 'input_file_id']);
});

test('metadata that the database cannot keep is refused by the schema', () => {
  const body = (metadata: Record<string, string>) =>
    createBatchBody.safeParse({ input_file_id: 'f', endpoint: '/v1/embeddings', completion_window: '24h', metadata })
      .success;
  expect(body({ a: 'ä\n😀' })).toBe(true);
  expect(body({ a: 'x\0' })).toBe(false);
  expect(body({ 'a\0': 'x' })).toBe(false);
  expect(body({ a: 'half \ud83d' })).toBe(false);
});

test('a retry without a key finds the batch that the first request made', async () => {
  const file = await putFile(bench, `${line('a')}\n`);
  const body = { metadata: { b: '2', a: '1' } };
  const first = await create({ file, body });
  const again = await create({ file, body: { metadata: { a: '1', b: '2' } }, retryCount: 1 });
  expect(again).toMatchObject({ isNew: false, batch: { id: first.batch.id } });
  const different = await create({ file, body: { metadata: { a: '1', b: '3' } }, retryCount: 1 });
  expect(different.isNew).toBe(true);
  const deliberate = await create({ file, body });
  expect(deliberate.isNew).toBe(true);
});

test('a first request that its own retry overtook finds that one', async () => {
  const file = await putFile(bench, `${line('a')}\n`);
  const arrivedAt = new Date(Date.now() - 1000);
  const retry = await create({ file, retryCount: 1 });
  const late = await create({ file, arrivedAt });
  expect(late).toMatchObject({ isNew: false, batch: { id: retry.batch.id } });
});

test('the same Idempotency-Key gives the first batch; with another body it is refused; another user has keys of their own', async () => {
  const file = await putFile(bench, `${line('a')}\n`);
  const made = await Promise.all([1, 2, 3, 4].map(() => create({ file, key: 'k-1' })));
  expect(made.filter(({ isNew }) => isNew)).toHaveLength(1);
  expect(new Set(made.map(({ batch }) => batch.id)).size).toBe(1);
  expect(await refusal({ file, key: 'k-1', body: { completion_window: '1h' } })).toEqual([
    'idempotency_key_reused',
    409,
    'Idempotency-Key',
  ]);
  expect((await create({ key: 'k-1', userId: 'other' })).isNew).toBe(true);
});

test('a refused request is not remembered', async () => {
  const file = await putFile(bench, `${line('a')}\n`);
  expect(await refusal({ file, key: 'k-2', maxBytes: 1 })).toEqual(['file_too_large', 400, 'input_file_id']);
  expect((await create({ file, key: 'k-2' })).isNew).toBe(true);
});
