/** Says something of many answers at once, to each its own: what several calls of annotate.ts do, with two statements. */

import type { PoolClient } from 'pg';
import { idText, newestVersion } from '../datasets/version-items.ts';
import { AssayError } from '../errors.ts';
import type { Changed, NewWord } from './annotate.ts';
import {
  type AnnotationRow,
  annotationColumns,
  answerHash,
  historyWithPresent,
  nothingBefore,
} from './annotation-row.ts';
import { checkAgainst, checkBody } from './check-annotation.ts';
import { type JudgedAnswer, judgedAnswer } from './judged-answer.ts';

const answers = `
  select i.item_id as "itemId", i.ordinal, a.run_id as "runId", a.model_id as "modelId", a.ok, a.error_code as "errorCode",
    a.content, a.parse
  from items i join answers a on a.version_id = i.version_id and a.ordinal = i.ordinal
    join runs r on r.run_id = a.run_id and r.superseded_by is null
  where i.version_id = $1 and i.item_id = any($2) and a.model_id = any($3)`;

const sayMany = `
  insert into annotations as n
    (dataset_id, item_id, model_id, user_id, seq, kind, content, note, annotator, run_id, answer_hash, history)
  select $1, w.item_id, w.model_id, $2, nextval('workbench_seq'), w.kind, w.content, w.note,
    coalesce(w.annotator, (select display_name from users where user_id = $2), $2), a.run_id, ${answerHash}, '${nothingBefore}'
  from jsonb_to_recordset($3::jsonb) as w (item_id text, model_id text, kind text, content text, note text, annotator text,
      run_id text, ordinal integer)
    join answers a on a.run_id = w.run_id and a.ordinal = w.ordinal
  on conflict (dataset_id, item_id, model_id) do update set seq = excluded.seq, kind = excluded.kind,
    content = excluded.content, note = excluded.note, annotator = excluded.annotator, run_id = excluded.run_id,
    answer_hash = excluded.answer_hash, created_at = now(), history = ${historyWithPresent}
  returning ${annotationColumns}`;

/**
 * `words` are of one dataset, each of another answer. Gives for each, in their order, the change, which who calls spreads, or
 * why it is refused. The transaction has the turn. Throws not_found when the dataset is not there.
 */
export async function sayManyIn(q: PoolClient, userId: string, words: NewWord[]): Promise<(Changed | AssayError)[]> {
  if (words.length === 0) return [];
  const version = await newestVersion(q, userId, words[0]!.datasetId);
  const items = words.map((word) => idText(word.candidateId));
  const models = [...new Set(words.map((word) => idText(word.body.model_id)))];
  const found = await q.query<Omit<JudgedAnswer, 'version'>>(answers, [version.versionId, items, models]);
  const byPlace = new Map(found.rows.map((row) => [key(row.itemId, row.modelId), { version, ...row }]));
  const checked: (JudgedAnswer | AssayError)[] = [];
  for (const word of words) checked.push(await checkedAnswer(q, userId, { word, byPlace }));
  const said = words.flatMap((word, at) => {
    const answer = checked[at]!;
    return answer instanceof AssayError ? [] : [rowOf(word, answer)];
  });
  const { rows } = await q.query<AnnotationRow>(sayMany, [version.datasetId, userId, JSON.stringify(said)]);
  const written = new Map(rows.map((row) => [key(row.item_id, row.model_id), row]));
  return checked.map((answer) => {
    if (answer instanceof AssayError) return answer;
    return { row: written.get(key(answer.itemId, answer.modelId))!, version, ordinal: answer.ordinal };
  });
}

const key = (itemId: string, modelId: string): string => JSON.stringify([itemId, modelId]);

/** The answer, or why what is said of it cannot stand. */
async function checkedAnswer(
  q: PoolClient,
  userId: string,
  { word, byPlace }: { word: NewWord; byPlace: Map<string, JudgedAnswer> },
): Promise<JudgedAnswer | AssayError> {
  const { kind, body, datasetId, candidateId } = word;
  const modelId = body.model_id;
  try {
    checkBody(kind, body);
    const place = { datasetId, candidateId, modelId };
    const answer = byPlace.get(key(candidateId, modelId)) ?? (await judgedAnswer(q, userId, place));
    checkAgainst(answer, kind, body);
    return answer;
  } catch (error) {
    if (error instanceof AssayError && error.status < 500) return error;
    throw error;
  }
}

const rowOf = ({ kind, body, annotator }: NewWord, { itemId, modelId, runId, ordinal }: JudgedAnswer) => ({
  item_id: itemId,
  model_id: modelId,
  kind,
  content: body.content ?? null,
  note: body.note ?? null,
  annotator: annotator ?? null,
  run_id: runId,
  ordinal,
});
