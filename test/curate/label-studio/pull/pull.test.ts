/** Tests that what annotators say, change and delete in Label Studio is what Assay holds, with who said it. */

import { afterAll, beforeAll, expect, test } from 'vitest';
import { takeTasks } from '../../../../src/curate/label-studio/pull/take-annotations.ts';
import { selectProject } from '../../../../src/curate/label-studio/rows.ts';
import { type FakeLabelStudio, startFakeLabelStudio } from '../../../harness/fake-label-studio.ts';
import { addRun, type Bench, openBench, query } from '../../seed.ts';
import { decision, pullBench } from './pull-bench.ts';

let bench: Bench;
let fake: FakeLabelStudio;
beforeAll(async () => {
  bench = await openBench('label_pull');
  fake = await startFakeLabelStudio();
});
afterAll(async () => {
  await fake.close();
  await bench.end();
});

const nothing = {
  tasks: 0,
  created: 0,
  updated: 0,
  deleted: 0,
  applied: 0,
  conflicts: 0,
  in_review: 0,
  refused: 0,
  foreign: 0,
};

test('what is said, changed and deleted there is said, changed and taken back here, with its annotator', async () => {
  const of = await pullBench({ bench, fake }, { audit: true });
  const id = await of.annotate('ann@x.org', 'i-1', {
    'm-one': 'golden',
    'm-two': { fix: decision('yes'), note: 'turn it' },
  });
  expect(await of.pull()).toEqual({ ...nothing, tasks: 1, created: 1, applied: 2 });
  expect(await of.here('i-1', 'm-one')).toMatchObject({ kind: 'golden', content: null, annotator: 'ann@x.org' });
  expect(await of.here('i-1', 'm-two')).toMatchObject({ kind: 'fix', content: decision('yes'), note: 'turn it' });
  expect(await of.labels('m-one')).toEqual([
    { judge: 'ann@x.org', ordinal: 0, passed: true, sample: 'audit', reasoning: 'turn it' },
  ]);
  expect((await of.labels('m-two'))[0]).toMatchObject({ judge: 'ann@x.org', passed: false });
  const state = `select s.golden, s.fixed, s.needs_review from item_states s where s.version_id = $1 and s.ordinal = 0`;
  expect(await query(bench, state, [of.seeded.versionId])).toEqual([{ golden: 1, fixed: 1, needs_review: false }]);

  const seq = (await of.here('i-1', 'm-one'))!.seq;
  expect(await of.pull()).toEqual({ ...nothing, tasks: 1 });
  expect((await of.here('i-1', 'm-one'))!.seq).toBe(seq);

  await of.change(id, 'i-1', { 'm-one': 'wrong', 'm-two': { fix: decision('yes'), note: 'turn it' } });
  expect(await of.pull()).toMatchObject({ updated: 1, created: 0, applied: 1 });
  expect(await of.here('i-1', 'm-one')).toMatchObject({ kind: 'wrong', annotator: 'ann@x.org' });
  expect((await of.labels('m-one'))[0]!.passed).toBe(false);

  await fake.deleteAnnotation(id);
  expect(await of.pull()).toMatchObject({ deleted: 1, conflicts: 0 });
  expect(await of.here('i-1', 'm-one')).toMatchObject({ kind: null, annotator: 'ann@x.org' });
  expect(await of.here('i-1', 'm-two')).toMatchObject({ kind: null });
  expect([await of.labels('m-one'), await of.labels('m-two')]).toEqual([[], []]);
  expect(await query(bench, state, [of.seeded.versionId])).toEqual([{ golden: 0, fixed: 0, needs_review: true }]);
  const project = await bench.db.asUser(of.user, (q) => selectProject(q, of.projectId));
  expect(Date.now() - project.pulled_at!.getTime()).toBeLessThan(60_000);
});

