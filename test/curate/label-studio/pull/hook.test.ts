/** Tests that a webhook brings what was said within two seconds, that nobody else can call it, and that polling finds the rest. */

import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { openHooks } from '../../../../src/curate/label-studio/pull/hook.ts';
import { openPolling } from '../../../../src/curate/label-studio/pull/polling.ts';
import { hookOf, removeHook } from '../../../../src/curate/label-studio/pull/register-hook.ts';
import { selectProject } from '../../../../src/curate/label-studio/rows.ts';
import { type FakeLabelStudio, startFakeLabelStudio } from '../../../harness/fake-label-studio.ts';
import { type Bench, failure, openBench, query } from '../../seed.ts';
import { type PullBench, pullBench } from './pull-bench.ts';

let bench: Bench;
let fake: FakeLabelStudio;
const ends: (() => Promise<unknown>)[] = [];
beforeAll(async () => {
  bench = await openBench('label_hook');
  fake = await startFakeLabelStudio();
});
afterEach(async () => {
  for (const end of ends.splice(0)) await end();
});
afterAll(async () => {
  await fake.close();
  await bench.end();
});

/** Where the fake calls, as the route does it; and what it called with. */
async function hooked() {
  const calls: { id: string; secret: string; body: unknown }[] = [];
  let url = '';
  const of = await pullBench({ bench, fake }, { deps: { hookUrl: () => url } });
  const told: string[] = [];
  const hooks = openHooks(of.deps, async (_user, id) => told.push(id));
  const server: Server = createServer(async (request, response) => {
    const parts: Buffer[] = [];
    for await (const part of request) parts.push(part as Buffer);
    const call = {
      id: request.url!.split('/').at(-1)!,
      secret: String(request.headers['x-assay-secret'] ?? ''),
      body: JSON.parse(Buffer.concat(parts).toString()),
    };
    calls.push(call);
    const problem = await failure(hooks.take(call.id, call));
    response.writeHead(problem === null ? 200 : 404).end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  await hookOf(of.deps, of.user, of.projectId);
  ends.push(async () => {
    await hooks.stop();
    server.close();
    server.closeAllConnections();
  });
  return { of, hooks, calls, told, moveTo: (to: string) => (url = to) };
}

async function until(holds: () => Promise<boolean>, ms = 2000): Promise<number> {
  const from = performance.now();
  while (!(await holds())) {
    if (performance.now() - from > ms) throw new Error(`it does not hold after ${ms} ms`);
    await sleep(20);
  }
  return performance.now() - from;
}
const kindHere = async (of: PullBench, item: string) => (await of.here(item, 'm-one'))?.kind ?? null;

test('made, changed and deleted is seen here within two seconds, and so is a deleted task', async () => {
  const { of, told } = await hooked();
  const id = await of.annotate('ann@x.org', 'i-1', { 'm-one': 'golden' });
  await until(async () => (await kindHere(of, 'i-1')) === 'golden');
  await of.change(id, 'i-1', { 'm-one': 'wrong' });
  await until(async () => (await kindHere(of, 'i-1')) === 'wrong');
  await fake.deleteAnnotation(id);
  await until(async () => (await kindHere(of, 'i-1')) === null);
  await of.annotate('ann@x.org', 'i-2', { 'm-one': 'golden' });
  await until(async () => (await kindHere(of, 'i-2')) === 'golden');
  await fake.deleteTask(Number((await of.taskOf('i-2')).remote_id));
  await until(async () => (await kindHere(of, 'i-2')) === null);
  expect((await of.taskOf('i-2')).state).toBe('gone');
  expect(new Set(told)).toEqual(new Set([of.projectId]));
  // Only the tasks that were told of were read.
  expect(fake.requests.filter(({ path }) => path === '/api/tasks/')).toEqual([]);
});

test('a wrong secret, a project that is not there and one without webhook are not found; nothing is read for them', async () => {
  const { of, hooks, calls } = await hooked();
  const without = await pullBench({ bench, fake });
  await of.annotate('ann@x.org', 'i-1', { 'm-one': 'golden' });
  await until(async () => (await kindHere(of, 'i-1')) === 'golden');
  const { secret, body } = calls[0]!;
  const asked = fake.requests.length;
  for (const [id, shown] of [
    [of.projectId, `${secret}0`],
    [of.projectId, ''],
    [without.projectId, secret],
    ['lsp_none', secret],
    ['a\0b', secret],
  ] as const) {
    expect(await failure(hooks.take(id, { secret: shown, body }))).toMatchObject({ code: 'not_found' });
  }
  await sleep(200);
  expect(fake.requests.length).toBe(asked);
  const [row] = await query<{ sealed: Buffer }>(
    bench,
    'select hook_secret_sealed as sealed from label_studio_projects where project_id = $1',
    [of.projectId],
  );
  expect(row!.sealed.includes(secret)).toBe(false);
});

test('a call again does nothing again; a forged one cannot say anything, or make tasks of others be read', async () => {
  const { of, hooks, calls } = await hooked();
  const other = await pullBench({ bench, fake });
  await of.annotate('ann@x.org', 'i-1', { 'm-one': 'golden' });
  await until(async () => (await kindHere(of, 'i-1')) === 'golden');
  const { secret, body } = calls[0]!;
  const { seq } = (await of.here('i-1', 'm-one'))!;
  const foreign = Number((await other.taskOf('i-1')).remote_id);
  await fake.annotate(foreign, { result: await other.resultOf('i-1', { 'm-one': 'wrong' }) });
  const asked = fake.requests.length;
  const forged = [
    body,
    {
      action: 'ANNOTATION_CREATED',
      task: { id: foreign },
      annotation: { id: 999, result: [{ from_name: 'verdict_a' }] },
    },
    { task: { id: 'x' }, annotations: [{ id: -1 }, null] },
    { tasks: [{ id: Number((await of.taskOf('i-3')).remote_id), annotations: [{ id: 1 }] }] },
    ...['text', null, 7, []],
  ];
  for (const each of forged) await hooks.take(of.projectId, { secret, body: each });
  await sleep(300);
  expect((await of.here('i-1', 'm-one'))!.seq).toBe(seq);
  expect([await kindHere(of, 'i-3'), await kindHere(other, 'i-1')]).toEqual([null, null]);
  // They were gathered: each own task was read once, and no other.
  const own = [(await of.taskOf('i-1')).remote_id, (await of.taskOf('i-3')).remote_id];
  const read = fake.requests
    .slice(asked)
    .map(({ path }) => path)
    .filter((path) => path.startsWith('/api/tasks/'));
  expect(read.sort()).toEqual(own.map((id) => `/api/tasks/${id}/`).sort());
});

test('a webhook is made anew for another address, taken away, and its refusal is a sentence and no failure', async () => {
  const { of, moveTo } = await hooked();
  const project = () => bench.db.asUser(of.user, (q) => selectProject(q, of.projectId));
  const first = (await project()).hook_id;
  await hookOf(of.deps, of.user, of.projectId);
  expect((await project()).hook_id).toBe(first);
  moveTo('http://127.0.0.1:9/');
  await hookOf(of.deps, of.user, of.projectId);
  const second = await project();
  expect([...fake.store.hooks.values()].filter((hook) => hook.project === of.remoteId).map((hook) => hook.url)).toEqual(
    [`http://127.0.0.1:9/api/label-studio/hooks/${of.projectId}`],
  );
  await removeHook(of.deps, of.user, second);
  expect([...fake.store.hooks.values()].filter((hook) => hook.project === of.remoteId)).toEqual([]);
  fake.failNext(1, 403, /webhooks/);
  await hookOf(of.deps, of.user, of.projectId);
  expect((await project()).problem).toMatch(/does not call this server.*SSRF_PROTECTION_ENABLED=false/);
  await of.pull();
  expect(await project()).toMatchObject({ hook_id: null, problem: expect.stringContaining('SSRF') });
});

/** It rests 19 times as long as a look took, which is seconds on a busy machine. */
const restedMs = 30_000;

test('polling finds what no webhook told of; what cannot be reached says so, is asked less often, and is found again', async () => {
  const of = await pullBench({ bench, fake }, { deps: {} });
  const deps = { ...of.deps, limits: { ...of.deps.limits, pollMs: 100 } };
  const problem = async () =>
    (
      await query<{ problem: string | null }>(bench, `select problem from label_studio_links where user_id = 'local'`)
    )[0]!.problem;
  const polling = openPolling(deps);
  ends.push(() => polling.stop());
  await of.annotate('ann@x.org', 'i-1', { 'm-one': 'golden' });
  await until(async () => (await kindHere(of, 'i-1')) === 'golden', restedMs);
  expect(await problem()).toBeNull();
  await fake.refuse();
  await until(async () => (await problem()) !== null, restedMs);
  expect(await problem()).toMatch(/cannot be reached/);
  await sleep(1000);
  await fake.listen();
  await of.annotate('ann@x.org', 'i-2', { 'm-one': 'golden' });
  polling.wake();
  await until(async () => (await kindHere(of, 'i-2')) === 'golden', restedMs);
  await until(async () => (await problem()) === null, restedMs);
  // A project that is gone keeps no other from being read.
  const gone = await pullBench({ bench, fake });
  await gone.client.deleteProject(gone.remoteId);
  await of.annotate('ann@x.org', 'i-3', { 'm-one': 'golden' });
  await until(async () => (await kindHere(of, 'i-3')) === 'golden', restedMs);
  const said = `select problem from label_studio_projects where project_id = $1`;
  await until(
    async () => (await query<{ problem: string | null }>(bench, said, [gone.projectId]))[0]!.problem !== null,
    restedMs,
  );
  expect(await problem()).toBeNull();
});
