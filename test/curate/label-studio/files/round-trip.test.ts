/** Files go out and come back: recognised, whole or not at all, and the same after another round through a Label Studio. */

import { afterAll, beforeAll, expect, test } from 'vitest';
import { addRun, type Bench, failure, openBench, query } from '../../seed.ts';
import { type FileBench, type FileTask, fileBench, slotOf, throughLabelStudio, verdict } from './file-bench.ts';

let bench: Bench;
beforeAll(async () => {
  bench = await openBench('label_files');
});
afterAll(() => bench.end());

/** Two annotators say the same of the first `n` tasks: what "no" is wrong, what "yes" is golden. */
const labelled = (tasks: FileTask[], n: number): FileTask[] =>
  tasks.map((task, at) => ({
    ...task,
    annotations: (at < n ? [1, 2] : []).map((by) => ({
      id: undefined,
      completed_by: by,
      result: [verdict('a', saidOf(task, 'a')), verdict('b', saidOf(task, 'b'))],
    })),
  }));
const saidOf = (task: FileTask, slot: string): string =>
  String(task.data[`answer_${slot}`]).includes('"no"') ? 'wrong' : 'golden';

const annotationsIn = (files: FileBench) =>
  query(
    bench,
    `select item_id, model_id, kind, annotator from annotations where dataset_id = $1 and kind is not null order by item_id, model_id`,
    [files.seeded.datasetId],
  );

test('tasks go out once each, with what an import needs, and keep their rows', async () => {
  const files = await fileBench(bench, { count: 250 });
  const tasks = await files.exported();
  expect(tasks).toHaveLength(250);
  expect(new Set(tasks.map((task) => task.data.assay_item)).size).toBe(250);
  expect(tasks[0]).toMatchObject({
    meta: { assay: { project: files.projectId } },
    predictions: [{ model_version: 'assay' }],
    annotations: [],
  });
  const rows = await query<{ state: string; audit: boolean }>(
    bench,
    'select state, audit from label_studio_tasks where project_id = $1',
    [files.projectId],
  );
  expect(rows.filter((row) => row.state === 'planned')).toHaveLength(250);
  expect(rows.filter((row) => row.audit)).toHaveLength(50);
  expect(await files.exported()).toEqual(tasks);
  const few = await files.exported({ select: 'differences', limit: 10 });
  expect(few).toHaveLength(10);
});

test('an unknown project is told before the first piece', async () => {
  const files = await fileBench(bench, { count: 1 });
  files.projectId = 'lsp_none';
  const { deps } = files;
  const { exportTasks } = await import('../../../../src/curate/label-studio/files/export-file.ts');
  const fault = await failure(exportTasks(deps, 'local', { projectId: 'lsp_none', select: 'everything', limit: 1 }));
  expect(fault?.code).toBe('not_found');
  expect((await failure(exportTasks(deps, 'other', { projectId: 'lsp_none', select: 'audit', limit: 1 })))?.code).toBe(
    'not_found',
  );
});

test('labels come back, the same file again changes nothing, and another round through Label Studio neither', async () => {
  const files = await fileBench(bench, { count: 30 });
  const tasks = await files.exported();
  const first = throughLabelStudio(labelled(tasks, 12), { from: 500 });
  const brought = await files.bring(first);
  expect(brought).toMatchObject({
    tasks: 30,
    created: 24,
    updated: 0,
    deleted: 0,
    applied: 24,
    conflicts: 0,
    foreign: 0,
  });
  const said = await annotationsIn(files);
  expect(said).toHaveLength(24);
  const no = tasks.slice(0, 12).filter((task) => slotOf(task, 'no') !== 'b' || saidOf(task, 'b') === 'wrong').length;
  expect(said.filter((row) => row.kind === 'wrong')).toHaveLength(
    tasks.slice(0, 12).filter((task) => ['a', 'b'].some((slot) => saidOf(task, slot) === 'wrong')).length,
  );
  expect(no).toBeGreaterThan(0);
  expect(new Set(said.map((row) => row.annotator))).toEqual(new Set(['user 1, user 2']));

  expect(await files.bring(first)).toMatchObject({ created: 0, updated: 0, deleted: 0, applied: 0 });
  expect(await annotationsIn(files)).toEqual(said);

  const again = await files.exported();
  expect(again.flatMap((task) => task.annotations)).toHaveLength(24);
  const second = throughLabelStudio(again, { from: 9000, at: '2026-11-22T12:00:00.000000Z' });
  expect(await files.bring(second)).toMatchObject({ created: 0, deleted: 0, conflicts: 0 });
  expect(await annotationsIn(files)).toEqual(said);
  const idsAndWords = (all: FileTask[]) =>
    all.flatMap((task) => task.annotations.map(({ id, result, completed_by }) => ({ id, result, completed_by })));
  expect(idsAndWords(await files.exported())).toEqual(idsAndWords(again));
});

