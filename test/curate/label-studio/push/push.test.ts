/** Tests that a push brings each chosen item there once, brings it up to date later, and leaves alone what was changed there. */

import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { annotate } from '../../../../src/curate/annotate.ts';
import { AssayError } from '../../../../src/errors.ts';
import { addRun, type Bench, failure, openBench, query } from '../../seed.ts';
import { address, type FakeRemote, failed, fakeRemote, unreachable, writes } from './fake-remote.ts';
import { decision, models, type PushBench, pushBench, until } from './push-bench.ts';

let bench: Bench;
let fake: FakeRemote;
beforeAll(async () => {
  bench = await openBench('push');
});
beforeEach(() => {
  fake = fakeRemote();
});
afterAll(() => bench.end());

const made = (): string[] => fake.calls.filter((name) => writes.has(name));

/** A run of m-two with other answers to these items takes the place of the one before. */
async function answerAnew(of: PushBench, count: number, changed: number[]): Promise<void> {
  const { datasetId, versionId } = of.seeded;
  const answers = Array.from({ length: count }, (_, ordinal) => ({
    ordinal,
    content: changed.includes(ordinal) ? decision('perhaps') : decision(ordinal % 3 === 0 ? 'no' : 'yes'),
  }));
  await addRun(bench, { userId: 'local', datasetId, versionId, model: 'm-two' }, answers);
}

test('500 items of two models are there once, in bounded batches, with predictions of both', async () => {
  const of = await pushBench(bench, fake, { count: 500 });
  const sizes: number[] = [];
  fake.at = ({ name, when, tasks }) => void (name === 'importTasks' && when === 'before' && sizes.push(tasks.length));
  const pushes = of.open();
  const end = await of.push(pushes);
  expect(end).toMatchObject({
    state: 'completed',
    total: 500,
    done: 500,
    updated: 0,
    unchanged: 0,
    kept: 0,
    problem: null,
  });
  expect(new Set(fake.itemIds())).toEqual(new Set(of.seeded.ids));
  expect(fake.tasks.size).toBe(500);
  expect(sizes).toEqual(Array(10).fill(50));
  const rows = await of.rows();
  for (const row of rows) {
    const remote = fake.taskOf(row.item_id);
    expect(row).toMatchObject({ state: 'sent', remote_id: String(remote.id), wanted: false });
    expect(
      Object.values(row.answers)
        .map((answer) => answer.model_id)
        .sort(),
    ).toEqual(models);
    expect(remote.meta.assay).toMatchObject({ project: of.projectId, item: row.item_id, audit: row.audit });
    expect(remote.predictions.map((each) => each.modelVersion).sort()).toEqual(['assay', ...models]);
  }
  // Sent in the order of their places, and the audit sample is marked.
  expect(rows.map((row) => Number(row.remote_id))).toEqual(
    rows.map((row) => Number(row.remote_id)).sort((a, b) => a - b),
  );
  expect(rows.filter((row) => row.audit)).toHaveLength(100);
  await pushes.stop();
});

test('pushed again unchanged: nothing is written there', async () => {
  const of = await pushBench(bench, fake, { count: 130 });
  const pushes = of.open();
  await of.push(pushes, { limit: 80 });
  const before = await of.rows();
  fake.calls.length = 0;
  expect(await of.push(pushes, { limit: 80 })).toMatchObject({
    total: 80,
    done: 80,
    unchanged: 80,
    updated: 0,
    kept: 0,
  });
  expect(made()).toEqual([]);
  expect(await of.rows()).toEqual(before);
  // More of them: only the new ones go out.
  expect(await of.push(pushes)).toMatchObject({ total: 130, done: 130, unchanged: 80 });
  expect(made()).toEqual(['importTasks']);
  expect(new Set(fake.itemIds())).toEqual(new Set(of.seeded.ids));
  await pushes.stop();
});

