/** Tells which patterns of failure went and which came between two judged runs over the same items. */

import { mcnemar } from '../../compare/mcnemar.ts';
import type { Pattern, PatternComparison } from '../../contracts/mining.ts';
import { pairedDifference } from './paired-difference.ts';

/** How one item did in both runs. */
export interface PairedItem {
  itemId: string;
  failedBefore: boolean;
  failedAfter: boolean;
  /** Cluster of the failure; -1: like no pattern; null: it did not fail, or nobody knows. A failure after whose cluster is unknown is in that of before. */
  clusterBefore: number | null;
  clusterAfter: number | null;
}

export interface ToCompare extends Pick<PatternComparison, 'before' | 'after'> {
  items: PairedItem[];
  /** "Other" is no pattern. */
  patterns: Pick<Pattern, 'cluster' | 'title'>[];
  /** What else is to be known, such as that two judges judged. */
  notes?: string[];
}

type PatternChange = PatternComparison['patterns'][number];
type Change = Omit<PatternChange, 'cluster' | 'title'>;

/** Items of one pattern that fail by it before, after, or both. */
interface Counts {
  both: number;
  mended: number;
  broken: number;
}

/**
 * An item is of a pattern when it fails by it before or after. `mended` fails by it before and not after, `broken` the other way round:
 * an item that fails in another way after is mended here and broken there. The test and the interval are over all items that
 * both runs were judged on: those of a pattern alone were chosen by having failed, which makes any change look surer than it
 * is. Difference and interval are then put as shares of the pattern's n.
 */
export function comparePatterns({ items, patterns, before, after, notes = [] }: ToCompare): PatternComparison {
  const named = patterns.filter(({ cluster }) => cluster >= 0);
  const counts = new Map(named.map(({ cluster }) => [cluster, { both: 0, mended: 0, broken: 0 }]));
  const overall = { both: 0, mended: 0, broken: 0 };
  let [unlike, unknown] = [0, 0];
  for (const item of items) {
    const was = item.failedBefore ? item.clusterBefore : null;
    const is = item.failedAfter ? (item.clusterAfter ?? was) : null;
    add(overall, item.failedBefore, item.failedAfter);
    for (const cluster of new Set([was, is])) {
      const of = cluster === null ? undefined : counts.get(cluster);
      if (of !== undefined) add(of, was === cluster, is === cluster);
    }
    if (item.failedAfter && !item.failedBefore) {
      if (is === -1) unlike += 1;
      if (is === null) unknown += 1;
    }
  }
  const whole = changeOf(overall, { n: items.length, all: items.length });
  const changes = named.map(({ cluster, title }): PatternChange => {
    const of = counts.get(cluster)!;
    return { cluster, title, ...changeOf(of, { n: of.both + of.mended + of.broken, all: items.length }) };
  });
  const told = [...notes, ...notesOn(changes, { unlike, unknown })];
  return { before, after, n: items.length, overall: whole, patterns: changes, unlike, notes: told };
}

function add(counts: Counts, failedBefore: boolean, failedAfter: boolean): void {
  if (failedBefore && failedAfter) counts.both += 1;
  else if (failedBefore) counts.mended += 1;
  else if (failedAfter) counts.broken += 1;
}

function changeOf({ both, mended, broken }: Counts, { n, all }: { n: number; all: number }): Change {
  const neither = all - both - mended - broken;
  const found = n === 0 ? null : pairedDifference({ both, afterOnly: broken, beforeOnly: mended, neither });
  const ofPattern = (share: number) => Math.max(-1, Math.min(1, (share * all) / n));
  const figures = {
    n,
    failed_before: both + mended,
    failed_after: both + broken,
    mended,
    broken,
    difference: found === null ? null : (broken - mended) / n,
    difference_ci:
      found === null ? null : ([ofPattern(found.interval[0]), ofPattern(found.interval[1])] as [number, number]),
    p: mended + broken === 0 ? null : mcnemar(mended, broken),
  };
  return { ...figures, change: wordFor(figures) };
}

/** By the interval: what it leaves open is the same. */
function wordFor({ failed_before, failed_after, difference_ci }: Omit<Change, 'change'>): Change['change'] {
  const [low, high] = difference_ci ?? [0, 0];
  if (high < 0) return failed_after === 0 ? 'gone' : 'fewer';
  if (low > 0) return failed_before === 0 ? 'new' : 'more';
  return 'same';
}

function notesOn(changes: PatternChange[], { unlike, unknown }: { unlike: number; unknown: number }): string[] {
  const notes: string[] = [];
  if (changes.some(({ change }) => change === 'gone' || change === 'fewer'))
    notes.push(
      'Patterns are made of what failed before. Where answers vary from run to run, some of that passes again by chance; the change over all items is free of this.',
    );
  if (unlike > 0)
    notes.push(`${unlike} new failures are like no pattern: they count over all items, and in no pattern.`);
  if (unknown > 0)
    notes.push(`${unknown} new failures could not be held against the patterns: they count over all items alone.`);
  const tested = changes.filter(({ p }) => p !== null).length;
  if (tested > 1)
    notes.push(`Of ${tested} patterns that are tested at once, one in twenty shows a change by chance alone.`);
  return notes;
}
