/** Lists the answers that wait for a person: what each side says of them, and each annotator. */

import type { PoolClient } from 'pg';
import type { OpenAnswer, SaidObject } from '../../../contracts/label-studio.ts';
import { AssayError } from '../../../errors.ts';
import type { AnswerRow, Side } from '../rows.ts';
import { type WordRow, wordsFor, wordsOf } from './answer-rows.ts';
import { newestVerdicts, sideOf } from './consensus.ts';

type OpenRow = Pick<AnswerRow, 'item_id' | 'model_id' | 'theirs' | 'problem'> & {
  state: OpenAnswer['state'];
  name: string | null;
  /** What stands here now, which is what a person chooses over. */
  ours: Omit<Side, 'at'> & { at: number | null };
};

/** A page by item and model; `next` is the `after` of the next one. @throws AssayError invalid_parameter for another `after` */
export async function openAnswers(
  q: PoolClient,
  projectId: string,
  page: { after?: string | undefined; limit: number },
): Promise<{ data: OpenAnswer[]; next: string | null }> {
  const rows = await openRows(q, projectId, { place: placeIn(page.after), limit: page.limit + 1 });
  const shown = rows.slice(0, page.limit);
  const items = [...new Set(shown.map((row) => row.item_id))];
  const words = Map.groupBy(await wordsOf(q, projectId, items), (row) => row.item_id);
  const data = shown.map((row) => openAnswer(projectId, row, words.get(row.item_id) ?? []));
  const last = shown.at(-1);
  const next = last === undefined || rows.length <= page.limit ? null : cursorOf([last.item_id, last.model_id]);
  return { data, next };
}

async function openRows(
  q: PoolClient,
  projectId: string,
  { place, limit }: { place: [string, string]; limit: number },
): Promise<OpenRow[]> {
  const { rows } = await q.query<OpenRow>(
    `select w.item_id, w.model_id, w.state, w.theirs, w.problem, i.name, jsonb_build_object('kind', n.kind, 'content', n.content,
       'note', n.note, 'annotators', array_remove(array[n.annotator], null), 'at', extract(epoch from n.created_at) * 1000) as ours
     from label_studio_answers w join label_studio_projects p using (project_id)
       left join label_studio_tasks t on t.project_id = w.project_id and t.item_id = w.item_id
       left join items i on i.version_id = t.version_id and i.ordinal = t.ordinal
       left join annotations n on n.dataset_id = p.dataset_id and n.item_id = w.item_id and n.model_id = w.model_id
     where w.project_id = $1 and w.state in ('conflict', 'review', 'refused') and (w.item_id, w.model_id) > ($2, $3)
     order by w.item_id, w.model_id limit $4`,
    [projectId, ...place, limit],
  );
  return rows;
}

function openAnswer(projectId: string, row: OpenRow, words: WordRow[]): OpenAnswer {
  const { at, ...here } = row.ours;
  const ours = at === null ? null : { ...here, at };
  return {
    project_id: projectId,
    candidate_id: row.item_id,
    name: row.name ?? row.item_id,
    model_id: row.model_id,
    state: row.state,
    theirs: row.theirs === null ? null : saidObject(row.theirs),
    ours: ours === null ? null : saidObject(ours),
    each: newestVerdicts(wordsFor(words, row.model_id)).map((one) => saidObject(sideOf([one]))),
    proposed: row.state === 'conflict' && row.theirs !== null && ours !== null ? newer(row.theirs, ours) : null,
    problem: row.problem,
  };
}

const newer = (theirs: Side, ours: Side): 'theirs' | 'ours' => (theirs.at > ours.at ? 'theirs' : 'ours');

const saidObject = (side: Side): SaidObject => ({ ...side, at: Math.floor(side.at / 1000) });

const cursorOf = (place: [string, string]): string => Buffer.from(JSON.stringify(place)).toString('base64url');

function placeIn(after: string | undefined): [string, string] {
  if (after === undefined) return ['', ''];
  try {
    const place: unknown = JSON.parse(Buffer.from(after, 'base64url').toString());
    if (
      Array.isArray(place) &&
      place.length === 2 &&
      place.every((part) => typeof part === 'string' && !part.includes('\0'))
    )
      return place as [string, string];
  } catch {
    // Falls through: it is no cursor.
  }
  const problem = 'must be the next of the page before';
  throw new AssayError('invalid_parameter', { param: 'after', problem, value: after }, { param: 'after' });
}
