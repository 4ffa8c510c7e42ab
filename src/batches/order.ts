/** Puts a batch's rows in the order of their prefix keys, in one narrow pass, and computes the bound H* on the way. */

import type { PoolClient } from 'pg';
import { countUsedUp } from '../files/free-buffers.ts';
import { keepStated, longFirst } from './long-answers.ts';
import { sortByText, type TextRun } from './text-order.ts';

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

/** Takes the same, and says in which order an engine whose slots have a cache each should run them. */
export interface LaneOrder {
  add(key: Buffer, promptChars: number): void;
  /** Places of the rows as they were added. */
  order(): Int32Array;
}

/** Takes the same, and finds the rows whose order the keys leave open. */
export interface TextRuns {
  add(key: Buffer): void;
  runs(): Iterable<TextRun>;
}

/** What an engine whose slots have a cache each is ordered for. */
export interface SlotOrder {
  slots: number;
  lanes: LaneOrder;
  texts: TextRuns;
  promptText(body: Record<string, unknown>): string;
}

/** Rows fetched at once. */
const pageRows = 2_000;
/** What a fetched row leaves behind for the collector, in bytes. */
const pageRowBytes = 300;
/** Characters of keys that are sorted in memory; the rows of a larger batch are sorted by the database. */
const keptChars = 4 * 1024 * 1024;
/** Rows that are sorted in memory at most, since a row costs some 50 bytes beside its key. */
const keptRows = 100_000;
/** Share of the prompt a perfect cache must save before file order is given up. */
const worthwhile = 0.01;

/** Rows that an engine without slots of its own is thought to work on at once. */
const rowsAtOnceElsewhere = 64;

/** A row as far as its place depends on it; `key` is the prefix key in hex, which sorts as its bytes do. */
export interface KeyedRow {
  line: number;
  key: string;
  promptChars: number;
}

/** What is kept of a batch's rows as they are read: their keys, as long as they are few enough to be sorted in memory. */
export interface KeptKeys {
  /** `answer` is the most tokens its answer may have; null when the row states nothing. */
  add(row: KeyedRow, answer: number | null): void;
  /** In order of key and line; null when they were too many. */
  sorted(): KeyedRow[] | null;
  /** The stated limits of answers by line, 0 where there is none; null when all rows state the same. */
  answers(): Int32Array | null;
}

export function keepKeys(): KeptKeys {
  let rows: KeyedRow[] | null = [];
  let chars = 0;
  const stated = keepStated();
  return {
    add(row, answer) {
      stated.add(row.line, answer);
      if (rows === null) return;
      rows.push(row);
      chars += row.key.length;
      if (chars > keptChars || rows.length > keptRows) rows = null;
    },
    sorted: () => rows?.sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : a.line - b.line)) ?? null,
    answers: stated.byLine,
  };
}

/**
 * Lines of the batch in the order in which they should run: by prefix key where that saves prompt tokens and the engine
 * gains from it (`grouping`), else as in the file. Where the engine's cache is per slot, and so to the token, rows that part
 * inside a block of their keys follow the order of its text, and each lane has a part of the whole order, side by side. Rows
 * whose answers may be far longer than the others' do not begin last (long-answers.ts). `repeats` tells whether any two keys
 * are equal. Holds eight bytes a row beside the kept keys, and some thirty more for slots.
 */
export async function orderRows(
  q: PoolClient,
  batch: {
    batchId: string;
    rows: number;
    keys: KeptKeys;
    counter: BoundCounter;
    grouping: boolean;
    /** Null where the engine has no slots of its own. */
    slots: SlotOrder | null;
  },
): Promise<{ rows: OrderedRows; bound: ReturnType<BoundCounter['result']>; promptChars: number; repeats: boolean }> {
  const lines = new Int32Array(batch.rows);
  const chars = new Int32Array(batch.rows);
  let filled = 0;
  let promptChars = 0;
  let repeats = false;
  let previous: Buffer | null = null;
  const take = (line: number, key: Buffer, length: number) => {
    lines[filled] = line;
    chars[filled++] = length;
    promptChars += length;
    batch.counter.add(key, length);
    batch.slots?.lanes.add(key, length);
    batch.slots?.texts.add(key);
    repeats ||= previous !== null && key.equals(previous);
    previous = key;
  };
  const kept = batch.keys.sorted();
  if (kept === null) await readSorted(q, batch.batchId, take);
  else for (const row of kept) take(row.line, Buffer.from(row.key, 'hex'), row.promptChars);
  const bound = batch.counter.result();
  const sorted = { lines, chars };
  const grouped = batch.grouping && bound.whole >= worthwhile;
  const ordered = grouped ? await forSlots(q, batch, sorted) : inFileOrder(sorted);
  const rows = longFirst(ordered, batch.keys.answers(), batch.slots?.slots ?? rowsAtOnceElsewhere);
  return { rows, bound, promptChars, repeats };
}

async function forSlots(
  q: PoolClient,
  { batchId, slots }: { batchId: string; slots: SlotOrder | null },
  sorted: OrderedRows,
): Promise<OrderedRows> {
  if (slots === null) return sorted;
  await sortByText(q, { batchId, rows: sorted, promptText: slots.promptText }, slots.texts.runs());
  return inPlaces(sorted, slots.lanes.order());
}

async function readSorted(
  q: PoolClient,
  batchId: string,
  take: (line: number, key: Buffer, promptChars: number) => void,
): Promise<void> {
  await q.query({
    text: `declare ordered cursor for select line, prefix_key, prompt_chars from requests where batch_id = $1 order by prefix_key, line`,
    values: [batchId],
  });
  for (;;) {
    const { rows } = await q.query<[number, Buffer, number]>({
      text: `fetch ${pageRows} from ordered`,
      rowMode: 'array',
    });
    for (const [line, key, length] of rows) take(line, key, length);
    countUsedUp(rows.length * pageRowBytes);
    if (rows.length < pageRows) break;
  }
  await q.query('close ordered');
}

/** Rows in another order. */
const inPlaces = ({ lines, chars }: OrderedRows, places: Int32Array): OrderedRows => ({
  lines: places.map((place) => lines[place]!),
  chars: places.map((place) => chars[place]!),
});

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
