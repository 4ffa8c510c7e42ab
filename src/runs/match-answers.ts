/** Matches the lines of an imported file to items, by custom_id or by position, and counts what fits nowhere or twice. */

import type { Version } from '../datasets/version-items.ts';
import type { Database } from '../db/database.ts';
import { type AnswerFile, type AnswerLine, answerLines } from './answer-lines.ts';

/** What the file holds for one model. */
export interface ModelMatch {
  /** By ordinal: number, from 1, of the line that counts for the item (the last one); 0 without an answer. */
  lineOf: Int32Array;
  /** Items with an answer. */
  matched: number;
  unmatched: number;
  /** The first of those, by their ids or lines. */
  unmatchedIds: string[];
  repeated: number;
}

export interface Matching {
  by: 'custom_id' | 'position';
  lines: number;
  models: Map<string, ModelMatch>;
  /** Ordinal of each line's item, or -1. */
  ordinals: number[];
}

const blockRows = 1000;
const unmatchedShown = 20;

/** Reads the whole file, once where its lines have ids. Throws what {@link answerLines} throws. */
export async function matchAnswers(
  db: Database,
  on: { userId: string; version: Pick<Version, 'versionId' | 'items'>; file: AnswerFile },
): Promise<Matching> {
  const matching = emptyMatching('custom_id');
  let block: AnswerLine[] = [];
  let identified = false;
  let places = false;
  const take = async () => {
    const known = await ordinalsOf(db, on, block);
    for (const line of block) tally(matching, on.version, { line, ordinal: known.get(line.id ?? '') ?? -1 });
    block = [];
  };
  for await (const line of answerLines(on.file)) {
    identified ||= line.id !== null;
    places ||= line.byPlace;
    block.push(line);
    if (block.length === blockRows) await take();
  }
  await take();
  if (places && ![...matching.models.values()].some((model) => model.matched > 0)) return byPlaces(on);
  return identified ? matching : byOrder(on);
}

const emptyMatching = (by: Matching['by']): Matching => ({ by, lines: 0, models: new Map(), ordinals: [] });

type On = Parameters<typeof matchAnswers>[1];

/** The first answer of a model is for the first item, and so on; in a table the rows count, also where a cell is empty. */
async function byOrder({ version, file }: On): Promise<Matching> {
  const matching = emptyMatching('position');
  const next = new Map<string, number>();
  let table = 0;
  for await (const line of answerLines(file)) {
    const model = line.answers.length === 1 && !line.wide ? line.answers[0]!.model : null;
    const place = model === null ? table : (next.get(model) ?? 0);
    if (model !== null) next.set(model, place + 1);
    table += 1;
    tally(matching, version, { line, ordinal: place < version.items ? place : -1 });
  }
  return matching;
}

/** The ids are places, from 0 where there is a 0, else from 1. */
async function byPlaces({ version, file }: On): Promise<Matching> {
  let first = 1;
  for await (const { id } of answerLines(file)) if (id !== null && Number(id) === 0) first = 0;
  const matching = emptyMatching('position');
  for await (const line of answerLines(file)) {
    const place = line.id === null ? -1 : Number(line.id) - first;
    tally(matching, version, {
      line,
      ordinal: Number.isInteger(place) && place >= 0 && place < version.items ? place : -1,
    });
  }
  return matching;
}

async function ordinalsOf(db: Database, on: On, lines: AnswerLine[]): Promise<Map<string, number>> {
  // PostgreSQL refuses a text with NUL; no item has such an id.
  const ids = lines.flatMap((line) => (line.id === null || line.id.includes('\0') ? [] : [line.id]));
  if (ids.length === 0) return new Map();
  const { rows } = await db.asUser(on.userId, (q) =>
    q.query<{ item_id: string; ordinal: number }>(
      'select item_id, ordinal from items where version_id = $1 and item_id = any ($2)',
      [on.version.versionId, ids],
    ),
  );
  return new Map(rows.map((row) => [row.item_id, row.ordinal]));
}

function tally(matching: Matching, version: { items: number }, of: { line: AnswerLine; ordinal: number }): void {
  const { line, ordinal } = of;
  matching.lines += 1;
  matching.ordinals.push(ordinal);
  for (const { model } of line.answers) {
    let found = matching.models.get(model);
    if (found === undefined) {
      found = { lineOf: new Int32Array(version.items), matched: 0, unmatched: 0, unmatchedIds: [], repeated: 0 };
      matching.models.set(model, found);
    }
    if (ordinal < 0) {
      found.unmatched += 1;
      if (found.unmatchedIds.length < unmatchedShown) found.unmatchedIds.push(line.label.slice(0, 200));
      continue;
    }
    if (found.lineOf[ordinal] === 0) found.matched += 1;
    else found.repeated += 1;
    found.lineOf[ordinal] = matching.lines;
  }
}
