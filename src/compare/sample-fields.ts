/** Looks at the fields of the answers to a sample of items: which there are, how often, and their values side by side. */

import type { PoolClient } from 'pg';
import { type Chosen, chosenAnswers } from './chosen.ts';
import { flatten } from './field-paths.ts';

/** Items that are looked at; of more, every so manieth. Alpha of 5,000 items is within about 0.02 of that of all. */
const sampleItems = 5000;
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

export async function sampleFields(q: PoolClient, chosen: Chosen): Promise<FieldSample> {
  const step = Math.max(1, Math.ceil(chosen.version.items / sampleItems));
  const values = [...chosen.values];
  const condition = chosenAnswers(chosen, values);
  const { rows } = await q.query<{ ordinal: number; run_id: string; fields: Record<string, unknown> | null }>(
    `select a.ordinal, a.run_id, a.fields from answers a
     where ${condition} and a.version_id = $1 and a.ordinal = any ($${values.push(everyOf(chosen.version.items, step))}::int[])
     order by a.ordinal`,
    values,
  );
  const items = [...new Set(rows.map((row) => row.ordinal))];
  const placeOf = new Map(items.map((ordinal, place) => [ordinal, place]));
  const columns: FieldSample['columns'] = chosen.runs.map(() => items.map(() => null));
  const columnOf = new Map(chosen.runs.map((run, at) => [run.runId, columns[at]!]));
  for (const { ordinal, run_id, fields } of rows) columnOf.get(run_id)![placeOf.get(ordinal)!] = fields;
  return { items: items.length, share: 1 / step, fields: tally(columns), columns };
}

const everyOf = (items: number, step: number): number[] =>
  Array.from({ length: Math.ceil(items / step) }, (_, i) => i * step);

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