test('of two annotators the second one joins, ties, and is counted; both are labels for the figures of trust', async () => {
  const of = await pullBench({ bench, fake });
  await of.annotate('ann@x.org', 'i-1', { 'm-one': 'golden' });
  await of.annotate('ann@x.org', 'i-2', { 'm-one': 'golden' });
  await of.pull();
  await of.annotate('bob@x.org', 'i-1', { 'm-one': 'golden' });
  const bob = await of.annotate('bob@x.org', 'i-2', { 'm-one': 'wrong' });
  expect(await of.pull()).toMatchObject({ created: 2, applied: 1, in_review: 1 });
  expect(await of.here('i-1', 'm-one')).toMatchObject({ kind: 'golden', annotator: 'ann@x.org, bob@x.org' });
  // Apart: what was taken stays until a person has chosen.
  expect(await of.here('i-2', 'm-one')).toMatchObject({ kind: 'golden', annotator: 'ann@x.org' });
  const [open] = await of.open();
  expect(open).toMatchObject({ candidate_id: 'i-2', name: 'i-2', state: 'review', theirs: null, proposed: null });
  expect(open!.each.map((one) => [one.annotators, one.kind])).toEqual([
    [['ann@x.org'], 'golden'],
    [['bob@x.org'], 'wrong'],
  ]);
  expect(await of.labels('m-one')).toHaveLength(4);
  // A third makes a majority.
  await of.annotate('cid@x.org', 'i-2', { 'm-one': 'wrong' });
  await of.pull();
  expect(await of.here('i-2', 'm-one')).toMatchObject({ kind: 'wrong', annotator: 'bob@x.org, cid@x.org' });
  expect(await of.open()).toEqual([]);
  // Without the second one of them, the two that are left are apart again.
  await fake.deleteAnnotation(bob);
  expect(await of.pull()).toMatchObject({ deleted: 1, in_review: 1 });
  await of.resolve('i-2', 'm-one', { keep: 'annotator', annotator: 'ann@x.org' });
  expect(await of.here('i-2', 'm-one')).toMatchObject({ kind: 'golden', annotator: 'ann@x.org' });
  // It holds, also when another answer of the task is judged anew.
  await of.annotate('cid@x.org', 'i-2', { 'm-two': 'wrong' });
  expect(await of.pull()).toMatchObject({ applied: 1, in_review: 0 });
  expect(await of.open()).toEqual([]);
  await expect(of.resolve('i-2', 'm-one', { keep: 'ours' })).rejects.toMatchObject({ code: 'not_found' });
});

test('by review nothing is taken of one annotator alone; another rule takes what waits at the next pull', async () => {
  const of = await pullBench({ bench, fake }, { rule: 'review' });
  await of.annotate('ann@x.org', 'i-1', { 'm-one': 'golden' });
  expect(await of.pull()).toMatchObject({ applied: 0, in_review: 1 });
  expect(await of.here('i-1', 'm-one')).toBeNull();
  await query(bench, `update label_studio_projects set rule = 'newest' where project_id = $1`, [of.projectId]);
  expect(await of.pull()).toMatchObject({ created: 0, applied: 1 });
  expect(await of.here('i-1', 'm-one')).toMatchObject({ kind: 'golden' });
});

test('what cannot be taken waits, with the reason in words', async () => {
  const items = [{ id: 'i-1', answers: { 'm-one': decision('yes'), 'm-two': null } }];
  const of = await pullBench({ bench, fake }, { items });
  await of.annotate('ann@x.org', 'i-1', { 'm-one': { fix: 'not json' }, 'm-two': 'golden' });
  expect(await of.pull()).toMatchObject({ applied: 0, refused: 2 });
  const open = await of.open();
  expect(open.map((one) => [one.model_id, one.state])).toEqual([
    ['m-one', 'refused'],
    ['m-two', 'refused'],
  ]);
  expect(open[0]!.problem).toMatch(/must be JSON.*line 1, column 1/);
  expect(open[1]!.problem).toMatch(/cannot be golden: it failed with engine_error/);
  await expect(of.resolve('i-1', 'm-one', { keep: 'theirs' })).rejects.toMatchObject({ code: 'invalid_parameter' });
  await of.resolve('i-1', 'm-one', { keep: 'ours' });
  expect((await of.open()).map((one) => one.model_id)).toEqual(['m-two']);
});

