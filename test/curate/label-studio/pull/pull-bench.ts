/** A project whose tasks are in a fake Label Studio, with annotators who say things there: what tests of pulls begin with. */

import type { ConsensusRule, LabelProject } from '../../../../src/contracts/label-studio.ts';
import type { AnnotationKind } from '../../../../src/contracts/workbench.ts';
import { readEntries } from '../../../../src/curate/entries.ts';
import { generateConfig } from '../../../../src/curate/label-studio/config/generate-config.ts';
import { clientOf, connectLabelStudio } from '../../../../src/curate/label-studio/connection.ts';
import type { LabelStudioDeps } from '../../../../src/curate/label-studio/label-studio-deps.ts';
import { openAnswers } from '../../../../src/curate/label-studio/pull/open-answers.ts';
import { pullProject } from '../../../../src/curate/label-studio/pull/pull-project.ts';
import { resolveAnswer } from '../../../../src/curate/label-studio/pull/resolve.ts';
import { type AnswerRow, newProjectId, type TaskRow } from '../../../../src/curate/label-studio/rows.ts';
import { sealerOf } from '../../../../src/curate/label-studio/sealed.ts';
import { makeTask } from '../../../../src/curate/label-studio/task/make-task.ts';
import type { RemoteResult } from '../../../../src/curate/label-studio/wire/client.ts';
import { openLabelStudioClient } from '../../../../src/curate/label-studio/wire/open-client.ts';
import { keepLabels } from '../../../../src/judge/people/keep-labels.ts';
import { silentLog } from '../../../harness/database.ts';
import type { FakeLabelStudio } from '../../../harness/fake-label-studio.ts';
import { type Bench, filterOf, query, type SeedItem, seed } from '../../seed.ts';

export const models = ['m-one', 'm-two'];
export const decision = (word: string): string => JSON.stringify({ recommendation: word });

/** What an annotator says of each model's answer. */
export type Saying = Record<string, AnnotationKind | { fix?: string; note?: string; kind?: AnnotationKind }>;

export const depsOf = (bench: Bench, more: Partial<LabelStudioDeps> = {}): LabelStudioDeps => {
  return {
    db: bench.db,
    log: silentLog,
    holder: 'tests',
    limits: { batchTasks: 250, pollMs: 0, knownValues: 12, fileMaxBytes: 1_000_000, roundLabels: 20 },
    sealer: sealerOf(() => Buffer.alloc(32, 7)),
    connect: (at) => openLabelStudioClient({ ...at, timeoutMs: 5000, tries: 1 }),
    hookUrl: () => null,
    labels: (userId, changes) => keepLabels(bench.db, userId, changes),
    ...more,
  };
};

export const threeItems: SeedItem[] = ['i-1', 'i-2', 'i-3'].map((id) => ({
  id,
  answers: { 'm-one': decision('yes'), 'm-two': decision('no') },
}));

export type PullBench = Awaited<ReturnType<typeof pullBench>>;

