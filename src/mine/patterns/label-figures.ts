/** How well a label tells its cluster from others: precision and recall with their intervals, and what they mean in words. */

import type { LabelOptions, Pattern } from '../../contracts/mining.ts';
import { shareOf } from '../../judge/trust/wilson.ts';

/** A failure that tested a label. */
export interface Tested {
  ordinal: number;
  /** Whether it belongs to the cluster. */
  member: boolean;
  /** Whether the judge says that it does; null: its verdict cannot be read. */
  said: boolean | null;
}

export interface LabelFigures {
  test: NonNullable<Pattern['test']>;
  /** Share of members among the rows with a verdict: the precision of one who guesses. null without a verdict. */
  chance: number | null;
  /** Ordinals of the failures that were taken and do not belong, and of those that belong and were left. */
  taken: number[];
  left: number[];
}

/** Precision is over the rows that the judge took, recall over the members; both with Wilson's 95 % interval. */
export function figuresOf(rows: Tested[], judge: string): LabelFigures {
  const read = rows.filter(({ said }) => said !== null);
  const members = read.filter(({ member }) => member);
  const hits = members.filter(({ said }) => said).length;
  const precision = shareOf(hits, read.filter(({ said }) => said).length);
  const recall = shareOf(hits, members.length);
  return {
    test: {
      judge,
      n: rows.length,
      precision: precision.value,
      precision_ci: precision.interval,
      recall: recall.value,
      recall_ci: recall.interval,
      unreadable: rows.length - read.length,
    },
    chance: read.length === 0 ? null : members.length / read.length,
    taken: read.filter(({ member, said }) => said && !member).map(({ ordinal }) => ordinal),
    left: read.filter(({ member, said }) => member && !said).map(({ ordinal }) => ordinal),
  };
}

type Marks = Pick<LabelOptions, 'min_precision' | 'min_recall'>;

/** Whether a label is as good as was asked for. One that takes nothing has no precision, which is none. */
export const isGood = ({ test }: Pick<LabelFigures, 'test'>, marks: Marks): boolean =>
  (test.precision ?? 0) >= marks.min_precision && (test.recall ?? 0) >= marks.min_recall;

/** The harmonic mean of precision and recall (F1; van Rijsbergen 1979), 0 where one of them is none. */
export function f1({ test: { precision, recall } }: LabelFigures): number {
  const sum = (precision ?? 0) + (recall ?? 0);
  return sum === 0 ? 0 : (2 * (precision ?? 0) * (recall ?? 0)) / sum;
}

/** What is to be known of a tested label, in words; null when it is as good as was asked for. */
export function noteOf(figures: LabelFigures, marks: Marks): string | null {
  const { test, chance } = figures;
  const unreadable =
    test.unreadable === 0 ? [] : [`The judge gave no readable verdict on ${test.unreadable} of ${test.n} rows.`];
  if (chance === null) return `Not tested: the judge gave no readable verdict on any of ${test.n} rows.`;
  const said = [...verdictOn(figures, chance, marks), ...unreadable];
  return said.length === 0 ? null : said.join(' ');
}

function verdictOn({ test }: LabelFigures, chance: number, marks: Marks): string[] {
  if (test.precision === null || test.precision_ci === null)
    return ['The judge took none of the rows by this label, so nothing shows that it tells them apart.'];
  const [low, high] = test.precision_ci;
  if (low <= chance)
    return [
      `No better than chance, as far as the test can tell: ${percent(test.precision)} of the rows that the judge took by this label belong to the cluster ` +
        `(95 % interval ${percent(low)} to ${percent(high)}), and ${percent(chance)} of all rows it was shown do.`,
    ];
  if (isGood({ test }, marks)) return [];
  return [
    `Below what was asked for: precision ${percent(test.precision)} of ${percent(marks.min_precision)}, ` +
      `recall ${percent(test.recall ?? 0)} of ${percent(marks.min_recall)}.`,
  ];
}

const percent = (share: number): string => `${Math.round(share * 100)} %`;
