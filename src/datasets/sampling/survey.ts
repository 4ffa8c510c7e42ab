/** The first walk: counts the rows of each category and source, and remembers in four bytes a row where it belongs. */

import type { PromptCategory, SampleOptions } from '../../contracts/sampling.ts';
import { AssayError } from '../../errors.ts';
import { classify } from './classify.ts';
import { bucketOf, type LengthHistogram, openLengthHistogram } from './length-histogram.ts';
import { type SampleControl, type SampleRow, type SampleSource, watchedRows } from './sample-source.ts';

/** The rows of one category and one source. */
export interface Cell {
  category: string;
  source: string | null;
  rows: number;
  /** Rows by bucket of length; empty where lengths do not count. */
  buckets: Map<number, number>;
}

export interface Survey {
  rows: number;
  cells: Cell[];
  /** The cell of a row, by its number. */
  cellOf(number: number): number;
  lengths: LengthHistogram;
  classified: { field: number; rules: number; model: number; other: number };
  /** confusion[category of the field][category by the rules] = rows. */
  confusion: Map<string, Map<PromptCategory, number>>;
}

/** Different values that a category or a source may have. */
const MOST_VALUES = 1000;
/** Rows that are held until they are classified together, and characters of each. */
const REST_ROWS = 4096;
const REST_CHARS = 2000;

interface Waiting {
  row: { number: number; source: string | null; length: number };
  text: string;
}

/** @throws AssayError invalid_parameter: a category or source with more than 1,000 values; the signal's reason. */
export async function surveyRows(
  source: SampleSource,
  options: SampleOptions,
  control: SampleControl,
): Promise<Survey> {
  const tally = openTally(options);
  const { classifyRest } = control;
  let waiting: Waiting[] = [];
  const settle = async () => {
    const categories = await classifyRest!(waiting.map(({ text }) => text));
    for (const [at, { row }] of waiting.entries()) tally.put(row, categories[at]!, 'model');
    waiting = [];
  };
  const total = source.total ?? null;
  const share = (rows: number) => (total === null ? (source.share?.() ?? 0) : rows / total) / 3;
  for await (const row of watchedRows(source, control, { note: 'counting rows', total, share })) {
    const { number, text } = row;
    const placed = { number, source: row.source, length: text.length };
    tally.lengths.see(text.length);
    const byRules = options.classify === 'rules' ? classify(text) : 'other';
    if (row.category !== null) {
      tally.put(placed, row.category, 'field');
      if (options.classify === 'rules') tally.confuse(row.category, byRules);
    } else if (byRules === 'other' && classifyRest) {
      waiting.push({ row: placed, text: text.slice(0, REST_CHARS) });
      if (waiting.length === REST_ROWS) await settle();
    } else tally.put(placed, byRules, 'rules');
  }
  if (waiting.length > 0) await settle();
  return tally.survey();
}

function openTally(options: SampleOptions) {
  const cells: Cell[] = [];
  const byName = new Map<string, number>();
  const values = { category: new Set<string>(), source: new Set<string>() };
  const lengths = openLengthHistogram();
  const classified = { field: 0, rules: 0, model: 0, other: 0 };
  const confusion: Survey['confusion'] = new Map();
  let ofRow = new Uint32Array(1 << 16);
  let rows = 0;
  const cellFor = (category: string, source: string | null): number => {
    const name = JSON.stringify([category, source]);
    const known = byName.get(name);
    if (known !== undefined) return known;
    check(values.category.add(category), { param: 'category_path', value: options.category_path ?? 'category' });
    if (source !== null) check(values.source.add(source), { param: 'source_path', value: options.source_path });
    byName.set(name, cells.length);
    return cells.push({ category, source, rows: 0, buckets: new Map() }) - 1;
  };
  return {
    lengths,
    put(
      row: Pick<SampleRow, 'number' | 'source'> & { length: number },
      category: string,
      by: 'field' | 'rules' | 'model',
    ) {
      const at = cellFor(category, row.source);
      const cell = cells[at]!;
      cell.rows += 1;
      if (options.by_length) {
        const bucket = bucketOf(row.length);
        cell.buckets.set(bucket, (cell.buckets.get(bucket) ?? 0) + 1);
      }
      if (row.number >= ofRow.length) {
        const larger = new Uint32Array(Math.max(row.number + 1, ofRow.length * 2));
        larger.set(ofRow);
        ofRow = larger;
      }
      ofRow[row.number] = at;
      rows += 1;
      classified[by === 'rules' && category === 'other' ? 'other' : by] += 1;
    },
    confuse(category: string, byRules: PromptCategory) {
      const found = confusion.get(category) ?? new Map<PromptCategory, number>();
      confusion.set(category, found.set(byRules, (found.get(byRules) ?? 0) + 1));
    },
    survey: (): Survey => ({ rows, cells, cellOf: (number) => ofRow[number]!, lengths, classified, confusion }),
  };
}

function check(values: Set<string>, of: { param: string; value: unknown }): void {
  if (values.size <= MOST_VALUES) return;
  const problem = `must be a field with at most ${MOST_VALUES} different values`;
  throw new AssayError('invalid_parameter', { ...of, problem }, { param: of.param });
}
