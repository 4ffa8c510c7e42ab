/** The live socket: who may, what it refuses, slow and sleeping clients, the end and the restart of the server. */

import { Agent, get } from 'node:http';
import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest';
import { WebSocket } from 'ws';
import { gridPage } from '../../src/compare/grid-page.ts';
import { type LiveFeed, openLiveFeed } from '../../src/compare/live-feed.ts';
import { gridStats } from '../../src/compare/stats.ts';
import { type LiveMessage, liveMessage } from '../../src/contracts/workbench.ts';
import type { WorkbenchDeps } from '../../src/http/workbench-deps.ts';
import { answer, type Bench, landIn, makeDataset, makeRun, openBench } from '../compare/seed.ts';
import { silentLog } from '../harness/database.ts';
import { type AppOptions, type StartedApp, startApp } from './start-app.ts';

let bench: Bench;
let feed: LiveFeed | null = null;
let started: StartedApp | null = null;
/** Messages that the sockets took, by the dataset they had asked for. */
const taken = new Map<string, number>();

beforeAll(async () => {
  bench = await openBench('live_socket');
});
afterAll(() => bench.end());
const stop = async () => {
  await started?.stop();
  await feed?.close();
  [started, feed] = [null, null];
};
afterEach(stop);

async function start(options: AppOptions = {}): Promise<StartedApp> {
  const open = openLiveFeed({
    db: bench.db,
    url: bench.url,
    activeRuns: async () => [],
    log: silentLog,
    gatherMs: 2,
    retryMs: 20,
    pollMs: 200,
  });
  feed = open;
  // The rooms that these tests ask for; the others are not there.
  const workbench = {
    grid: {
      page: (userId, query) => gridPage(bench.db, userId, query),
      stats: (userId, filter) => gridStats(bench.db, userId, filter),
    },
    live: {
      subscribe: (userId, on) =>
        open.subscribe(userId, {
          ...on,
          send(message) {
            const took = on.send(message);
            const key = on.datasetId ?? 'all';
            if (took) taken.set(key, (taken.get(key) ?? 0) + 1);
            return took;
          },
        }),
    },
  } as Partial<WorkbenchDeps> as WorkbenchDeps;
  started = await startApp('live_socket', { databaseUrl: bench.url, ...options, deps: { workbench } });
  return started;
}

interface Opened {
  socket: WebSocket;
  got: LiveMessage[];
  closed: Promise<{ code: number; reason: string }>;
}

/** An open socket, subscribed when `subscribe` says to what. */
async function connect(
  url: string,
  {
    subscribe,
    protocols = [],
    headers = {},
  }: { subscribe?: object; protocols?: string[]; headers?: Record<string, string> } = {},
): Promise<Opened> {
  const socket = new WebSocket(`${url.replace('http', 'ws')}/ws/workbench`, protocols, { headers });
  const got: LiveMessage[] = [];
  socket.on('message', (data) => got.push(liveMessage.parse(JSON.parse(String(data)))));
  const closed = new Promise<{ code: number; reason: string }>((resolve) =>
    socket.on('close', (code, reason) => resolve({ code, reason: String(reason) })),
  );
  await new Promise((resolve, reject) => socket.once('open', resolve).once('error', reject));
  if (subscribe !== undefined) socket.send(JSON.stringify({ type: 'subscribe', ...subscribe }));
  return { socket, got, closed };
}

const until = (check: () => boolean) => vi.waitFor(() => expect(check()).toBe(true), { timeout: 20_000, interval: 5 });
const results = ({ got }: Opened) => got.filter((message) => message.type === 'result');
const greeted = ({ got }: Opened) => until(() => got.some((message) => message.type === 'hello'));

async function someRun(items: number) {
  const version = await makeDataset(
    bench,
    Array.from({ length: items }, () => ({})),
    { comparing: { decision_path: 'verdict' } },
  );
  return { version, run: await makeRun(bench, version, 'm') };
}

test('what lands comes over the socket, and the grid has it', async () => {
  const { url } = await start();
  const { version, run } = await someRun(3);
  const client = await connect(url, { subscribe: { dataset_id: version.datasetId } });
  await greeted(client);
  await landIn(bench, run, [answer(0, { verdict: 'Yes' }), answer(1, null)]);
  await until(() => results(client).length === 2);
  expect(results(client)[0]).toMatchObject({ result: { candidate_id: 'item-0', cell: { decision: 'Yes' } } });
  const page = await fetch(
    `${url}/admin/workbench/results?dataset_id=${version.datasetId}&filter=failed&filter=needs_review`,
  );
  expect(await page.json()).toMatchObject({
    total: 3,
    filtered: 1,
    items: [{ candidate_id: 'item-1' }],
    models: ['m'],
  });
  const refused = await fetch(`${url}/admin/workbench/results?dataset_id=${version.datasetId}&decided=nothing`);
  expect([refused.status, await refused.json()]).toMatchObject([400, { error: { param: 'decided.0' } }]);
  const stats = await fetch(`${url}/admin/workbench/stats?dataset_id=${version.datasetId}&models=m`);
  expect(await stats.json()).toMatchObject({ models: [{ answers: 2, failed: 1 }] });
  const described = (await (await fetch(`${url}/openapi.json`)).json()) as { paths: Record<string, unknown> };
  expect(Object.keys(described.paths)).toContain('/admin/workbench/agreement');
});

test('a page of another origin is refused, and so is another name of the server', async () => {
  const { url } = await start();
  await expect(connect(url, { headers: { origin: 'https://elsewhere.example' } })).rejects.toThrow('403');
  await expect(connect(url, { headers: { host: 'elsewhere.example' } })).rejects.toThrow('403');
  const own = await connect(url, { headers: { origin: url } });
  own.socket.close();
});

