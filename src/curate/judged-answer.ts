/** Finds the answer of a model to an item that somebody says something of, in the current run over the newest version. */

import type { PoolClient } from 'pg';
import { idText, newestVersion, type Version } from '../datasets/version-items.ts';
import { AssayError } from '../errors.ts';

export interface JudgedAnswer {
  version: Version;
  ordinal: number;
  itemId: string;
  modelId: string;
  runId: string;
  ok: boolean;
  errorCode: string | null;
  content: string | null;
  parse: 'json' | 'repaired' | 'text' | 'none';
}

export interface Place {
  datasetId: string;
  candidateId: string;
  modelId: string;
}

const answersToItem = `
  select i.ordinal, a.run_id as "runId", a.model_id as "modelId", a.ok, a.error_code as "errorCode", a.content, a.parse
  from items i
  left join (answers a join runs r on r.run_id = a.run_id and r.superseded_by is null)
    on a.version_id = i.version_id and a.ordinal = i.ordinal
  where i.version_id = $1 and i.item_id = $2 order by a.model_id`;

/** @throws AssayError not_found for the dataset or item, invalid_parameter for a model that has not answered it. */
export async function judgedAnswer(q: PoolClient, userId: string, place: Place): Promise<JudgedAnswer> {
  const { version, rows } = await answersOf(q, userId, place);
  const found = rows.find((row) => row.modelId === place.modelId);
  if (found !== undefined) return { version, itemId: place.candidateId, ...found };
  const there = rows.flatMap((row) => row.modelId ?? []).join(', ') || '(none)';
  const problem = `has no answer to item ${place.candidateId}; models that have one: ${there}`;
  throw new AssayError(
    'invalid_parameter',
    { param: 'model_id', problem, value: place.modelId },
    { param: 'model_id' },
  );
}

/** The item's place in the newest version, whether or not its answer is still there. @throws AssayError not_found */
export async function judgedItem(
  q: PoolClient,
  userId: string,
  place: Place,
): Promise<{ version: Version; ordinal: number }> {
  const { version, rows } = await answersOf(q, userId, place);
  return { version, ordinal: rows[0]!.ordinal };
}

async function answersOf(q: PoolClient, userId: string, place: Place) {
  const version = await newestVersion(q, userId, place.datasetId);
  const { rows } = await q.query<Omit<JudgedAnswer, 'version' | 'itemId'>>(answersToItem, [
    version.versionId,
    idText(place.candidateId),
  ]);
  if (rows.length > 0) return { version, rows };
  const list = `/admin/workbench/results?dataset_id=${version.datasetId}`;
  throw new AssayError('not_found', { kind: 'item', id: place.candidateId, list }, { param: 'candidate_id' });
}
