/** What hangs on a dataset, in words. */

import type { DatasetUse } from '../../../src/contracts/datasets.ts';
import { countText } from '../grid/cell-text.ts';

const names = [
  ['runs', 'run', 'runs'],
  ['answers', 'answer', 'answers'],
  ['annotations', 'annotation', 'annotations'],
  ['golden_sets', 'golden set', 'golden sets'],
] as const;

/** "3 runs", "1,200 answers"; empty when nothing hangs on it. */
export function usesOf(use: DatasetUse): string[] {
  return names
    .filter(([key]) => use[key] > 0)
    .map(([key, one, many]) => `${countText(use[key])} ${use[key] === 1 ? one : many}`);
}
