/** Inputs as they really come: huge lines, byte order marks, Windows line ends, broken text, nothing at all. */

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { chatLine, createBatch, readLines, uploadInput, waitForBatch } from '../harness/batches.ts';
import { type CountingUpstream, startCountingUpstream, writeModelsFile } from '../harness/counting-upstream.ts';
import { type RunningAssay, startAssay } from '../harness/server.ts';

let folder: string;
let upstream: CountingUpstream;
let server: RunningAssay;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'assay-inputs-'));
  upstream = await startCountingUpstream();
  const models = await writeModelsFile(join(folder, 'models.yaml'), {
    counting: { url: upstream.url, concurrency: 8 },
  });
  server = await startAssay({ env: { ASSAY_MODELS: models } });
}, 180_000);

afterAll(async () => {
  await server?.remove();
  await upstream?.stop();
  await rm(folder, { recursive: true, force: true });
}, 60_000);

const line = (id: string, text?: string): string => chatLine(id, { model: 'counting', text });

async function runInput(content: string | Buffer) {
  const batch = await createBatch(server, await uploadInput(server, content));
  const ended = await waitForBatch(server, batch.id);
  const ids = (await readLines(server, ended.output_file_id)).map((l) => l.custom_id);
  return { ended, ids };
}

test('a line of 10 MB runs, and its neighbours too', { timeout: 120_000 }, async () => {
  const big = 'x'.repeat(10 * 1024 * 1024);
  const { ended, ids } = await runInput(`${line('before')}\n${line('big', big)}\n${line('after')}\n`);
  expect(ended.status).toBe('completed');
  expect(ids).toEqual(['before', 'big', 'after']);
});

test('a byte order mark at the beginning', async () => {
  const { ended, ids } = await runInput(`\ufeff${line('bom-1')}\n${line('bom-2')}\n`);
  expect(ended.errors ?? null).toBeNull();
  expect(ids).toEqual(['bom-1', 'bom-2']);
});

test('lines that end as on Windows', async () => {
  expect((await runInput(`${line('crlf-1')}\r\n${line('crlf-2')}\r\n`)).ids).toEqual(['crlf-1', 'crlf-2']);
});

test('a last line without its end', async () => {
  expect((await runInput(`${line('last-1')}\n${line('last-2')}`)).ids).toEqual(['last-1', 'last-2']);
});

test('bytes that are not UTF-8 fail the batch, with their line', async () => {
  const broken = Buffer.from(line('latin', 'caf?'));
  broken[broken.indexOf('?')] = 0xe9;
  const { ended } = await runInput(Buffer.concat([Buffer.from(`${line('fine')}\n`), broken, Buffer.from('\n')]));
  expect(ended.status).toBe('failed');
  expect(ended.errors!.data).toMatchObject([{ line: 2, code: 'invalid_utf8' }]);
  expect((await upstream.sends('fine')).length).toBe(0);
});

test.each([
  ['an empty file', ''],
  ['a file of line ends', '\n\n\r\n'],
])('%s fails the batch as empty_file', async (_, content) => {
  const { ended } = await runInput(content);
  expect(ended.status).toBe('failed');
  expect(ended.errors!.data.map((e) => e.code)).toEqual(['empty_file']);
});

test('duplicate ids fail the batch, each with its line and the first use', async () => {
  const { ended } = await runInput([line('a'), line('b'), line('a'), line('b'), line('a')].join('\n'));
  expect(ended.status).toBe('failed');
  expect(ended.errors!.data.map((e) => [e.code, e.line])).toEqual([
    ['duplicate_custom_id', 3],
    ['duplicate_custom_id', 4],
    ['duplicate_custom_id', 5],
  ]);
  expect(ended.errors!.data[0]!.message).toContain('line 1');
});

test('ids and prompts in any script, with quotes and control characters', async () => {
  const ids = ['naïve "quoted"', '日本語', 'emoji 🪙', 'tab\tand\\backslash'];
  expect((await runInput(ids.map((id) => line(id)).join('\n'))).ids).toEqual(ids);
});
