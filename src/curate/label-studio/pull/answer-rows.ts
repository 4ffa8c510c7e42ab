/** Reads all that an answer's settlement needs for a page of tasks at once, and writes what is then known of the answers. */

import type { PoolClient } from 'pg';
import type { AnnotationKind } from '../../../contracts/workbench.ts';
import type { Version } from '../../../datasets/version-items.ts';
import type { Place } from '../../judged-answer.ts';
import type { AnnotationRow, AnswerRow, ProjectRow, TaskRow } from '../rows.ts';
import type { Word } from './consensus.ts';
import type { Here, Prior } from './next-step.ts';

/** Answers of a task that are to be settled. */
export interface Touched {
  task: Pick<TaskRow, 'item_id' | 'answers' | 'sent_at'>;
  models: Iterable<string>;
}

/** An answer of a task with what both sides say of it. */
export interface ReadAnswer {
  itemId: string;
  modelId: string;
  words: Word[];
  here: Here | null;
  prior: Prior | null;
  base: number;
  /** Whether the answer is still the one that annotators saw. */
  shown: boolean;
}

export const placeOf = (
  project: Pick<ProjectRow, 'dataset_id'>,
  answer: { itemId: string; modelId: string },
): Place => ({
  datasetId: project.dataset_id,
  candidateId: answer.itemId,
  modelId: answer.modelId,
});

interface Of {
  project: Pick<ProjectRow, 'project_id' | 'dataset_id'>;
  version: Pick<Version, 'versionId'>;
  touched: Touched[];
}

export async function readAnswers(q: PoolClient, of: Of): Promise<ReadAnswer[]> {
  const items = of.touched.map(({ task }) => task.item_id);
  const said = Map.groupBy(await wordsOf(q, of.project.project_id, items), (row) => row.item_id);
  const here = await hereOf(q, of.project.dataset_id, items);
  const priors = await priorsOf(q, of.project.project_id, items);
  const hashes = await hashesOf(q, of.version.versionId, items);
  return of.touched.flatMap(({ task, models }) => {
    const itemId = task.item_id;
    const rows = said.get(itemId) ?? [];
    const names = new Set(rows.map((row) => row.annotator));
    return [...models].map((modelId) => {
      const at = key(itemId, modelId);
      const row = here.get(at);
      const present = row === undefined ? null : presentOf(row, names);
      const prior = priors.get(at) ?? null;
      // A task shows what stood here when it was sent: whoever says something else there has seen that.
      const seen = present !== null && task.sent_at !== null && present.at <= task.sent_at.getTime();
      const slot = Object.values(task.answers).find((one) => one.model_id === modelId);
      const shown = slot === undefined || slot.answer_hash === (hashes.get(at) ?? nothingHash);
      const base = prior?.base || (seen ? present.seq : 0);
      return { itemId, modelId, words: wordsFor(rows, modelId), here: present, prior, base, shown };
    });
  });
}

const key = (itemId: string, modelId: string): string => JSON.stringify([itemId, modelId]);

/** Of an answer without content. */
const nothingHash = '';

/** Rows of an item, those deleted there too. */
export type WordRow = Pick<AnnotationRow, 'item_id' | 'annotator' | 'said' | 'skipped' | 'changed_at' | 'deleted_at'>;

/** What the annotations of an item say of a model's answer. */
export function wordsFor(rows: Omit<WordRow, 'item_id'>[], modelId: string): Word[] {
  return rows.flatMap(({ annotator, said, skipped, changed_at: at, deleted_at }) => {
    const of = said[modelId];
    return of === undefined || skipped || deleted_at !== null ? [] : { annotator, said: of, at };
  });
}

export async function wordsOf(q: PoolClient, projectId: string, items: string[]): Promise<WordRow[]> {
  const { rows } = await q.query<WordRow>(
    `select item_id, annotator, said, skipped, changed_at, deleted_at from label_studio_annotations
     where project_id = $1 and item_id = any($2) order by item_id, changed_at, remote_id`,
    [projectId, items],
  );
  return rows;
}

interface HereRow {
  item_id: string;
  model_id: string;
  seq: string;
  kind: AnnotationKind | null;
  content: string | null;
  note: string | null;
  annotator: string;
  created_at: Date;
}

async function hereOf(q: PoolClient, datasetId: string, items: string[]): Promise<Map<string, HereRow>> {
  const { rows } = await q.query<HereRow>(
    `select item_id, model_id, seq, kind, content, note, annotator, created_at from annotations
     where dataset_id = $1 and item_id = any($2)`,
    [datasetId, items],
  );
  return new Map(rows.map((row) => [key(row.item_id, row.model_id), row]));
}

function presentOf(row: HereRow, names: Set<string>): Here {
  const { kind, content, note, annotator } = row;
  const fromThere = annotator.split(', ').every((name) => names.has(name));
  return { seq: Number(row.seq), kind, content, note, annotator, at: row.created_at.getTime(), fromThere };
}

async function priorsOf(q: PoolClient, projectId: string, items: string[]): Promise<Map<string, Prior>> {
  const { rows } = await q.query<Pick<AnswerRow, 'item_id' | 'model_id' | 'base_seq'> & Omit<Prior, 'base'>>(
    `select item_id, model_id, state, theirs, ours, problem, base_seq from label_studio_answers
     where project_id = $1 and item_id = any($2)`,
    [projectId, items],
  );
  return new Map(
    rows.map(({ item_id, model_id, base_seq, ...row }) => [key(item_id, model_id), { ...row, base: Number(base_seq) }]),
  );
}

/** Hashes of the answers that the grid shows. */
async function hashesOf(q: PoolClient, versionId: string, items: string[]): Promise<Map<string, string>> {
  const { rows } = await q.query<{ item_id: string; model_id: string; hash: string }>(
    `select i.item_id, a.model_id, encode(sha256(convert_to(a.content, 'UTF8')), 'hex') as hash
     from items i join answers a on a.version_id = i.version_id and a.ordinal = i.ordinal
       join runs r on r.run_id = a.run_id and r.superseded_by is null
     where i.version_id = $1 and i.item_id = any($2) and a.content is not null`,
    [versionId, items],
  );
  return new Map(rows.map((row) => [key(row.item_id, row.model_id), row.hash]));
}

/** Takes the place of what was known. */
export async function writeKnown(
  q: PoolClient,
  { project, written }: { project: ProjectRow; written: { item_id: string; model_id: string; known: Prior }[] },
): Promise<void> {
  const rows = written.map(({ known: { base, ...known }, ...place }) => ({ ...place, ...known, base_seq: base }));
  await q.query(
    `insert into label_studio_answers (project_id, user_id, item_id, model_id, state, theirs, ours, problem, base_seq)
     select $1, $2, r.item_id, r.model_id, r.state, r.theirs, r.ours, r.problem, r.base_seq
     from jsonb_to_recordset($3::jsonb) as r
       (item_id text, model_id text, state text, theirs jsonb, ours jsonb, problem text, base_seq bigint)
     on conflict (project_id, item_id, model_id) do update set state = excluded.state, theirs = excluded.theirs,
       ours = excluded.ours, problem = excluded.problem, base_seq = excluded.base_seq, changed_at = now()`,
    [project.project_id, project.user_id, JSON.stringify(rows)],
  );
}
