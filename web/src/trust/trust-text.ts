/** Shares, levels and labels of the trust panel as texts, and the addresses that its parts lead to. */

import type { Sample, TrustPanel } from '../../../src/contracts/trust.ts';
import { address } from '../api/client.ts';
import { countText, percentText } from '../grid/cell-text.ts';

export type CountedShare = TrustPanel['agreement']['accuracy'];
type Interval = readonly [low: number, high: number] | null;

/** "82 %"; a share of nothing has no figure. */
export const shareText = ({ value }: Pick<CountedShare, 'value'>): string =>
  value === null ? '–' : percentText(value);

/** "72 to 89 %", of shares from 0 to 1. */
export function shareInterval(interval: Interval): string {
  if (interval === null) return 'no interval';
  return `${percentText(interval[0]).replace(' %', '')} to ${percentText(interval[1])}`;
}

/** "87 of 106". */
export const ofText = ({ hits, n }: Pick<CountedShare, 'hits' | 'n'>): string =>
  `${countText(hits)} of ${countText(n)}`;

/** "0.61 to 0.83", of coefficients from -1 to 1. */
export function kappaInterval(interval: Interval): string {
  if (interval === null) return 'no interval';
  return `${kappaText(interval[0])} to ${kappaText(interval[1])}`;
}

/** "0.72" with a true minus sign; what is not defined has no figure. */
export function kappaText(kappa: number | null): string {
  if (kappa === null) return '–';
  const text = Math.abs(kappa).toFixed(2);
  return kappa < 0 && text !== '0.00' ? `−${text}` : text;
}

export type Level = TrustPanel['agreement']['verdict']['level'];

/** What each level says, so that no colour has to. */
export const levelNames: Record<Level, string> = {
  red: 'Not to be relied on',
  amber: 'With care',
  green: 'Agrees with people',
  unknown: 'Not known yet',
};

/** Labels in the order in which they stand in tables. */
const order = ['pass', 'fail', 'a', 'tie', 'b', 'undecided'];

/** Sorts labels: those known first, others by name. */
export function byLabel(a: string, b: string): number {
  const place = (label: string) => (order.includes(label) ? order.indexOf(label) : order.length);
  return place(a) - place(b) || a.localeCompare(b);
}

export interface RowsAsked {
  judgeRunId: string;
  /** As `labels` of the trust panel. */
  labels: string;
  human: string;
  /** null: the judge's reply was unusable. */
  says: string | null;
  /** Of 10; null: the judge run's own. */
  threshold: number | null;
  /** One judge of a panel; null: the verdict that counts. */
  judge: string | null;
}

/** The rows of a judge run of which people say one thing and the judge another. */
export function rowsLink({ judgeRunId, labels, human, says, threshold, judge }: RowsAsked): string {
  const query = { labels, human, says: says ?? 'unusable', threshold, judge };
  return `${address(`/judging/${encodeURIComponent(judgeRunId)}`, query)}#rows`;
}

export interface LabellingAsked {
  benchmark_id: string;
  other_benchmark_id: string | null;
  judge_run_id: string | null;
  sample: Sample;
}

/** The labelling queue of a run, or of two that are compared. */
export const labelLink = (asked: LabellingAsked): string => address('/label', { ...asked });

/** Elo points of a logarithm of a strength: 400 more are odds of 10 to 1. */
const ELO_PER_LOG = 400 / Math.LN10;

interface Strength {
  strength: number;
  ci: readonly [low: number, high: number];
  elo: number;
}

/** The interval of a strength as Elo points. */
export function eloSpan({ strength, ci, elo }: Strength): [low: number, high: number] {
  const points = (log: number) => Math.round(elo + (log - strength) * ELO_PER_LOG);
  return [points(ci[0]), points(ci[1])];
}

/** "1 to 3", "2". */
export const spanText = ([low, high]: readonly [number, number]): string =>
  low === high ? `${low}` : `${low} to ${high}`;
