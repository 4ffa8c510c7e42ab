/** Training over HTTP on a server that asks for no key: a trainer may come without a token, and one that is shown counts. */

import { afterAll, beforeAll, expect, test } from 'vitest';
import { type StartedApp, startApp } from '../http/start-app.ts';

let server: StartedApp;
beforeAll(async () => {
  server = await startApp('training_open');
});
afterAll(() => server?.stop());

// biome-ignore lint/suspicious/noExplicitAny: answers are looked into by many paths
async function ask(path: string, o: { body?: object; token?: string; method?: string } = {}): Promise<any> {
  const answer = await fetch(`${server.url}${path}`, {
    method: o.method ?? (o.body === undefined ? 'GET' : 'POST'),
    headers: {
      ...(o.body === undefined ? {} : { 'content-type': 'application/json' }),
      ...(o.token === undefined ? {} : { authorization: `Bearer ${o.token}` }),
    },
    ...(o.body === undefined ? {} : { body: JSON.stringify(o.body) }),
  });
  return { status: answer.status, ...((await answer.json()) as object) };
}

test('a trainer needs no token; a revoked one is refused; none is ever in the log or the database', async () => {
  const job = await ask('/api/training/jobs', { body: { name: 'open', base_model: 'tiny' } });
  const body = { job_id: job.id, status: 'running' };
  expect(job.token).toMatch(/^atj-[\w-]{43}$/);
  expect(await ask('/api/training/local/status', { body })).toMatchObject({ status: 'running' });
  expect(await ask('/api/training/local/status', { body, token: job.token })).toMatchObject({ id: job.id });
  expect(await ask('/api/training/jobs', { token: job.token })).toMatchObject({ error: { code: 'job_token_only' } });
  const { data } = await ask(`/api/training/jobs/${job.id}/tokens`);
  await ask(`/api/training/jobs/${job.id}/tokens/${data[0].id}`, { method: 'DELETE' });
  const refused = await ask('/api/training/local/status', { body, token: job.token });
  expect([refused.status, refused.error.code]).toEqual([401, 'invalid_api_key']);
  expect(refused.error.message).not.toContain(job.token);
  const { rows } = await server.db.asSystem((q) =>
    q.query('select t.*, encode(hash, $1) from training_tokens t', ['hex']),
  );
  expect(rows).toHaveLength(1);
  expect(JSON.stringify(rows) + server.log.join('\n')).not.toContain(job.token);
});

test('the description of the API shows an example of every body that is sent and answered', async () => {
  // biome-ignore lint/suspicious/noExplicitAny: descriptions are looked into by many paths
  const { paths } = (await ask('/openapi.json')) as { paths: Record<string, Record<string, any>> };
  const described = Object.entries(paths).filter(([path]) => path.startsWith('/api/training/'));
  expect(described.length).toBeGreaterThan(10);
  for (const [path, methods] of described) {
    for (const [method, route] of Object.entries(methods)) {
      const sent = route.requestBody?.content['application/json'];
      const given = route.responses['200']?.content?.['application/json'];
      for (const content of [sent, given].filter((each) => each?.schema !== undefined)) {
        const shown = content.example ?? content.schema.examples?.[0] ?? content.schema.example;
        expect([method, path, shown]).toEqual([method, path, expect.anything()]);
      }
    }
  }
});
