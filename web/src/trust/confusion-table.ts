/** Makes a table of the counted pairs of what people and a judge say: people by row, the judge by column, sums beside them. */

import type { AgreementObject } from '../../../src/contracts/trust.ts';
import { byLabel } from './trust-text.ts';

export interface ConfusionTable {
  /** What people say. */
  rows: string[];
  /** What the judge says; null, last: its reply was unusable. */
  columns: (string | null)[];
  count(human: string, judge: string | null): number;
  rowSum(human: string): number;
  columnSum(judge: string | null): number;
  /** The largest count. */
  most: number;
}

/** Rows and columns that there are even when nothing stands in them. */
const kinds = { answers: ['pass', 'fail'], pairs: ['a', 'tie', 'b'] } as const;

export function confusionTable(confusion: AgreementObject['confusion'], kind: keyof typeof kinds): ConfusionTable {
  const counts = new Map<string, number>();
  for (const { human, judge, n } of confusion) {
    const cell = JSON.stringify([human, judge]);
    counts.set(cell, (counts.get(cell) ?? 0) + n);
  }
  const count = (human: string, judge: string | null) => counts.get(JSON.stringify([human, judge])) ?? 0;
  const known: readonly string[] = kinds[kind];
  const named = confusion.flatMap(({ judge }) => (judge === null ? [] : [judge]));
  const rows = [...new Set([...known, ...confusion.map(({ human }) => human)])].sort(byLabel);
  const columns: (string | null)[] = [...new Set([...known, ...named])].sort(byLabel);
  if (confusion.some(({ judge }) => judge === null)) columns.push(null);
  const sum = (counted: number[]) => counted.reduce((all, one) => all + one, 0);
  return {
    rows,
    columns,
    count,
    rowSum: (human) => sum(columns.map((judge) => count(human, judge))),
    columnSum: (judge) => sum(rows.map((human) => count(human, judge))),
    most: Math.max(0, ...counts.values()),
  };
}