test('a changed answer is brought up to date; what was annotated, changed or deleted there is left alone', async () => {
  const of = await pushBench(bench, fake, { count: 60 });
  const pushes = of.open();
  await of.push(pushes);
  fake.tasks.get(fake.taskOf('item-2').id)!.predictions.push({ id: 9999, modelVersion: 'a model of theirs' });
  fake.annotate(fake.taskOf('item-3').id);
  fake.taskOf('item-4').data.prompt = 'Said otherwise by a person';
  const gone = fake.taskOf('item-5').id;
  fake.tasks.delete(gone);
  const before = structuredClone(fake.tasks);
  await answerAnew(of, 60, [2, 3, 4, 5]);
  fake.calls.length = 0;
  expect(await of.push(pushes)).toMatchObject({ total: 60, done: 60, updated: 1, kept: 3, unchanged: 56 });
  const updated = fake.taskOf('item-2');
  expect(Object.values(updated.data)).toContain(decision('perhaps'));
  expect(updated.predictions.map((each) => each.modelVersion).sort()).toEqual([
    'a model of theirs',
    'assay',
    ...models,
  ]);
  for (const kept of ['item-3', 'item-4']) expect(fake.taskOf(kept)).toEqual(before.get(fake.taskOf(kept).id));
  expect(fake.itemIds()).not.toContain('item-5');
  const rows = new Map((await of.rows()).map((row) => [row.item_id, row]));
  expect(rows.get('item-5')).toMatchObject({ state: 'gone', wanted: false });
  // Its slots still name the answer that the annotator saw.
  const shown = (id: string) => Object.values(rows.get(id)!.answers).find((answer) => answer.model_id === 'm-two')!;
  expect(shown('item-3').run_id).toBe(of.seeded.runs['m-two']);
  expect(shown('item-2').run_id).not.toBe(of.seeded.runs['m-two']);
  // Once more: the same again, without a call that writes.
  fake.calls.length = 0;
  expect(await of.push(pushes)).toMatchObject({ done: 60, updated: 0, kept: 3, unchanged: 57 });
  expect(made()).toEqual([]);
  await pushes.stop();
});

test('other places in the ranking change nothing of tasks whose own answers are the same', async () => {
  const of = await pushBench(bench, fake, { count: 60 });
  const pushes = of.open();
  await of.push(pushes);
  const changed = [1, 2, 4, 5, 7, 8, 10, 11, 13, 14, 16, 17];
  await answerAnew(of, 60, changed);
  expect(await of.push(pushes)).toMatchObject({ done: 60, updated: changed.length, unchanged: 60 - changed.length });
  await pushes.stop();
});

test('what is said here makes new predictions of a task that nobody has annotated', async () => {
  const of = await pushBench(bench, fake, { count: 4 });
  const pushes = of.open();
  await of.push(pushes);
  const before = fake.taskOf('item-1').predictions.map((each) => each.id);
  const said = { candidateId: 'item-1', body: { model_id: 'm-two' } };
  await annotate(bench.db, 'local', { kind: 'wrong', datasetId: of.seeded.datasetId, ...said });
  fake.calls.length = 0;
  expect(await of.push(pushes)).toMatchObject({ updated: 1, unchanged: 3 });
  expect(made()).not.toContain('updateTask');
  const after = fake.taskOf('item-1').predictions;
  expect(after.map((each) => each.modelVersion).sort()).toEqual(['assay', ...models]);
  expect(after.some((each) => before.includes(each.id))).toBe(false);
  await pushes.stop();
});

test('while Label Studio cannot be reached the push waits, and says so; it goes on by itself', async () => {
  const of = await pushBench(bench, fake, { count: 200 });
  let away = false;
  let imports = 0;
  fake.at = ({ name, when }) => {
    if (name === 'importTasks' && when === 'after' && (imports += 1) === 2) away = true;
    if (away) throw unreachable();
  };
  const pushes = of.open();
  await of.start(pushes);
  const waiting = await until(of.state, ({ problem }) => problem !== null);
  expect(waiting).toMatchObject({ state: 'running', done: 50, per_second: null, seconds_left: null });
  expect(waiting.problem).toMatch(/^waits: Label Studio at .* cannot be reached/);
  const link = () => query<{ problem: string | null }>(bench, 'select problem from label_studio_links');
  expect((await until(link, ([row]) => row!.problem !== null))[0]!.problem).toMatch(/cannot be reached/);
  away = false;
  expect(await of.ended()).toMatchObject({ state: 'completed', total: 200, done: 200, problem: null });
  expect(fake.itemIds().sort()).toEqual([...of.seeded.ids].sort());
  expect((await link())[0]!.problem).toBeNull();
  await pushes.stop();
});

