/** Says golden, fix or wrong of one answer, takes it back, and undoes: each one transaction with the state of the item. */

import type { PoolClient } from 'pg';
import { refreshItems } from '../compare/refresh.ts';
import { takeTurn, tellLive } from '../compare/turn.ts';
import type { AnnotationObject, NewAnnotation } from '../contracts/curation.ts';
import type { AnnotationKind } from '../contracts/workbench.ts';
import { idText, type Version } from '../datasets/version-items.ts';
import type { Database } from '../db/database.ts';
import { AssayError } from '../errors.ts';
import {
  type AnnotationRow,
  annotationColumns,
  annotationOf,
  answerHash,
  historyWithPresent,
  nothingBefore,
} from './annotation-row.ts';
import { checkAgainst, checkBody } from './check-annotation.ts';
import { judgedAnswer, judgedItem, type Place } from './judged-answer.ts';

const say = `
  insert into annotations as n
    (dataset_id, item_id, model_id, user_id, seq, kind, content, note, annotator, run_id, answer_hash, history)
  select $1, $2, $3, $4, nextval('workbench_seq'), $5, $6, $7,
    coalesce($10, (select display_name from users where user_id = $4), $4), a.run_id, ${answerHash}, '${nothingBefore}'
  from answers a where a.run_id = $8 and a.ordinal = $9
  on conflict (dataset_id, item_id, model_id) do update set seq = excluded.seq, kind = excluded.kind,
    content = excluded.content, note = excluded.note, annotator = excluded.annotator, run_id = excluded.run_id,
    answer_hash = excluded.answer_hash, created_at = now(), history = ${historyWithPresent}
  returning ${annotationColumns}`;

const takeBack = `
  update annotations n set seq = nextval('workbench_seq'), kind = null, content = null, note = null,
    annotator = coalesce($5, (select display_name from users where user_id = $4), $4), created_at = now(),
    history = ${historyWithPresent}
  where n.dataset_id = $1 and n.item_id = $2 and n.model_id = $3
  returning ${annotationColumns}`;

const putBack = `
  update annotations n set seq = nextval('workbench_seq'), kind = b.entry ->> 'kind', content = b.entry ->> 'content',
    note = b.entry ->> 'note', annotator = coalesce(b.entry ->> 'annotator', n.annotator),
    run_id = b.entry ->> 'run_id', answer_hash = decode(b.entry ->> 'answer_hash', 'hex'),
    created_at = coalesce((b.entry ->> 'created_at')::timestamptz, now()), history = n.history - (-1)
  from (select h.history -> -1 as entry from annotations h
    where h.dataset_id = $1 and h.item_id = $2 and h.model_id = $3) b
  where n.dataset_id = $1 and n.item_id = $2 and n.model_id = $3 and b.entry is not null
  returning ${annotationColumns}`;

/** What is said of one answer; `annotator` is who says it, the user when absent. */
export interface NewWord {
  kind: AnnotationKind;
  datasetId: string;
  candidateId: string;
  body: NewAnnotation;
  annotator?: string;
}

/** What is taken back, and by whom. */
export type WordBack = Place & { kind: AnnotationKind; annotator?: string };

/** A change of an annotation that is still to be spread, with the place of its item. */
export interface Changed {
  row: AnnotationRow;
  version: Version;
  ordinal: number;
}

/** Takes the place of what stood there. Throws not_found, invalid_parameter, conflict (see check-annotation.ts). */
export async function annotate(db: Database, userId: string, on: NewWord): Promise<AnnotationObject> {
  checkBody(on.kind, on.body);
  return db.asUser(userId, async (q) => {
    await takeTurn(q);
    return spread(q, userId, await sayIn(q, userId, on));
  });
}

/** The same in a transaction that has the turn; who calls spreads the change. A throw has written nothing. */
export async function sayIn(q: PoolClient, userId: string, on: NewWord): Promise<Changed> {
  const { kind, body } = on;
  checkBody(kind, body);
  const place = { datasetId: on.datasetId, candidateId: on.candidateId, modelId: body.model_id };
  const answer = await judgedAnswer(q, userId, place);
  checkAgainst(answer, kind, body);
  const key = [answer.version.datasetId, answer.itemId, answer.modelId, userId];
  const said = [kind, body.content ?? null, body.note ?? null];
  const { rows } = await q.query<AnnotationRow>(say, [
    ...key,
    ...said,
    answer.runId,
    answer.ordinal,
    on.annotator ?? null,
  ]);
  return { row: rows[0]!, version: answer.version, ordinal: answer.ordinal };
}

/** Throws not_found when nothing stands there, conflict when what stands is of another kind. */
export async function clearAnnotation(db: Database, userId: string, on: WordBack): Promise<AnnotationObject> {
  return db.asUser(userId, async (q) => {
    await takeTurn(q);
    return spread(q, userId, await takeBackIn(q, userId, on));
  });
}

/** The same in a transaction that has the turn; who calls spreads the change. A throw has written nothing. */
export async function takeBackIn(q: PoolClient, userId: string, on: WordBack): Promise<Changed> {
  const { version, ordinal } = await judgedItem(q, userId, on);
  const standing = await kindOf(q, on);
  if (standing === null) {
    const list = `/admin/annotations?dataset_id=${version.datasetId}`;
    throw new AssayError('not_found', { kind: 'annotation', id: `${on.candidateId} / ${on.modelId}`, list });
  }
  if (standing !== on.kind) {
    throw new AssayError('conflict', {
      what: `The answer of ${on.modelId} to item ${on.candidateId} is marked ${standing}, not ${on.kind}`,
      remedy: `Take that back with DELETE /admin/annotations/${standing}/…`,
    });
  }
  const { rows } = await q.query<AnnotationRow>(takeBack, [...keyOf(on), userId, on.annotator ?? null]);
  return { row: rows[0]!, version, ordinal };
}

/** Puts back what stood before the last change, with who said it and when. Throws conflict when there is nothing left. */
export async function undoAnnotation(db: Database, userId: string, on: Place): Promise<AnnotationObject> {
  return db.asUser(userId, async (q) => {
    await takeTurn(q);
    const { version, ordinal } = await judgedItem(q, userId, on);
    const { rows } = await q.query<AnnotationRow>(putBack, keyOf(on));
    if (rows[0] === undefined) {
      throw new AssayError('conflict', {
        what: `Nothing is left to undo for the answer of ${on.modelId} to item ${on.candidateId}`,
        remedy: 'Each answer keeps its last 50 changes.',
      });
    }
    return spread(q, userId, { row: rows[0], version, ordinal });
  });
}

const keyOf = (place: Place): string[] => [place.datasetId, idText(place.candidateId), idText(place.modelId)];

async function kindOf(q: PoolClient, place: Place): Promise<AnnotationKind | null> {
  const { rows } = await q.query<{ kind: AnnotationKind | null }>(
    'select kind from annotations where dataset_id = $1 and item_id = $2 and model_id = $3',
    keyOf(place),
  );
  return rows[0]?.kind ?? null;
}

/** The change reaches the grid's state of the item and the live feed. */
export async function spread(
  q: PoolClient,
  userId: string,
  { row, version, ordinal }: Changed,
): Promise<AnnotationObject> {
  const { versionId, datasetId } = version;
  await refreshItems(q, { versionId, datasetId, userId }, [ordinal]);
  await tellLive(q);
  return annotationOf(row);
}
