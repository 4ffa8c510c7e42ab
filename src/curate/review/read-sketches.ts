/** Reads the texts of items that are ranked, and of those that people have spoken of, as sketches. */

import type { PoolClient } from 'pg';
import { itemsOf } from '../../datasets/version-items.ts';
import { type Shingles, shinglesOf } from '../diverse.ts';
import { exampleText } from '../example-block.ts';
import type { Field } from './field.ts';
import { type Sketches, sketchesOf } from './sketch.ts';

/** The newest words of people that novelty is told by. */
const knownWords = 500;

export interface RankedSketches {
  pool: Sketches;
  audits: Sketches;
  /** Of items with a word of a person. */
  known: Sketches;
}

/** In the order of the ordinals given. Texts are read page by page; what stays of each is its word pairs. */
export async function readSketches(
  q: PoolClient,
  { of }: Field,
  { pool, audits }: { pool: number[]; audits: number[] },
): Promise<RankedSketches> {
  const known = await spokenOf(q, of);
  const ordinals = [...pool, ...audits, ...known];
  const texts = new Map<number, Shingles>();
  for await (const page of itemsOf(q, of.versionId, ordinals))
    for (const { ordinal, input } of page) texts.set(ordinal, shinglesOf(exampleText(input)));
  const all = sketchesOf(ordinals.map((ordinal) => texts.get(ordinal)!));
  const behind = pool.length + audits.length;
  return {
    pool: part(all, 0, pool.length),
    audits: part(all, pool.length, behind),
    known: part(all, behind, ordinals.length),
  };
}

function part({ count, numbers }: Sketches, from: number, to: number): Sketches {
  const each = count === 0 ? 0 : numbers.length / count;
  return { count: to - from, numbers: numbers.subarray(from * each, to * each) };
}

/** Ordinals of the items that the newest annotations are of. */
async function spokenOf(q: PoolClient, { datasetId, versionId }: Field['of']): Promise<number[]> {
  const { rows } = await q.query<{ ordinal: number }>(
    `select distinct i.ordinal from (
       select item_id from annotations where dataset_id = $1 and kind is not null order by seq desc limit ${knownWords}) n
     join items i on i.version_id = $2 and i.item_id = n.item_id`,
    [datasetId, versionId],
  );
  return rows.map(({ ordinal }) => ordinal);
}
