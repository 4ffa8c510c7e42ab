/** Finds the first item id that occurs twice in a file, with both places, by reading the file once more. */

import type { AssayError } from '../errors.ts';
import { type ItemId, itemIdOf } from './derive-item.ts';
import { quotable, type Row, rowFault } from './row.ts';

/**
 * Of `ids` the one that repeats first. `from` says which field it comes from: `id` when either of the two rows takes it
 * from there.
 */
export async function findRepeatedId(options: {
  rows: AsyncIterable<Row>;
  file: string;
  ids: Set<string>;
  useId: boolean;
}): Promise<{ from: ItemId['from']; error: AssayError }> {
  const { file, ids } = options;
  const places = new Map<string, { from: ItemId['from']; row: Pick<Row, 'line' | 'number'> }>();
  for await (const row of options.rows) {
    const { itemId, from } = itemIdOf(row, file, options.useId);
    if (!ids.has(itemId)) continue;
    const first = places.get(itemId);
    if (first === undefined) {
      places.set(itemId, { from, row: { line: row.line, number: row.number } });
      continue;
    }
    const place = first.row.line === null ? `row ${first.row.number}` : `line ${first.row.line}`;
    const problem = `the custom_id "${quotable(itemId.slice(0, 200))}" was already used on ${place}; each item needs its own`;
    const either = [from, first.from];
    return { from: either.includes('id') ? 'id' : either[0]!, error: rowFault(file, row, problem) };
  }
  throw new Error('the file changed while it was read');
}
