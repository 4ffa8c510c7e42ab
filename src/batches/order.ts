/** Puts a batch's rows in the order of their prefix keys, in one narrow pass, and computes the bound H* on the way. */

import type { PoolClient } from 'pg';
import { countUsedUp } from '../files/free-buffers.ts';

/** Lines of a batch's rows in the order in which they should run, and the characters of each one's prompt. */
export interface OrderedRows {
  lines: Int32Array;
  chars: Int32Array;
}

/** Counts, over keys in sorted order, the share of the prompts a perfect cache would save. */
export interface BoundCounter {
  add(key: Buffer, promptChars: number): void;
  result(): { whole: number; perSlot: number };
}

/** Rows fetched at once. */
const pageRows = 2_000;
/** What a fetched row leaves behind for the collector, in bytes. */
const pageRowBytes = 300;
/** Share of the prompt a perfect cache must save before file order is given up. */
const worthwhile = 0.01;

/**
 * Lines of the batch in the order in which they should run: by prefix key where that saves prompt tokens, else
 * as in the file. Holds eight bytes a row.
 */
export async function orderRows(
  q: PoolClient,
  batch: { batchId: string; rows: number; counter: BoundCounter },
): Promise<{ rows: OrderedRows; bound: ReturnType<BoundCounter['result']>; promptChars: number }> {
  const lines = new Int32Array(batch.rows);
  const chars = new Int32Array(batch.rows);
  let filled = 0;
  let promptChars = 0;
  await q.query({
    text: `declare ordered cursor for select line, prefix_key, prompt_chars from requests where batch_id = $1 order by prefix_key, line`,
    values: [batch.batchId],
  });
  for (;;) {
    const { rows } = await q.query<[number, Buffer, number]>({
      text: `fetch ${pageRows} from ordered`,
      rowMode: 'array',
    });
    for (const [line, key, length] of rows) {
      lines[filled] = line;
      chars[filled++] = length;
      promptChars += length;
      batch.counter.add(key, length);
    }
    countUsedUp(rows.length * pageRowBytes);
    if (rows.length < pageRows) break;
  }
  await q.query('close ordered');
  const bound = batch.counter.result();
  const rows = bound.whole < worthwhile ? inFileOrder({ lines, chars }) : { lines, chars };
  return { rows, bound, promptChars };
}

/** Characters of one row's prompt stay below this: PostgreSQL takes no text of 1 GiB. */
const charsRange = 2 ** 30;

/**
 * Sorts line and characters as one number (5 million lines times 2^30 stay exact), since a comparator would cost memory;
 * written out as loops, since TypedArray.from gathers a plain array first.
 */
function inFileOrder({ lines, chars }: OrderedRows): OrderedRows {
  const pairs = new Float64Array(lines.length);
  for (let at = 0; at < pairs.length; at++) pairs[at] = lines[at]! * charsRange + chars[at]!;
  pairs.sort();
  for (let at = 0; at < pairs.length; at++) {
    lines[at] = Math.floor(pairs[at]! / charsRange);
    chars[at] = pairs[at]! % charsRange;
  }
  return { lines, chars };
}
