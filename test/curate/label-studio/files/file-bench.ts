/** What tests of files begin with: a dataset with the answers of two models, a project of files, and what Label Studio makes of a file. */

import { Readable } from 'node:stream';
import { generateConfig } from '../../../../src/curate/label-studio/config/generate-config.ts';
import { exportTasks } from '../../../../src/curate/label-studio/files/export-file.ts';
import { importAnnotations } from '../../../../src/curate/label-studio/files/import-file.ts';
import type { LabelStudioDeps } from '../../../../src/curate/label-studio/label-studio-deps.ts';
import { newProjectId } from '../../../../src/curate/label-studio/rows.ts';
import { sealerOf } from '../../../../src/curate/label-studio/sealed.ts';
import type { NewTask, RemoteResult } from '../../../../src/curate/label-studio/wire/client.ts';
import { silentLog } from '../../../harness/database.ts';
import { type Bench, query, type Seeded, type SeedItem, seed } from '../../seed.ts';

export const models = ['m-one', 'm-two'];
const answer = (value: string) => JSON.stringify({ recommendation: value });

/** Every third item's models differ. */
export const items = (count: number): SeedItem[] =>
  Array.from({ length: count }, (_, at) => ({
    id: `item-${at}`,
    truth: 'yes',
    answers: { 'm-one': answer('yes'), 'm-two': answer(at % 3 === 0 ? 'no' : 'yes') },
  }));

type Json = Record<string, unknown>;

/** A task of a file of ours. */
export type FileTask = NewTask & { annotations: Json[] };

export interface FileBench {
  deps: LabelStudioDeps;
  seeded: Seeded;
  projectId: string;
  /** The tasks of a whole export. */
  exported(asked?: { select?: 'everything' | 'differences'; limit?: number }): Promise<FileTask[]>;
  /** Takes a file in; text is taken as it is. */
  bring(tasks: unknown[] | string): ReturnType<typeof importAnnotations>;
  addProject(): Promise<string>;
}

export async function fileBench(
  bench: Bench,
  { count, seeded }: { count: number; seeded?: Seeded },
): Promise<FileBench> {
  const of = seeded ?? (await seed(bench, items(count)));
  const deps: LabelStudioDeps = {
    db: bench.db,
    log: silentLog,
    holder: 'tests',
    limits: { batchTasks: 50, pollMs: 0, knownValues: 12, fileMaxBytes: 50_000_000, roundLabels: 20 },
    sealer: sealerOf(() => Buffer.alloc(32, 1)),
    connect: () => {
      throw new Error('files need no connection');
    },
    hookUrl: () => null,
    labels: async () => null,
  };
  const addProject = async () => {
    const id = newProjectId();
    const { labelConfig, mapping } = generateConfig({ models, blind: true, fields: [] });
    await query(
      bench,
      `insert into label_studio_projects (project_id, user_id, dataset_id, title, origin, models, blind, seed, label_config, mapping, rule,
         audit_share)
       values ($1, 'local', $2, 'By file', 'files', $3, true, 1, $4, $5, 'majority', 0.2)`,
      [id, of.datasetId, models, labelConfig, mapping],
    );
    return id;
  };
  const projectId = await addProject();
  return {
    ...{ deps, projectId, addProject, seeded: of },
    async exported({ select = 'everything', limit = 100_000 } = {}) {
      let text = '';
      for await (const piece of await exportTasks(deps, 'local', { projectId, select, limit })) text += piece;
      return JSON.parse(text) as FileTask[];
    },
    bring: (tasks) => {
      const text = typeof tasks === 'string' ? tasks : JSON.stringify(tasks);
      const file = Readable.from(
        Buffer.from(text)
          .toString('latin1')
          .match(/[\s\S]{1,65536}/g) ?? [],
        { objectMode: true },
      );
      return importAnnotations(deps, 'local', { projectId, file: file.map((piece) => Buffer.from(piece, 'latin1')) });
    },
  };
}

/** The block of a task that shows the model's answer. */
export const slotOf = (task: FileTask, decision: string): string =>
  task.data.answer_a === answer(decision) ? 'a' : 'b';

export const verdict = (slot: string, kind: string): RemoteResult => ({
  id: `v-${slot}`,
  from_name: `verdict_${slot}`,
  to_name: `answer_${slot}`,
  type: 'choices',
  value: { choices: [kind] },
});

/**
 * The tasks as a Label Studio that imported them exports them: numbers of its own, old numbers of annotations beside,
 * annotators by number.
 */
export function throughLabelStudio(
  tasks: FileTask[],
  { from, at = '2026-11-22T10:00:00.000000Z' }: { from: number; at?: string },
): (Json & { annotations: Json[] })[] {
  let next = from;
  return tasks.map(({ data, meta, annotations }, place) => ({
    id: from + place,
    data,
    meta,
    predictions: [1],
    created_at: at,
    updated_at: at,
    annotations: annotations.map((one) => {
      next += 1;
      const by = one.completed_by as number | { id: number };
      return {
        id: next,
        completed_by: typeof by === 'number' ? by : by.id,
        result: one.result,
        was_cancelled: one.was_cancelled ?? false,
        created_at: at,
        updated_at: at,
        import_id: one.id ?? null,
        task: from + place,
      };
    }),
  }));
}
