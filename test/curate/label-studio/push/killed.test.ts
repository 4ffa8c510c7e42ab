/** Tests that a push that is killed, stopped or cancelled at any point ends with each item there exactly once. */

import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import type { Database } from '../../../../src/db/database.ts';
import { seededRandom } from '../../../harness/random.ts';
import { addRun, type Bench, failure, openBench } from '../../seed.ts';
import { type FakeRemote, fakeRemote, unreachable } from './fake-remote.ts';
import { decision, models, type PushBench, pushBench, until } from './push-bench.ts';

let bench: Bench;
let fake: FakeRemote;
beforeAll(async () => {
  bench = await openBench('push_killed');
});
beforeEach(() => {
  fake = fakeRemote();
});
afterAll(() => bench.end());

/** The database of a server that can be killed: from then on nothing it does is kept. */
function mortal(): { db: Database; kill(): never; isDead(): boolean } {
  let dead = false;
  const living = <T>(work: () => Promise<T>): Promise<T> =>
    dead ? Promise.reject(new Error('the server was killed')) : work();
  const db: Database = {
    asUser: (userId, work) => living(() => bench.db.asUser(userId, work)),
    asSystem: (work) => living(() => bench.db.asSystem(work)),
    runAsUser: (userId, statement) => living(() => bench.db.runAsUser(userId, statement)),
    runAsSystem: (statement) => living(() => bench.db.runAsSystem(statement)),
    look: (statement) => living(() => bench.db.look(statement)),
    close: async () => {},
  };
  const kill = (): never => {
    dead = true;
    throw new Error('the server was killed');
  };
  return { db, kill, isDead: () => dead };
}

async function expectWhole(of: PushBench): Promise<void> {
  expect(fake.itemIds().sort()).toEqual([...of.seeded.ids].sort());
  for (const row of await of.rows()) {
    expect(row).toMatchObject({ state: 'sent', remote_id: String(fake.taskOf(row.item_id).id), wanted: false });
  }
}

const holder = 'this server';

/** Lets servers die at calls that the seed chooses, one after the other, and the fourth live. Gives what they died at. */
async function livesOf(of: PushBench, seed: number): Promise<string[]> {
  const random = seededRandom(seed);
  const told: string[] = [];
  for (let life = 0; ; life++) {
    const server = mortal();
    const last = fake.calls.length + 1 + Math.floor(random() * 8);
    const when = random() < 0.5 ? 'before' : 'after';
    fake.at = (moment) => {
      if (life > 2 || moment.calls < last || moment.when !== when) return;
      told.push(`${when} ${moment.name}`);
      server.kill();
    };
    const pushes = of.open({ db: server.db, pace: { holder } });
    if (life === 0) await of.start(pushes).catch(() => undefined);
    else await pushes.resume();
    await until(async () => server.isDead() || (await of.state()).state !== 'running', Boolean);
    await pushes.stop();
    if (!server.isDead()) return told;
  }
}

test('killed at any call, before or after it was done, and started again: one task an item', async () => {
  const count = 60;
  for (let seed = 1; seed <= 6; seed++) {
    fake = fakeRemote();
    const of = await pushBench(bench, fake, { count, batchTasks: 15 });
    const told = await livesOf(of, seed);
    const end = { seed, told, ...(await of.state()) };
    expect(end).toMatchObject({ seed, state: 'completed', total: count, done: count, kept: 0, updated: 0 });
    await expectWhole(of);
  }
});

test('killed while tasks are brought up to date: all are, each with its predictions once', async () => {
  const count = 8;
  for (let seed = 1; seed <= 6; seed++) {
    fake = fakeRemote();
    const of = await pushBench(bench, fake, { count });
    const pushes = of.open();
    await of.push(pushes);
    await pushes.stop();
    const { datasetId, versionId } = of.seeded;
    const answers = of.seeded.ids.map((id, ordinal) => ({ ordinal, content: decision(`for ${id}`) }));
    await addRun(bench, { userId: 'local', datasetId, versionId, model: 'm-two' }, answers);
    const told = await livesOf(of, seed);
    const end = { seed, told, ...(await of.state()) };
    expect(end).toMatchObject({ seed, state: 'completed', total: count, done: count, kept: 0 });
    await expectWhole(of);
    for (const id of of.seeded.ids) {
      const { data, predictions } = fake.taskOf(id);
      expect(Object.values(data)).toContain(decision(`for ${id}`));
      expect(predictions.map((each) => each.modelVersion).sort(), told.join()).toEqual(['assay', ...models]);
    }
  }
});

