/** What the client must do with any Label Studio: the same tests for the fake and for the real one. */

import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { LabelStudioClient, NewTask, RemoteTask } from '../../src/curate/label-studio/wire/client.ts';
import { openLabelStudioClient } from '../../src/curate/label-studio/wire/open-client.ts';
import { CONFIG, type SpokenTo, verdict } from './label-studio-steps.ts';

export interface Subject extends SpokenTo {
  personalToken(): Promise<string> | string;
  close(): Promise<void>;
}

const newTask = (item: string): NewTask => ({
  data: { assay_item: item, input: `question ${item}`, answer_a: 'yes' },
  meta: { assay: { project: 'lsp_1', item } },
  predictions: [
    { model_version: 'assay', score: 0.25, result: [verdict('golden')] },
    { model_version: 'm1', score: 0.5, result: [verdict('fix')] },
  ],
});

async function allTasks(pages: AsyncGenerator<RemoteTask[]>): Promise<RemoteTask[]> {
  const found = [];
  for await (const page of pages) found.push(...page);
  return found;
}

/** Registers the tests, against what `start` starts. */
export function testClient(name: string, start: () => Promise<Subject>): void {
  describe(`the client with ${name}`, () => {
    let subject: Subject;
    let client: LabelStudioClient;
    let project: number;
    const open = (token: string) => openLabelStudioClient({ baseUrl: subject.url, token, timeoutMs: 60_000, tries: 3 });
    beforeAll(async () => {
      subject = await start();
      client = open(await subject.personalToken());
      project = await client.createProject({ title: 'Client', labelConfig: CONFIG, modelVersion: 'assay' });
    });
    afterAll(() => subject?.close());

    const annotate = async (
      task: number,
      { token, ...body }: { token: string; result: unknown[]; was_cancelled?: boolean },
    ) => {
      const headers = { authorization: `Token ${token}`, 'content-type': 'application/json' };
      const path = `/api/tasks/${task}/annotations/`;
      const answer = await fetch(subject.url + path, { method: 'POST', headers, body: JSON.stringify(body) });
      return ((await answer.json()) as { id: number }).id;
    };

    test('says whose token it is, of both kinds, and what is wrong with another', async () => {
      const known = { account: 'owner@example.com', version: '1.23.2' };
      expect(await client.whoAmI()).toEqual(known);
      expect(await open(subject.legacyToken).whoAmI()).toEqual(known);
      for (const token of ['0'.repeat(40), 'a.b.c']) {
        await expect(open(token).whoAmI()).rejects.toMatchObject({ code: 'label_studio_refused' });
      }
    });

    test('finds projects, and tells one that is not there', async () => {
      expect(await client.projects()).toContainEqual({ remote_id: project, title: 'Client', tasks: 0 });
      expect(await client.project(project)).toEqual({ id: project, title: 'Client', labelConfig: CONFIG, tasks: 0 });
      const gone = { code: 'label_studio_gone' };
      await expect(client.project(999_999)).rejects.toMatchObject(gone);
      await expect(client.importTasks(999_999, [newTask('i0')])).rejects.toMatchObject(gone);
      await expect(allTasks(client.tasks(999_999))).rejects.toMatchObject(gone);
      await expect(allTasks(client.annotatedTasks(999_999))).rejects.toMatchObject(gone);
      await expect(client.createHook(999_999, { url: 'http://127.0.0.1:9/', headers: {} })).rejects.toMatchObject(gone);
    });

    test('tells what is wrong with a configuration', async () => {
      expect(await client.configProblem(CONFIG)).toBeNull();
      expect(await client.configProblem(CONFIG.replace('toName="answer_a"', 'toName="b"'))).toMatch(
        /^toName="b" not found/,
      );
      const made = client.createProject({ title: 'no', labelConfig: CONFIG, modelVersion: 'assay' });
      await expect(made).rejects.toMatchObject({
        code: 'label_studio_failed',
        message: expect.stringContaining('it answers 400: title: Ensure this field has at least 3 characters'),
      });
    });

    test('sends tasks, reads them back page by page, changes and deletes them', async () => {
      const items = Array.from({ length: 251 }, (_, i) => `p${i}`);
      const ids = await client.importTasks(project, items.map(newTask));
      const read = await allTasks(client.tasks(project));
      expect(read.map(({ id, data }) => [id, data.assay_item])).toEqual(ids.map((id, i) => [id, items[i]]));
      const versions = read[0]!.predictions.map((one) => one.modelVersion);
      expect(versions.toSorted()).toEqual(['assay', 'm1']);
      expect(read[0]).toMatchObject({ meta: newTask('p0').meta, annotations: [], changedAt: expect.any(Date) });

      await client.updateTask(ids[0]!, { data: { ...newTask('p0').data, input: 'changed' } });
      const { id: oldest } = read[0]!.predictions[0]!;
      await client.deletePrediction(oldest);
      await client.deletePrediction(oldest);
      const made = await client.createPrediction(ids[0]!, { model_version: 'm2', score: 1, cluster: 3, result: [] });
      const changed = await client.task(ids[0]!);
      expect(changed).toMatchObject({ data: { input: 'changed', assay_item: 'p0' }, meta: newTask('p0').meta });
      const kept = changed!.predictions.map((one) => one.id);
      expect(kept).toContain(made);
      expect(kept).not.toContain(oldest);

      await client.deleteTask(ids[0]!);
      await client.deleteTask(ids[0]!);
      expect(await client.task(ids[0]!)).toBeNull();
      await expect(client.importTasks(project, [{ ...newTask('x'), data: {} }])).rejects.toMatchObject({
        code: 'label_studio_failed',
        message: expect.stringContaining('key is expected in task data'),
      });
      expect(await client.importTasks(project, [])).toEqual([]);
    });

    test('reads what annotators say, each by address, skipped tasks too', async () => {
      const second = await subject.addUser('second@example.com');
      const [one, other, untouched] = (await client.importTasks(project, ['a1', 'a2', 'a3'].map(newTask))) as [
        number,
        number,
        number,
      ];
      const fix = { from_name: 'fix_a', to_name: 'answer_a', type: 'textarea', value: { text: ['no'] } };
      const relation = { from_id: 'r1', to_id: 'r2', type: 'relation', direction: 'right' };
      const first = await annotate(one, { token: subject.legacyToken, result: [verdict('fix'), fix, relation] });
      await annotate(one, { token: second, result: [verdict('golden')] });
      await annotate(other, { token: second, result: [], was_cancelled: true });
      const annotated = await allTasks(client.annotatedTasks(project));
      expect(annotated.map((task) => task.id)).toEqual([one, other]);
      const said = annotated.map((task) => task.annotations.map(({ annotator, skipped }) => [annotator, skipped]));
      expect(said.map((each) => each.toSorted())).toEqual([
        [
          ['owner@example.com', false],
          ['second@example.com', false],
        ],
        [['second@example.com', true]],
      ]);
      const own = annotated[0]!.annotations.find(({ id }) => id === first)!;
      expect(own).toMatchObject({ taskId: one, result: [verdict('fix'), fix], raw: { id: first } });
      expect(own.result).toHaveLength(2);
      expect(own.changedAt.getTime()).toBeGreaterThanOrEqual(own.madeAt.getTime());
      const alone = (await client.task(one))!.annotations.map(({ annotator }) => annotator);
      expect(alone.toSorted()).toEqual(['owner@example.com', 'second@example.com']);
      expect((await client.task(untouched))!.annotations).toEqual([]);
    });

    test('makes a webhook and takes it away, and the project, once and again', async () => {
      const hook = await client.createHook(project, { url: 'http://127.0.0.1:9/hook', headers: { 'x-secret': 's' } });
      await client.deleteHook(hook);
      await client.deleteHook(hook);
      await client.deleteProject(project);
      await client.deleteProject(project);
      await expect(client.project(project)).rejects.toMatchObject({ code: 'label_studio_gone' });
    });
  });
}