test('where keys are asked for, a page sends its own as a subprotocol', async () => {
  const { url, localToken } = await start({ auth: { jwtSecret: 'a secret of at least thirty-two characters' } });
  await expect(connect(url)).rejects.toThrow('401');
  await expect(connect(url, { protocols: ['bearer', 'wrong'] })).rejects.toThrow('401');
  const page = await connect(url, { protocols: ['bearer', localToken], subscribe: {} });
  await greeted(page);
  expect(page.socket.protocol).toBe('bearer');
  const tool = await connect(url, { headers: { authorization: `Bearer ${localToken}` }, subscribe: {} });
  await greeted(tool);
});

test('messages that are none close the socket, saying why', async () => {
  const { url } = await start();
  const said = async (message: string | Buffer) => {
    const { socket, closed } = await connect(url);
    socket.send(message);
    return closed;
  };
  expect(await said('hello')).toEqual({ code: 1008, reason: expect.stringContaining('not JSON') });
  expect(await said('{"type": "publish"}')).toEqual({ code: 1008, reason: expect.stringContaining('type') });
  expect(await said('{"type": "subscribe", "since": -1}')).toEqual({
    code: 1008,
    reason: expect.stringContaining('since'),
  });
  expect(await said('null')).toMatchObject({ code: 1008 });
  expect(await said(Buffer.from('{"type": "subscribe"}'))).toEqual({
    code: 1008,
    reason: expect.stringContaining('binary'),
  });
  expect(await said(`{"type": "subscribe", "x": "${'x'.repeat(70_000)}"}`)).toMatchObject({ code: 1009 });
});

test('a client that does not read holds nobody up, and gets each result once when it reads again', async () => {
  const limit = 64 * 1024;
  const { url } = await start({ limits: { liveBufferBytes: limit } });
  const { version, run } = await someRun(100);
  const runs = [run, await makeRun(bench, version, 'n')];
  const slow = await connect(url, { subscribe: { dataset_id: version.datasetId } });
  const fast = await connect(url, { subscribe: {} });
  await Promise.all([greeted(slow), greeted(fast)]);
  slow.socket.pause();
  const rounds = 6;
  const wide = (n: number) => answer(n, { verdict: 'Yes', long: 'x'.repeat(16_000) });
  for (let round = 0; round < rounds; round++) {
    for (const each of runs)
      await landIn(
        bench,
        each,
        Array.from({ length: 100 }, (_, i) => wide(i)),
      );
    await until(() => results(fast).length === 200 * (round + 1));
  }
  // Both sockets' buffers in the kernel hold some megabytes, the server no more than the limit.
  expect(taken.get(version.datasetId)).toBeLessThan(200 * rounds);
  slow.socket.resume();
  await until(
    () => new Set(results(slow).map((message) => message.result.model_id + message.result.ordinal)).size === 200,
  );
  const last = results(fast).at(-1)!.cursor;
  await until(() => results(slow).at(-1)?.cursor === last);
  const cursors = results(slow).map((message) => message.cursor);
  expect(cursors).toEqual([...new Set(cursors)].toSorted((a, b) => a - b));
});

test('the server ends although a client sleeps; after its restart the client goes on where it was', async () => {
  const { version, run } = await someRun(10);
  const first = await start({ limits: { closeGraceMs: 200 } });
  const [client, sleeper] = [await connect(first.url, { subscribe: {} }), await connect(first.url, { subscribe: {} })];
  await greeted(client);
  await landIn(bench, run, [answer(0, 'x')]);
  await until(() => results(client).length === 1);
  sleeper.socket.pause();
  await stop();
  expect(await client.closed).toMatchObject({ code: 1001 });
  await landIn(bench, run, [answer(1, 'x'), answer(2, 'x')]);
  const second = await start();
  const since = results(client).at(-1)!.cursor;
  const back = await connect(second.url, { subscribe: { since, dataset_id: version.datasetId } });
  await until(() => results(back).length === 2);
  await landIn(bench, run, [answer(3, 'x')]);
  await until(() => results(back).length === 3);
  expect(results(back).map((message) => message.result.ordinal)).toEqual([1, 2, 3]);
});

test('a request that offers another upgrade is answered as any, also the next one on its connection', async () => {
  const { url } = await start();
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  for (const headers of [{ connection: 'Upgrade, HTTP2-Settings', upgrade: 'h2c' }, { connection: 'keep-alive' }]) {
    const status = await new Promise((resolve, reject) =>
      get(`${url}/healthz`, { agent, headers }, (response) => {
        response.resume().on('end', () => resolve(response.statusCode));
      }).on('error', reject),
    );
    expect(status).toBe(200);
  }
  agent.destroy();
  expect((await fetch(`${url}/ws/workbench`)).status).toBe(404);
});

test('a second subscription takes the place of the first', async () => {
  const { url } = await start();
  const [one, two] = [await someRun(1), await someRun(1)];
  const client = await connect(url, { subscribe: { dataset_id: one.version.datasetId } });
  await greeted(client);
  client.socket.send(JSON.stringify({ type: 'subscribe', dataset_id: two.version.datasetId }));
  await until(() => client.got.filter((message) => message.type === 'hello').length === 2);
  await landIn(bench, one.run, [answer(0, 'x')]);
  await landIn(bench, two.run, [answer(0, 'x')]);
  await until(() => results(client).length === 1);
  expect(results(client)[0]!.result.dataset_id).toBe(two.version.datasetId);
});