test('killed when predictions were taken away, and the answers are as before again: the predictions come back', async () => {
  const of = await pushBench(bench, fake, { count: 4 });
  const first = of.open();
  await of.push(first);
  await first.stop();
  const server = mortal();
  const { datasetId, versionId } = of.seeded;
  const answer = (content: string) =>
    addRun(
      bench,
      { userId: 'local', datasetId, versionId, model: 'm-two' },
      of.seeded.ids.map((_, ordinal) => ({
        ordinal,
        content: ordinal === 1 ? content : decision(ordinal % 3 === 0 ? 'no' : 'yes'),
      })),
    );
  await answer(decision('perhaps'));
  fake.at = ({ name, when }) => void (name === 'deletePrediction' && when === 'after' && server.kill());
  const second = of.open({ db: server.db, pace: { holder } });
  await of.start(second).catch(() => undefined);
  await until(async () => server.isDead(), Boolean);
  await second.stop();
  fake.at = () => {};
  await answer(decision('yes'));
  const third = of.open({ pace: { holder } });
  await third.resume();
  expect(await of.ended()).toMatchObject({ state: 'completed', done: 4 });
  for (const id of of.seeded.ids) {
    const held = fake.taskOf(id).predictions.map((each) => each.modelVersion);
    expect(held.sort(), id).toEqual(['assay', ...models]);
  }
  await third.stop();
});

test('cancelled in mid-push: what is there stays, and the next push brings the rest', async () => {
  const of = await pushBench(bench, fake, { count: 100, batchTasks: 10 });
  let go = () => {};
  let imports = 0;
  fake.at = async ({ name, when }) => {
    if (name === 'importTasks' && when === 'after' && (imports += 1) === 4) await new Promise<void>((on) => (go = on));
  };
  const pushes = of.open();
  await of.start(pushes);
  await until(
    async () => imports,
    (seen) => seen === 4,
  );
  expect(await failure(of.start(pushes))).toMatchObject({
    code: 'conflict',
    message: expect.stringContaining('cancel'),
  });
  await pushes.cancel('local', of.projectId);
  expect(await of.ended()).toMatchObject({ state: 'cancelled', total: 100, done: 30 });
  expect((await of.state()).ended_at).not.toBeNull();
  // The next one begins when the call that is under way has come back.
  await of.start(pushes);
  go();
  expect(await of.ended()).toMatchObject({ state: 'completed', total: 100, done: 100, unchanged: 40 });
  expect(imports).toBe(10);
  await expectWhole(of);
  await pushes.stop();
});

test('cancelled by way of another server: the one that does it stops', async () => {
  const of = await pushBench(bench, fake, { count: 100, batchTasks: 10 });
  const [first, second] = [of.open(), of.open()];
  let cancelled = false;
  fake.at = async ({ name, when }) => {
    if (cancelled || name !== 'importTasks' || when !== 'after') return;
    cancelled = true;
    await second.cancel('local', of.projectId);
  };
  await of.push(first);
  await new Promise((go) => setTimeout(go, 300));
  expect(await of.state()).toMatchObject({ state: 'cancelled', done: 10 });
  expect(fake.tasks.size).toBe(10);
  await first.stop();
  await second.stop();
});

test('stopped in mid-push: another server takes it up at once; one that lives keeps its own', async () => {
  const of = await pushBench(bench, fake, { count: 100, batchTasks: 10 });
  let away = true;
  fake.at = ({ name, when }) => {
    if (away && name === 'importTasks' && when === 'after' && fake.tasks.size >= 40) throw unreachable();
  };
  const first = of.open();
  await of.start(first);
  await until(of.state, ({ problem }) => problem !== null);
  const second = of.open();
  await second.resume();
  expect((await of.state()).state).toBe('running');
  const held = () =>
    bench.db.asUser('local', (q) =>
      q.query('select push from label_studio_projects where project_id = $1', [of.projectId]),
    );
  const before = (await held()).rows[0].push.held_by;
  await first.stop();
  expect((await of.state()).state).toBe('running');
  away = false;
  await second.resume();
  expect(await of.ended()).toMatchObject({ state: 'completed', total: 100, done: 100 });
  expect((await held()).rows[0].push.held_by).not.toBe(before);
  await expectWhole(of);
  await second.stop();
});

test('a project that is removed in mid-push ends it', async () => {
  const of = await pushBench(bench, fake, { count: 100, batchTasks: 10 });
  let removed = false;
  fake.at = async ({ name, when }) => {
    if (removed || name !== 'importTasks' || when !== 'after') return;
    removed = true;
    await bench.db.asUser('local', (q) =>
      q.query('delete from label_studio_projects where project_id = $1', [of.projectId]),
    );
  };
  const pushes = of.open();
  await of.start(pushes).catch(() => undefined);
  await until(async () => removed, Boolean);
  await pushes.stop();
  expect(fake.tasks.size).toBe(10);
});