/** The tasks of all items are there, and Assay knows their numbers. */
export async function pullBench(
  on: { bench: Bench; fake: FakeLabelStudio },
  options: { rule?: ConsensusRule; items?: SeedItem[]; audit?: boolean; deps?: Partial<LabelStudioDeps> } = {},
) {
  const { bench, fake } = on;
  const deps = depsOf(bench, options.deps);
  const user = 'local';
  const items = options.items ?? threeItems;
  const seeded = await seed(bench, items);
  await connectLabelStudio(deps, user, { base_url: fake.url, token: fake.legacyToken });
  const projectId = newProjectId();
  const { labelConfig, mapping } = generateConfig({ models, blind: true, fields: [] });
  const client = await clientOf(deps, user);
  const remoteId = await client.createProject({ title: 'Pulled', labelConfig, modelVersion: 'assay' });
  await query(
    bench,
    `insert into label_studio_projects (project_id, user_id, dataset_id, title, remote_id, base_url, origin, models, blind, seed,
       label_config, mapping, rule, audit_share) values ($1, $2, $3, 'Pulled', $4, $5, 'made', $6, true, 1, $7, $8, $9, 0)`,
    [projectId, user, seeded.datasetId, remoteId, fake.url, models, labelConfig, mapping, options.rule ?? 'majority'],
  );
  const project = { project_id: projectId, models, blind: true, seed: 1, mapping };
  const choice = { ...seeded, filter: filterOf(seeded.datasetId, { models: models.join(',') }) };
  for (let from = 0; from < items.length; from += 500) {
    const ordinals = items.slice(from, from + 500).map((_, at) => from + at);
    const entries = await bench.db.asUser(user, (q) => readEntries(q, choice as never, ordinals));
    const plan = {
      project,
      score: 0.5,
      cluster: null,
      audit: options.audit ?? false,
      slotKey: (model: string) => model,
    };
    const made = entries.map((entry) => ({ entry, ...makeTask(entry, plan) }));
    const numbers = await client.importTasks(
      remoteId,
      made.map((one) => one.task),
    );
    const rows = made.map(({ entry, answers }, at) => ({
      item_id: entry.itemId,
      ordinal: entry.ordinal,
      remote_id: numbers[at],
      answers,
    }));
    await query(
      bench,
      `insert into label_studio_tasks (project_id, item_id, user_id, version_id, ordinal, place, state, remote_id, answers, score,
         audit, sent_at)
       select $1, r.item_id, $2, $3, r.ordinal, r.ordinal, 'sent', r.remote_id, r.answers, 0.5, $4, now()
       from jsonb_to_recordset($5) as r (item_id text, ordinal integer, remote_id bigint, answers jsonb)`,
      [projectId, user, seeded.versionId, options.audit ?? false, JSON.stringify(rows)],
    );
  }
  const taskOf = async (item: string) =>
    (
      await query<TaskRow>(bench, 'select * from label_studio_tasks where project_id = $1 and item_id = $2', [
        projectId,
        item,
      ])
    )[0]!;

  return {
    deps,
    fake,
    bench,
    user,
    seeded,
    projectId,
    remoteId,
    client,
    taskOf,
    resultOf: async (item: string, saying: Saying) => resultOf(await taskOf(item), mapping, saying),
    /** An annotator annotates the task of an item. Gives the annotation's number. */
    async annotate(email: string, item: string, saying: Saying): Promise<number> {
      const task = await taskOf(item);
      return fake.annotate(Number(task.remote_id), { email, result: resultOf(task, mapping, saying) });
    },
    async change(id: number, item: string, saying: Saying): Promise<void> {
      await fake.changeAnnotation(id, { result: resultOf(await taskOf(item), mapping, saying) });
    },
    pull: () => pullProject(deps, user, projectId),
    /** What stands here of an answer. */
    async here(item: string, model: string) {
      const [row] = await query<{
        kind: string | null;
        content: string | null;
        note: string | null;
        annotator: string;
        seq: string;
      }>(
        bench,
        'select kind, content, note, annotator, seq from annotations where dataset_id = $1 and item_id = $2 and model_id = $3',
        [seeded.datasetId, item, model],
      );
      return row ?? null;
    },
    async known(item: string, model: string) {
      const [row] = await query<AnswerRow>(
        bench,
        'select * from label_studio_answers where project_id = $1 and item_id = $2 and model_id = $3',
        [projectId, item, model],
      );
      return row ?? null;
    },
    say: (kind: AnnotationKind, item: string, body: { model_id: string; content?: string }) =>
      bench.curation.annotate(user, { kind, datasetId: seeded.datasetId, candidateId: item, body }),
    clear: (kind: AnnotationKind, item: string, model: string) =>
      bench.curation.clear(user, { kind, datasetId: seeded.datasetId, candidateId: item, modelId: model }),
    open: async () => (await bench.db.asUser(user, (q) => openAnswers(q, projectId, { limit: 50 }))).data,
    resolve: (
      candidate_id: string,
      model_id: string,
      keep: { keep: 'ours' | 'theirs' | 'annotator'; annotator?: string },
    ) => resolveAnswer(deps, user, { projectId, resolution: { candidate_id, model_id, ...keep } }),
    labels: async (model: string) =>
      query<{ judge: string; ordinal: number; passed: boolean; sample: string; reasoning: string | null }>(
        bench,
        `select j.judge, j.ordinal, j.passed, j.sample, j.reasoning from judgments j join judge_runs r using (judge_run_id)
         where r.run_id = $1 and r.mode = 'human' and j.judge <> 'panel' order by j.ordinal, j.judge`,
        [seeded.runs[model]],
      ),
  };
}

function resultOf(task: TaskRow, mapping: LabelProject['mapping'], saying: Saying): RemoteResult[] {
  return Object.entries(saying).flatMap(([model, said]) => {
    const slot = Object.entries(task.answers).find(([, answer]) => answer.model_id === model)![0];
    const of = typeof said === 'string' ? { kind: said } : { kind: 'fix', ...said };
    const control = (means: string, at: string | null) =>
      mapping.controls.find((one) => one.means === means && one.slot === at)!;
    const verdict = control('verdict', slot);
    const choice = Object.entries(verdict.values).find(([, meaning]) => meaning === of.kind)![0];
    const results = [part(verdict, { choices: [choice] })];
    if ('fix' in of && of.fix !== undefined) results.push(part(control('fix', slot), { text: [of.fix] }));
    if ('note' in of && of.note !== undefined) results.push(part(control('note', null), { text: [of.note] }));
    return results;
  });
}

const part = (
  { name, to_name, type }: { name: string; to_name: string; type: string },
  value: Record<string, unknown>,
): RemoteResult => ({ id: `r-${name}`, from_name: name, to_name, type, value });
