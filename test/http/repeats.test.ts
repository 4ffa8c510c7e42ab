/** The official client sends an upload again after a time-out: no second file comes of it. */

import OpenAI, { toFile } from 'openai';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type StartedApp, startApp } from './start-app.ts';

let server: StartedApp;
beforeAll(async () => {
  server = await startApp('http_repeats');
});
afterAll(() => server.stop());

test('the answer to the first try is lost, the client retries by itself, there is one file', async () => {
  let tries = 0;
  const client = new OpenAI({
    baseURL: `${server.url}/v1`,
    apiKey: 'anything',
    maxRetries: 2,
    fetch: async (url, init) => {
      tries += 1;
      const answer = await fetch(url, init);
      if (tries > 1) return answer;
      await answer.text();
      throw new TypeError('fetch failed');
    },
  });
  const made = await client.files.create({ file: await toFile(Buffer.from('{}'), 'a.jsonl'), purpose: 'batch' });
  expect(tries).toBe(2);
  expect((await client.files.list()).data.map((file) => file.id)).toEqual([made.id]);
});

test('an overlong Idempotency-Key is refused', async () => {
  const form = new FormData();
  form.set('purpose', 'batch');
  form.set('file', new Blob(['x']), 'a');
  const headers = { 'idempotency-key': 'k'.repeat(256) };
  const answer = await fetch(`${server.url}/v1/files`, { method: 'POST', body: form, headers });
  expect(answer.status).toBe(400);
  expect(await answer.json()).toMatchObject({ error: { code: 'invalid_parameter', param: 'Idempotency-Key' } });
});
