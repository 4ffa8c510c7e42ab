/** Believes a file about which answers it shows: it may be older than the rows of its tasks, which later files have written anew. */

import { createHash } from 'node:crypto';
import type { PoolClient } from 'pg';
import type { ProjectRow, SlotAnswer, TaskRow } from '../rows.ts';
import type { RemoteTask } from '../wire/client.ts';

/** An answer that a task of the file shows, and that its row does not name. */
interface Other {
  item: string;
  slot: string;
  model: string;
  /** Hexadecimal sha256 of the text shown. */
  hash: string;
}

type Row = Pick<TaskRow, 'item_id' | 'answers'>;

/**
 * Writes into the rows which answers were shown, where a model has answered anew since. What is said of them then counts for
 * them, and not for the answers that stand there now. Tasks that were sent are left as they are.
 */
export async function keepShownAnswers(
  q: PoolClient,
  { project, tasks }: { project: ProjectRow; tasks: RemoteTask[] },
): Promise<void> {
  const byItem = new Map(tasks.map((task) => [String(task.data.assay_item), task]));
  const { rows } = await q.query<Row>(
    `select item_id, answers from label_studio_tasks where project_id = $1 and item_id = any ($2) and state = 'planned'`,
    [project.project_id, [...byItem.keys()]],
  );
  const others = rows.flatMap((row) => othersOf(row, byItem.get(row.item_id)!, project));
  if (others.length === 0) return;
  const runs = await runsOf(q, project.dataset_id, others);
  const changed = rows.flatMap((row) => {
    const own = others.flatMap((other, at) => (other.item === row.item_id ? [{ ...other, run: runs[at]! }] : []));
    return own.length === 0 ? [] : [{ item: row.item_id, answers: { ...row.answers, ...shownIn(own) } }];
  });
  await q.query(
    `update label_studio_tasks t set answers = r.answers
     from unnest($2::text[], $3::jsonb[]) as r (item_id, answers)
     where t.project_id = $1 and t.item_id = r.item_id`,
    [project.project_id, changed.map(({ item }) => item), changed.map(({ answers }) => JSON.stringify(answers))],
  );
}

/** A failed answer (no hash) shows nothing to judge. */
function othersOf(row: Row, task: RemoteTask, { project_id, mapping }: ProjectRow): Other[] {
  const { assay } = task.meta as { assay?: { project?: unknown } | null };
  if (typeof assay?.project === 'string' && assay.project !== project_id) return [];
  return Object.entries(row.answers).flatMap(([slot, { model_id: model, answer_hash }]) => {
    const text = task.data[mapping.answer_fields[slot]!];
    if (typeof text !== 'string' || answer_hash === '') return [];
    const hash = createHash('sha256').update(text).digest('hex');
    return hash === answer_hash ? [] : [{ item: row.item_id, slot, model, hash }];
  });
}

/** The newest run of the model that gave the item this answer; '' for none (any more). */
async function runsOf(q: PoolClient, datasetId: string, others: Other[]): Promise<string[]> {
  const { rows } = await q.query<{ run_id: string | null }>(
    `select f.run_id from unnest($2::text[], $3::text[], $4::text[]) with ordinality as w (item_id, model_id, hash, at)
     left join lateral (
       select r.run_id from runs r
         join items i on i.version_id = r.version_id and i.item_id = w.item_id
         join answers a on a.run_id = r.run_id and a.ordinal = i.ordinal
       where r.dataset_id = $1 and r.model_id = w.model_id and sha256(convert_to(a.content, 'UTF8')) = decode(w.hash, 'hex')
       order by r.created_at desc limit 1) f on true
     order by w.at`,
    [datasetId, others.map(({ item }) => item), others.map(({ model }) => model), others.map(({ hash }) => hash)],
  );
  return rows.map((row) => row.run_id ?? '');
}

const shownIn = (own: (Other & { run: string })[]): Record<string, SlotAnswer> =>
  Object.fromEntries(
    own.map(({ slot, model, hash, run }) => [slot, { model_id: model, run_id: run, answer_hash: hash }]),
  );
