/** How patterns went or came, in plain words. */

import type { PatternComparison } from '../../../src/contracts/mining.ts';
import { countText } from '../grid/cell-text.ts';

export type Change = PatternComparison['patterns'][number]['change'];
type Counted = Pick<PatternComparison['patterns'][number], 'n' | 'failed_before' | 'failed_after'>;

/** In the order in which they are told: what is worse first. */
export const changes = ['new', 'more', 'same', 'fewer', 'gone'] as const satisfies Change[];

export const changeWords: Record<Change, string> = {
  gone: 'gone',
  fewer: 'fewer',
  same: 'no clear change',
  more: 'more',
  new: 'new',
};

/** "Of 280 items that failed before, 147 fail now. 1 pattern is gone, 2 have fewer failures, 1 has more, 2 show no clear change." */
export function comparisonSentence({ overall, patterns }: PatternComparison): string {
  const of = (change: Change) => patterns.filter((each) => each.change === change).length;
  const said = (['gone', 'fewer', 'more', 'new', 'same'] as const)
    .filter((change) => of(change) > 0)
    .map((change, at) => sayChange(change, of(change), at === 0));
  const whole = `Of ${countText(overall.n)} items judged in both, ${countText(overall.failed_before)} failed before and ${countText(overall.failed_after)} fail after.`;
  return said.length === 0 ? whole : `${whole} ${said.join(', ')}.`;
}

function sayChange(change: Change, count: number, first: boolean): string {
  const noun = first ? (count === 1 ? ' pattern' : ' patterns') : '';
  const [one, many] = {
    gone: ['is gone', 'are gone'],
    fewer: ['has fewer failures', 'have fewer failures'],
    more: ['has more failures', 'have more failures'],
    new: ['is new', 'are new'],
    same: ['shows no clear change', 'show no clear change'],
  }[change];
  return `${countText(count)}${noun} ${count === 1 ? one : many}`;
}

/** "-71 %, between -80 % and -60 %": difference of the shares that fail, in points of a hundred. */
export function differenceText(difference: number | null, interval: readonly [number, number] | null): string {
  if (difference === null) return 'unknown';
  const points = (value: number) => {
    const text = (Math.abs(value) * 100).toFixed(Math.abs(value) < 0.0995 && value !== 0 ? 1 : 0);
    return `${value > 0 ? '+' : value < 0 ? '−' : ''}${text} points`;
  };
  if (interval === null) return points(difference);
  const bare = (value: number) => points(value).replace(' points', '');
  return `${points(difference)} (${bare(interval[0])} to ${bare(interval[1])})`;
}

/** "p < 0.001", "p = 0.04". */
export function pText(p: number | null): string {
  if (p === null) return 'no pair differs';
  return p < 0.001 ? 'p < 0.001' : `p = ${p.toFixed(p < 0.1 ? 3 : 2)}`;
}

/** Shares of the items of a pattern that fail before and after; 0 where there are none. */
export const sharesOf = ({ n, failed_before, failed_after }: Counted): [before: number, after: number] =>
  n === 0 ? [0, 0] : [failed_before / n, failed_after / n];
