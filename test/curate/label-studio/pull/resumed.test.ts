/** Tests that a pull which is killed, or runs beside another, ends with what is there. */

import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { pullProject, pullTasks } from '../../../../src/curate/label-studio/pull/pull-project.ts';
import type { RemoteTask } from '../../../../src/curate/label-studio/wire/client.ts';
import type { Database } from '../../../../src/db/database.ts';
import { type FakeLabelStudio, startFakeLabelStudio } from '../../../harness/fake-label-studio.ts';
import { seededRandom } from '../../../harness/random.ts';
import { type Bench, openBench, query } from '../../seed.ts';
import { decision, type PullBench, pullBench } from './pull-bench.ts';

let bench: Bench;
let fake: FakeLabelStudio;
beforeAll(async () => {
  bench = await openBench('label_resumed');
  fake = await startFakeLabelStudio();
});
afterAll(async () => {
  await fake.close();
  await bench.end();
});

const itemsOf = (count: number) =>
  Array.from({ length: count }, (_, n) => ({
    id: `i-${n}`,
    answers: { 'm-one': decision('yes'), 'm-two': decision('no') },
  }));

const counts = async (of: PullBench) =>
  (
    await query(
      bench,
      `select (select count(*)::int from label_studio_annotations where project_id = $1 and deleted_at is null) as kept,
         (select count(*)::int from annotations where dataset_id = $2 and kind = 'golden') as golden,
         (select count(*)::int from label_studio_answers where project_id = $1 and state = 'applied') as applied,
         (select count(*)::int from annotations where dataset_id = $2 and jsonb_array_length(history) > 1) as twice`,
      [of.projectId, of.seeded.datasetId],
    )
  )[0];

class Killed extends Error {}

/** Ends each transaction, and each label, with a kill by chance; after a statement of it, and before its commit. */
function deadly(db: Database, chance: () => number): Database {
  return {
    ...db,
    asUser: (user, work) =>
      db.asUser(user, async (q) => {
        const value = await work(q);
        if (chance() < 0.3) throw new Killed('killed before the commit');
        return value;
      }),
  };
}

test('killed at any place and run again, each annotation is here once, with its label', async () => {
  const of = await pullBench({ bench, fake }, { items: itemsOf(250) });
  for (let n = 0; n < 250; n++) await of.annotate('ann@x.org', `i-${n}`, { 'm-one': 'golden' });
  const chance = seededRandom(7);
  let kills = 0;
  for (let ended = false; !ended; ) {
    const db = deadly(bench.db, chance);
    const labels: typeof of.deps.labels = async (user, changes) => {
      await of.deps.labels(user, changes);
      if (chance() < 0.3) throw new Killed('killed behind the labels');
    };
    await pullProject({ ...of.deps, db, labels }, of.user, of.projectId).then(
      () => (ended = true),
      (error) => {
        if (!(error instanceof Killed)) throw error;
        kills += 1;
      },
    );
  }
  expect(kills).toBeGreaterThan(3);
  expect(await counts(of)).toEqual({ kept: 250, golden: 250, applied: 250, twice: 0 });
  expect(await of.labels('m-one')).toHaveLength(250);
});

test('pulls at once, by webhook and whole, bring each annotation once; one that waits is joined', async () => {
  const of = await pullBench({ bench, fake }, { items: itemsOf(120) });
  const remoteIds: number[] = [];
  for (let n = 0; n < 120; n++) {
    await of.annotate('ann@x.org', `i-${n}`, { 'm-one': 'golden' });
    remoteIds.push(Number((await of.taskOf(`i-${n}`)).remote_id));
  }
  const asked = fake.requests.length;
  const pulls = [of.pull(), of.pull(), of.pull(), of.pull()];
  // Another server has other objects in its hands.
  const elsewhere = { ...of.deps, db: { ...bench.db } };
  const beside = [
    pullProject(elsewhere, of.user, of.projectId),
    pullTasks(of.deps, of.user, { projectId: of.projectId, remoteIds }),
  ];
  const brought = await Promise.all([...new Set(pulls), ...beside]);
  expect(brought.reduce((sum, one) => sum + one.created, 0)).toBe(120);
  expect(await counts(of)).toEqual({ kept: 120, golden: 120, applied: 120, twice: 0 });
  const lists = fake.requests.slice(asked).filter(({ path }) => path === '/api/tasks/');
  const going = of.pull();
  await sleep(5);
  const [second, third] = [of.pull(), of.pull()];
  expect([second === third, second === going]).toEqual([true, false]);
  await Promise.all([going, second]);
  // The first four are one, which had not begun: two pages and their end, and the same elsewhere.
  expect(new Set(pulls).size).toBe(1);
  expect(lists.length).toBeLessThanOrEqual(6);
});

test('what a webhook brought while a whole pull was reading is not taken for deleted, nor undone by the older list', async () => {
  const of = await pullBench({ bench, fake });
  const first = await of.annotate('ann@x.org', 'i-1', { 'm-one': 'golden' });
  await of.pull();
  // The list is read, and then, before it is taken, one annotation is deleted there and another one made; both are told.
  const slow: typeof of.deps.connect = (at) => {
    const client = of.deps.connect(at);
    const annotatedTasks = async function* (id: number) {
      const pages: RemoteTask[][] = [];
      for await (const page of client.annotatedTasks(id)) pages.push(page);
      await fake.deleteAnnotation(first);
      await of.annotate('bob@x.org', 'i-1', { 'm-two': 'wrong' });
      await of.annotate('bob@x.org', 'i-2', { 'm-one': 'wrong' });
      const remoteIds = [Number((await of.taskOf('i-1')).remote_id), Number((await of.taskOf('i-2')).remote_id)];
      await pullTasks(of.deps, of.user, { projectId: of.projectId, remoteIds });
      yield* pages;
    };
    return { ...client, annotatedTasks };
  };
  await pullProject({ ...of.deps, connect: slow }, of.user, of.projectId);
  expect(await of.here('i-1', 'm-one')).toMatchObject({ kind: null });
  expect(await of.here('i-1', 'm-two')).toMatchObject({ kind: 'wrong' });
  expect(await of.here('i-2', 'm-one')).toMatchObject({ kind: 'wrong' });
  expect(await of.pull()).toMatchObject({ created: 0, updated: 0, deleted: 0 });
});

test('labels say what holds, also when another pull brought something newer while they were told', async () => {
  const of = await pullBench({ bench, fake });
  const id = await of.annotate('ann@x.org', 'i-1', { 'm-one': 'golden' });
  let beside: Promise<unknown> | null = null;
  const labels: typeof of.deps.labels = async (user, changes) => {
    if (beside === null) {
      await of.change(id, 'i-1', { 'm-one': 'wrong' });
      const remoteIds = [Number((await of.taskOf('i-1')).remote_id)];
      beside = pullTasks(of.deps, of.user, { projectId: of.projectId, remoteIds });
      await beside;
    }
    await of.deps.labels(user, changes);
  };
  await pullProject({ ...of.deps, labels }, of.user, of.projectId);
  expect(await of.here('i-1', 'm-one')).toMatchObject({ kind: 'wrong' });
  expect((await of.labels('m-one')).map((one) => one.passed)).toEqual([false]);
});
