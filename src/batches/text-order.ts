/** Puts rows whose prompts part inside one block in the order of that block's text, a page of them at a time. */

import type { PoolClient } from 'pg';
import { countUsedUp } from '../files/free-buffers.ts';

/** Rows of a batch in sorted order: their lines and the characters of their prompts. */
interface Rows {
  lines: Int32Array;
  chars: Int32Array;
}

interface Batch {
  batchId: string;
  rows: Rows;
  promptText(body: Record<string, unknown>): string;
}

/** Rows that stand next to each other, by their places from `from` up to `to`, and the characters of prompt in which they part. */
export interface TextRun {
  from: number;
  to: number;
  text: { from: number; to: number };
}

/** Prompts that are read at once; what is larger is sorted in pieces. */
const pageRows = 4096;
const pageChars = 4 * 1024 * 1024;

/** Sorts the rows of each run, in place; those whose text is the same keep their order. Holds a page of bodies. */
export async function sortByText(q: PoolClient, batch: Batch, runs: Iterable<TextRun>): Promise<void> {
  for (const page of pages(batch.rows, runs)) {
    const texts = await textsOf(q, batch, page);
    for (const run of page) sortRun(batch.rows, run, texts);
  }
}

/** Pieces of runs, as many as are read at once. */
function* pages({ chars }: Rows, runs: Iterable<TextRun>): Generator<TextRun[]> {
  let page: TextRun[] = [];
  let [held, heldChars] = [0, 0];
  for (const run of runs) {
    let { from } = run;
    for (let at = from; at < run.to; at++) {
      if (held > 0 && (held === pageRows || heldChars + chars[at]! > pageChars)) {
        if (at > from) page.push({ ...run, from, to: at });
        yield page;
        [page, held, heldChars, from] = [[], 0, 0, at];
      }
      held += 1;
      heldChars += chars[at]!;
    }
    page.push({ ...run, from });
  }
  if (page.length > 0) yield page;
}

/** The text in which each row parts from its neighbours, by line. */
async function textsOf(q: PoolClient, batch: Batch, page: TextRun[]): Promise<Map<number, string>> {
  const { lines } = batch.rows;
  const asked = page.flatMap(({ from, to }) => [...lines.subarray(from, to)]);
  const { rows } = await q.query<[number, string]>({
    text: 'select line, body from requests where batch_id = $1 and line = any ($2::integer[])',
    values: [batch.batchId, asked],
    rowMode: 'array',
  });
  const prompts = new Map(rows.map(([line, body]) => [line, batch.promptText(JSON.parse(body))]));
  countUsedUp(rows.reduce((sum, [, body]) => sum + body.length, 0));
  return new Map(
    page.flatMap(({ from, to, text }) =>
      [...lines.subarray(from, to)].map((line) => [line, prompts.get(line)!.slice(text.from, text.to)] as const),
    ),
  );
}

function sortRun({ lines, chars }: Rows, { from, to }: TextRun, texts: Map<number, string>): void {
  const sorted = Array.from({ length: to - from }, (_, i) => ({
    line: lines[from + i]!,
    chars: chars[from + i]!,
    text: texts.get(lines[from + i]!)!,
  })).sort((a, b) => (a.text < b.text ? -1 : a.text > b.text ? 1 : 0));
  for (const [i, row] of sorted.entries()) {
    lines[from + i] = row.line;
    chars[from + i] = row.chars;
  }
}
