/** Says one thing of a model's answers to all items that a filter chooses: counted first, then confirmed, in one go. */

import type { PoolClient } from 'pg';
import { filterSql } from '../compare/grid-filter.ts';
import { currentRuns } from '../compare/grid-models.ts';
import { refreshMarks } from '../compare/refresh-marks.ts';
import { takeTurn, tellLive } from '../compare/turn.ts';
import type { BulkAnnotation } from '../contracts/curation.ts';
import { analyzeAfter } from '../datasets/analyze-tables.ts';
import { newestVersion, type Version } from '../datasets/version-items.ts';
import type { Database } from '../db/database.ts';
import { AssayError } from '../errors.ts';
import { answerHash, checkText, historyWithPresent, nothingBefore } from './annotation-row.ts';

/** Items written by one statement. */
const blockItems = 5000;

interface Change {
  userId: string;
  version: Version;
  runId: string;
  bulk: BulkAnnotation;
}

const sayAll = `
  insert into annotations as n
    (dataset_id, item_id, model_id, user_id, seq, kind, note, annotator, run_id, answer_hash, history)
  select $1, i.item_id, $2, $3, nextval('workbench_seq'), $4, $5,
    coalesce((select display_name from users where user_id = $3), $3), a.run_id, ${answerHash}, '${nothingBefore}'
  from items i join answers a on a.run_id = $6 and a.ordinal = i.ordinal
  where i.version_id = $7 and i.ordinal = any($8)
  on conflict (dataset_id, item_id, model_id) do update set seq = excluded.seq, kind = excluded.kind, content = null,
    note = excluded.note, annotator = excluded.annotator, run_id = excluded.run_id, answer_hash = excluded.answer_hash,
    created_at = now(), history = ${historyWithPresent}`;

/**
 * Counts the answers for which the change is one: golden passes over failed answers, `clear` over those of which
 * nothing is said. With `confirm` equal to that count it is made, in one transaction; each answer can be undone.
 * Throws conflict with the count of now when it is another; not_found, invalid_parameter.
 */
export async function annotateAll(
  db: Database,
  userId: string,
  bulk: BulkAnnotation,
): Promise<{ count: number; done: boolean }> {
  checkText('note', bulk.note);
  const result = await db.asUser(userId, async (q) => {
    if (bulk.confirm !== undefined) await takeTurn(q);
    const version = await newestVersion(q, userId, bulk.filter.dataset_id);
    const change = { userId, version, runId: await currentRun(q, version, bulk.model_id), bulk };
    const ordinals = await ordinalsFor(q, change);
    if (bulk.confirm === undefined) return { count: ordinals.length, done: false };
    if (bulk.confirm !== ordinals.length) {
      throw new AssayError('conflict', {
        what: `The change was confirmed for ${bulk.confirm} answers, but there are ${ordinals.length} now`,
        remedy: `Look again, then confirm ${ordinals.length}.`,
      });
    }
    for (let from = 0; from < ordinals.length; from += blockItems) {
      await write(q, change, ordinals.slice(from, from + blockItems));
    }
    await tellLive(q);
    return { count: ordinals.length, done: true };
  });
  if (result.done) await analyzeAfter({ db }, result.count, ['annotations', 'item_states']);
  return result;
}

async function write(q: PoolClient, { userId, version, runId, bulk }: Change, ordinals: number[]): Promise<void> {
  const { versionId, datasetId } = version;
  const clear = bulk.kind === 'clear';
  const said = clear ? [null, null] : [bulk.kind, bulk.note ?? null];
  await q.query(sayAll, [datasetId, bulk.model_id, userId, ...said, runId, versionId, ordinals]);
  await refreshMarks(q, { versionId, datasetId, userId }, ordinals);
}

async function ordinalsFor(q: PoolClient, { version, runId, bulk }: Change): Promise<number[]> {
  const values: unknown[] = [version.versionId, version.datasetId, bulk.model_id, runId];
  const conditions = [filterSql(bulk.filter, values)];
  if (bulk.kind === 'clear') conditions.push('n.kind is not null');
  else {
    values.push(bulk.kind, bulk.note ?? null);
    const [kind, note] = [`$${values.length - 1}`, `$${values.length}`];
    conditions.push(`(n.kind is distinct from ${kind} or n.note is distinct from coalesce(${note}, n.note))`);
  }
  if (bulk.kind === 'golden') conditions.push('a.ok and a.content is not null');
  const { rows } = await q.query<{ ordinals: number[] | null }>(
    `select array_agg(i.ordinal order by i.ordinal) as ordinals
     from items i join item_states s on s.version_id = i.version_id and s.ordinal = i.ordinal
     join answers a on a.run_id = $4 and a.ordinal = i.ordinal
     left join annotations n on n.dataset_id = $2 and n.item_id = i.item_id and n.model_id = $3
     where i.version_id = $1 and ${conditions.map((condition) => `(${condition})`).join(' and ')}`,
    values,
  );
  return rows[0]!.ordinals ?? [];
}

async function currentRun(q: PoolClient, version: Version, modelId: string): Promise<string> {
  const runs = await currentRuns(q, version.versionId, []);
  const found = runs.find((run) => run.modelId === modelId);
  if (found !== undefined) return found.runId;
  const there = runs.map((run) => run.modelId).join(', ') || '(none)';
  const problem = `has no answers over the newest version of the dataset; models that have: ${there}`;
  throw new AssayError('invalid_parameter', { param: 'model_id', problem, value: modelId }, { param: 'model_id' });
}
