/** A job's input on the disk, and the identity by which the same work is found again. */

import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Job, prepare } from '../../src/cli/prepare.ts';

let folder = '';
let job: Job;
const maxLineBytes = 1_000_000;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'assay-prepare-'));
  const input = join(folder, 'questions.jsonl');
  await writeFile(input, Array.from({ length: 5 }, (_, i) => `{"id":"q${i}","prompt":"What is ${i}?"}\n`).join(''));
  job = { label: 'm', model: 'm', input, params: { temperature: 0 } };
});
afterAll(() => rm(folder, { recursive: true }));

const prepared = (change: Partial<Job> = {}) =>
  prepare({ ...job, ...change }, { path: join(folder, 'out'), maxLineBytes });

describe('prepare', () => {
  it('writes one request a row, as many as asked for, and counts the bytes', async () => {
    const { rows, bytes, filename, endpoint } = await prepared({ limit: 3 });
    const text = await readFile(join(folder, 'out'), 'utf8');
    expect({ rows, filename, endpoint }).toEqual({
      rows: 3,
      filename: 'questions.jsonl',
      endpoint: '/v1/chat/completions',
    });
    expect(Buffer.byteLength(text)).toBe(bytes);
    const lines = text.trimEnd().split('\n');
    expect(lines.map((line) => JSON.parse(line).custom_id)).toEqual(['q0', 'q1', 'q2']);
    expect(JSON.parse(lines[0]!).body).toMatchObject({ model: 'm', temperature: 0 });
  });

  it('names the same work the same, and other work otherwise', async () => {
    const first = await prepared();
    expect((await prepared()).identity).toBe(first.identity);
    const others = [{ model: 'n' }, { limit: 4 }, { params: {} }, { endpoint: '/v1/completions' }];
    const identities = new Set([first.identity]);
    for (const other of others) identities.add((await prepared(other)).identity);
    expect(identities.size).toBe(others.length + 1);
  });

  it('takes the endpoint that batch lines name', async () => {
    const input = join(folder, 'lines.jsonl');
    const line = { custom_id: 'a', method: 'POST', url: '/v1/embeddings', body: { model: 'x', input: 'hello' } };
    await writeFile(input, JSON.stringify(line));
    expect((await prepared({ input })).endpoint).toBe('/v1/embeddings');
  });

  it('refuses an input without rows', async () => {
    const input = join(folder, 'empty.jsonl');
    await writeFile(input, '\n\n');
    await expect(prepared({ input })).rejects.toMatchObject({ code: expect.stringMatching(/input_|empty/) });
  });
});