test('a verdict on an answer that is another one by now is not taken; a fix is', async () => {
  const of = await pullBench({ bench, fake });
  await of.annotate('ann@x.org', 'i-1', { 'm-one': 'golden', 'm-two': { fix: decision('maybe') } });
  for (const model of ['m-one', 'm-two']) {
    await addRun(
      bench,
      { ...of.seeded, model },
      [0, 1, 2].map((ordinal) => ({ ordinal, content: decision('unsure') })),
    );
  }
  expect(await of.pull()).toMatchObject({ applied: 1, refused: 1 });
  expect(await of.here('i-1', 'm-one')).toBeNull();
  expect((await of.open())[0]!.problem).toMatch(/not the one any more that was shown/);
  expect(await of.here('i-1', 'm-two')).toMatchObject({ kind: 'fix', content: decision('maybe') });
});

test('tasks of others are passed over, and so is what another project over the same items shows', async () => {
  const of = await pullBench({ bench, fake });
  const other = await pullBench({ bench, fake });
  const result = await other.resultOf('i-1', { 'm-one': 'golden' });
  const meta = { assay: { project: other.projectId, item: 'i-1' } };
  const { data } = (await of.client.task(Number((await of.taskOf('i-1')).remote_id)))!;
  const [foreign, plain] = await of.client.importTasks(of.remoteId, [
    { data, meta, predictions: [] },
    { data: { ...data, assay_item: undefined }, meta: {}, predictions: [] },
  ]);
  await fake.annotate(foreign!, { result });
  await fake.annotate(plain!, { result });
  expect(await of.pull()).toEqual({ ...nothing, foreign: 2 });
  expect(await of.here('i-1', 'm-one')).toBeNull();
});

test('a task there twice has the words of both; a skipped one and NUL say nothing and do no harm', async () => {
  const of = await pullBench({ bench, fake });
  const task = await of.taskOf('i-1');
  const { data, meta } = (await of.client.task(Number(task.remote_id)))!;
  const [twin] = await of.client.importTasks(of.remoteId, [{ data, meta, predictions: [] }]);
  await of.annotate('ann@x.org', 'i-1', { 'm-one': 'golden' });
  const bob = await fake.annotate(twin!, {
    email: 'bob@x.org',
    result: await of.resultOf('i-1', { 'm-one': 'golden' }),
  });
  await fake.annotate(Number(task.remote_id), {
    email: 'cid@x.org',
    result: await of.resultOf('i-1', { 'm-one': { kind: 'wrong', note: 'a\0b' } }),
    skipped: true,
  });
  await of.annotate('dan@x.org', 'i-2', { 'm-one': { kind: 'wrong', note: 'a\0b\ud800' } });
  await of.pull();
  expect(await of.here('i-1', 'm-one')).toMatchObject({ kind: 'golden', annotator: 'ann@x.org, bob@x.org' });
  expect(await of.here('i-2', 'm-one')).toMatchObject({ kind: 'wrong', note: 'ab\ufffd' });
  // One of the two read alone says nothing of the other's annotations.
  const project = await bench.db.asUser(of.user, (q) => selectProject(q, of.projectId));
  const one = (await of.client.task(Number(task.remote_id)))!;
  expect(await takeTasks(of.deps, of.user, { project, tasks: [one] })).toEqual({ ...nothing, tasks: 1 });
  await fake.deleteAnnotation(bob);
  expect(await of.pull()).toMatchObject({ deleted: 1 });
  expect(await of.here('i-1', 'm-one')).toMatchObject({ annotator: 'ann@x.org' });
});
