/** Looks at the fields of the answers to a sample of items: which there are, how often, and their values side by side. */

import type { PoolClient } from 'pg';
import { type Chosen, chosenAnswers } from './chosen.ts';
import { flatten } from './field-paths.ts';
import { seededRandom } from './random.ts';

/** Different values that are told apart by their text. */
const countedValues = 1000;

export interface SampledField {
  path: string;
  /** Answers that have it. */
  seen: number;
  /** Different values, at most 1000 of them counted. */
  values: number;
}

export interface FieldSample {
  /** Items that were looked at. */
  items: number;
  /** Share of the chosen items that this is. */
  share: number;
  /** The most frequent first. */
  fields: SampledField[];
  /** By run, by item (one list a run, all of one length): its fields, or null. */
  columns: (Record<string, unknown> | null)[][];
}

/** Looks at `items` items at most, from all over the version; a filter may leave fewer of them. */
export async function sampleFields(q: PoolClient, chosen: Chosen, items: number): Promise<FieldSample> {
  const step = Math.max(1, chosen.version.items / items);
  const values = [...chosen.values];
  const condition = chosenAnswers(chosen, values);
  const { rows } = await q.query<{ ordinal: number; run_id: string; fields: Record<string, unknown> | null }>(
    `select a.ordinal, a.run_id, a.fields from answers a
     where ${condition} and a.version_id = $1 and a.ordinal = any ($${values.push(everyOf(chosen.version.items, step))}::int[])
     order by a.ordinal`,
    values,
  );
  const seen = [...new Set(rows.map((row) => row.ordinal))];
  const placeOf = new Map(seen.map((ordinal, place) => [ordinal, place]));
  const columns: FieldSample['columns'] = chosen.runs.map(() => seen.map(() => null));
  const columnOf = new Map(chosen.runs.map((run, at) => [run.runId, columns[at]!]));
  for (const { ordinal, run_id, fields } of rows) columnOf.get(run_id)![placeOf.get(ordinal)!] = fields;
  return { items: seen.length, share: 1 / step, fields: tally(columns), columns };
}

/** One item in each stretch of `step`, not always its first: files may repeat with some period. */
function everyOf(items: number, step: number): number[] {
  const random = seededRandom(1);
  return Array.from({ length: Math.floor(items / step) }, (_, i) => Math.floor((i + (step > 1 ? random() : 0)) * step));
}

function tally(columns: FieldSample['columns']): SampledField[] {
  const seen = new Map<string, { seen: number; values: Set<string> }>();
  for (const fields of columns.flat()) {
    if (fields === null) continue;
    for (const [path, { value }] of flatten(fields)) {
      let of = seen.get(path);
      if (of === undefined) seen.set(path, (of = { seen: 0, values: new Set() }));
      of.seen += 1;
      if (of.values.size < countedValues) of.values.add(String(value));
    }
  }
  return [...seen]
    .map(([path, of]) => ({ path, seen: of.seen, values: of.values.size }))
    .sort((a, b) => b.seen - a.seen || (a.path < b.path ? -1 : 1));
}
