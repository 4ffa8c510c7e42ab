/** Counts who is right where the items have a truth, and tests whether two models differ in it. */

import type { Agreement } from '../contracts/workbench.ts';
import type { CountedItems } from './counted-decisions.ts';
import { mcnemar } from './mcnemar.ts';

type Split = Agreement['pairs'][number]['mcnemar'];

export interface Rightness {
  right: Record<string, number>;
  /** Answers that could be judged. */
  judged: Record<string, number>;
  /** Of the models at two places, over the items on which both were judged. */
  mcnemar(a: number, b: number): Split;
}

/** `models` stand in the order of `correct`. null when no answer was judged. */
export function rightness(models: string[], items: CountedItems[]): Rightness | null {
  const count = (chosen: (item: CountedItems) => boolean) =>
    items.reduce((sum, item) => (chosen(item) ? sum + item.count : sum), 0);
  const judged = models.map((_, at) => count(({ correct }) => correct[at] !== null));
  if (judged.every((answers) => answers === 0)) return null;
  return {
    right: Object.fromEntries(models.map((model, at) => [model, count(({ correct }) => correct[at] === true)])),
    judged: Object.fromEntries(models.map((model, at) => [model, judged[at]!])),
    mcnemar(a, b) {
      const onlyA = count(({ correct }) => correct[a] === true && correct[b] === false);
      const onlyB = count(({ correct }) => correct[a] === false && correct[b] === true);
      const both = count(({ correct }) => correct[a] !== null && correct[b] !== null);
      return both === 0 ? null : { b: onlyA, c: onlyB, p: mcnemar(onlyA, onlyB) };
    },
  };
}
