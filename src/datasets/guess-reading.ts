/** Guesses where the items of a dataset have their category and their expected answer, from the fields they have. */

import type { Column, Reading } from '../contracts/datasets.ts';

/** Where to read; null: nowhere. `name_path` null: see item-name.ts. */
export type EffectiveReading = Reading;

const truths = ['expected', 'answer', 'ground_truth', 'label', 'truth', 'reference'];
const categories = ['category', 'type', 'subject', 'topic', 'task'];
/** Where such fields stand: beside the prompt, or in the metadata of the row or of its request. */
const places = ['', 'metadata.', 'body.metadata.'];

/**
 * The reading with each null path replaced by the guess, null where there is none. A field counts when most of the
 * `items` have it; a category other than `category` itself also needs to have 50 different values at most.
 */
export function fillReading(reading: Reading, columns: Column[], items: number): EffectiveReading {
  const usual = new Map(columns.filter(({ seen }) => seen * 2 > items).map((column) => [column.path, column]));
  const found = (names: string[], fits: (column: Column) => boolean): string | null => {
    const paths = places.flatMap((place) => names.map((name) => `${place}${name}`));
    return paths.find((path) => usual.has(path) && fits(usual.get(path)!)) ?? null;
  };
  const completion = usual.has('prompt') && usual.has('completion') ? 'completion' : null;
  const truth = completion ?? found(truths, () => true);
  const category = found(categories, ({ path, kind, values }) => {
    const single = kind === 'text' || kind === 'number' || kind === 'boolean';
    return single && path !== truth && (values !== null || path.endsWith('category'));
  });
  return {
    name_path: reading.name_path,
    category_path: reading.category_path ?? category,
    truth_path: reading.truth_path ?? truth,
  };
}