test('tasks that land after they were looked for are doubles, and are taken away; an annotated one stays', async () => {
  const of = await pushBench(bench, fake, { count: 60 });
  let late: (() => void) | null = null;
  let imports = 0;
  fake.at = ({ name, when, tasks }) => {
    if (name !== 'importTasks' || when !== 'before') return;
    imports += 1;
    if (imports === 1) {
      late = () => {
        const ids = tasks.map(({ data, meta }, at) => {
          const task = { id: 5000 + at, data, meta, changedAt: new Date(), annotations: [], predictions: [] };
          fake.tasks.set(task.id, structuredClone(task));
          return task.id;
        });
        fake.annotate(ids[7]!);
      };
      throw unreachable();
    }
    late?.();
    late = null;
  };
  const pushes = of.open();
  expect(await of.push(pushes)).toMatchObject({ state: 'completed', done: 60 });
  expect(fake.itemIds().sort()).toEqual([...of.seeded.ids].sort());
  expect(fake.tasks.get(5007)!.annotations).toHaveLength(1);
  for (const row of await of.rows()) expect(row.remote_id).toBe(String(fake.taskOf(row.item_id).id));
  await pushes.stop();
});

test('a task that is refused is found and named, and the rest of its batch goes out', async () => {
  const of = await pushBench(bench, fake, { count: 60 });
  fake.at = ({ tasks }) => {
    if (tasks.some(({ data }) => data.assay_item === 'item-17')) throw failed('data.prompt is missing');
  };
  const pushes = of.open();
  const end = await of.push(pushes);
  expect(end).toMatchObject({ state: 'completed', total: 60, done: 60, kept: 1 });
  expect(end.problem).toMatch(/Task item-17 was not taken.*data\.prompt is missing/);
  expect(fake.itemIds().sort()).toEqual(of.seeded.ids.filter((id) => id !== 'item-17').sort());
  expect((await of.rows()).find((row) => row.item_id === 'item-17')).toMatchObject({ state: 'planned', wanted: false });
  await pushes.stop();
});

test('where nothing is taken, or the token is refused, the push fails with the reason', async () => {
  const of = await pushBench(bench, fake, { count: 60 });
  fake.at = ({ name }) => {
    if (name === 'importTasks') throw failed('no space left there');
  };
  const pushes = of.open();
  expect(await of.push(pushes)).toMatchObject({
    state: 'failed',
    problem: expect.stringMatching(/no space left there/),
  });
  expect(made().length).toBeLessThan(80);
  fake.at = () => {
    throw new AssayError('label_studio_refused', { url: address, problem: '401' });
  };
  expect(await of.push(pushes)).toMatchObject({ state: 'failed', problem: expect.stringMatching(/refuses the token/) });
  fake.at = () => {};
  expect(await of.push(pushes)).toMatchObject({ state: 'completed', done: 60 });
  expect(fake.tasks.size).toBe(60);
  await pushes.stop();
});

test('tasks of others in the project are not touched', async () => {
  const of = await pushBench(bench, fake, { count: 6 });
  const foreign = { changedAt: new Date(), annotations: [], predictions: [] };
  fake.tasks.set(7001, { ...foreign, id: 7001, data: { text: 'theirs' }, meta: {} });
  const assay = { project: 'lsp_another', item: 'item-1' };
  fake.tasks.set(7002, { ...foreign, id: 7002, data: { assay_item: 'item-1' }, meta: { assay } });
  const pushes = of.open();
  expect(await of.push(pushes)).toMatchObject({ total: 6, done: 6, kept: 0 });
  expect(fake.tasks.size).toBe(8);
  expect(fake.tasks.get(7002)).toMatchObject({ data: { assay_item: 'item-1' } });
  await pushes.stop();
});

test('a project of files, one without a connection and one that is not there are refused', async () => {
  const of = await pushBench(bench, fake, { count: 2 });
  const pushes = of.open();
  await query(bench, 'delete from label_studio_links');
  expect(await failure(of.push(pushes))).toMatchObject({ code: 'label_studio_not_connected' });
  await query(bench, `update label_studio_projects set remote_id = null, origin = 'files' where project_id = $1`, [
    of.projectId,
  ]);
  expect(await failure(of.push(pushes))).toMatchObject({
    code: 'conflict',
    message: expect.stringContaining('export'),
  });
  expect(await failure(pushes.start('other', of.projectId, {} as never))).toMatchObject({ code: 'not_found' });
  expect(await failure(pushes.cancel('local', of.projectId))).toMatchObject({ code: 'conflict' });
  await pushes.stop();
});

test('a configuration that was changed there and lacks a control ends the push before anything is sent', async () => {
  const of = await pushBench(bench, fake, { count: 3 });
  fake.labelConfig = '<View><Text name="prompt" value="$prompt"/></View>';
  const end = await of.push(of.open());
  expect(end).toMatchObject({ state: 'failed', done: 0, problem: expect.stringContaining('does not serve') });
  expect(made()).toEqual([]);
});