test('a task that was imported twice comes back as one with the annotations of both', async () => {
  const files = await fileBench(bench, { count: 3 });
  const tasks = await files.exported();
  const one = throughLabelStudio(labelled(tasks, 3), { from: 100 });
  const other = throughLabelStudio(
    labelled(tasks, 3).map((task) => ({ ...task, annotations: task.annotations.slice(0, 1) })),
    { from: 300 },
  );
  expect(await files.bring([...one, ...other])).toMatchObject({ tasks: 3, created: 9, deleted: 0 });
});

test('what is deleted there is deleted here, and tasks of others are passed over', async () => {
  const files = await fileBench(bench, { count: 4 });
  const tasks = await files.exported();
  const file = throughLabelStudio(labelled(tasks, 4), { from: 100 });
  await files.bring(file);
  const [less, ...rest] = file;
  const fewer = [{ ...less!, annotations: [] }, ...rest];
  const otherProject = { ...file[1]!, id: 777, meta: { assay: { project: 'lsp_other' } }, annotations: [] };
  const notOurs = { id: 778, data: { text: 'x' }, meta: {}, annotations: [] };
  expect(await files.bring([...fewer, otherProject, notOurs])).toMatchObject({ deleted: 2, foreign: 2, created: 0 });
  expect((await annotationsIn(files)).map((row) => row.item_id)).not.toContain(less!.data);
  expect(await annotationsIn(files)).toHaveLength(6);
});

test('a fault anywhere takes nothing, and is named', async () => {
  const files = await fileBench(bench, { count: 400 });
  const file = throughLabelStudio(labelled(await files.exported(), 400), { from: 1000 });
  const broken = structuredClone(file);
  broken[399]!.annotations[1]!.created_at = 'never';
  const refusals: [unknown[] | string, RegExp][] = [
    [broken, /^task 400, annotations\[2\]\.created_at: must be a time/],
    [JSON.stringify(file).slice(0, -30), /must not end in the middle/],
    [
      [...file, { ...file[0]!, id: 5, data: {} }],
      /^task 401, annotations\[1\]\.id: must be its own, and stands at task 1/,
    ],
  ];
  for (const [bad, said] of refusals) {
    const fault = await failure(files.bring(bad));
    expect([fault?.code, fault?.message]).toEqual(['invalid_parameter', expect.stringMatching(said)]);
  }
  expect(await annotationsIn(files)).toEqual([]);
  const rows = await query(bench, 'select from label_studio_annotations where project_id = $1', [files.projectId]);
  expect(rows).toEqual([]);
});

test('a file of another Label Studio is refused before it takes the place of other annotations', async () => {
  const files = await fileBench(bench, { count: 4 });
  const tasks = labelled(await files.exported(), 4);
  await files.bring(throughLabelStudio(tasks.slice(0, 2), { from: 100 }));
  const fault = await failure(files.bring(throughLabelStudio(tasks.slice(2), { from: 100 })));
  expect(fault?.message).toMatch(/^task 1, annotation 101: is an annotation of item .* another Label Studio/);
});

test('a file beyond the limit is refused with the setting that raises it', async () => {
  const files = await fileBench(bench, { count: 1 });
  files.deps.limits.fileMaxBytes = 1000;
  const fault = await failure(files.bring(`[${' '.repeat(2000)}]`));
  expect([fault?.code, fault?.message]).toEqual([
    'payload_too_large',
    expect.stringContaining('ASSAY_LABEL_STUDIO_FILE_MAX_BYTES'),
  ]);
});

test('labels of an older file are not taken for answers that a model gave since', async () => {
  const files = await fileBench(bench, { count: 2 });
  const old = throughLabelStudio(labelled(await files.exported(), 2), { from: 100 });
  const { versionId, datasetId, runs } = files.seeded;
  const content = JSON.stringify({ recommendation: 'perhaps' });
  const again = { userId: 'local', datasetId, versionId, model: 'm-one' };
  await addRun(
    bench,
    again,
    [0, 1].map((ordinal) => ({ ordinal, content })),
  );
  // A later file of the same project shows the new answers.
  const shown = (await files.exported()).map((task) => [task.data.answer_a, task.data.answer_b]);
  expect(shown.flat()).toContain(content);
  expect(await files.bring(old)).toMatchObject({ created: 4, applied: 2, refused: 2 });
  expect((await annotationsIn(files)).map((row) => row.model_id)).toEqual(['m-two', 'm-two']);
  const rows = await query<{ answers: Record<string, { model_id: string; run_id: string }> }>(
    bench,
    'select answers from label_studio_tasks where project_id = $1',
    [files.projectId],
  );
  for (const { answers } of rows)
    expect(Object.values(answers).find((one) => one.model_id === 'm-one')?.run_id).toBe(runs['m-one']);
});
