/** The axis of a chart of rates with their intervals: where it begins and ends, its marks, and the place of a rate on it. */

export interface RateRow {
  name: string;
  /** From 0 to 1. */
  rate: number;
  /** null: a figure without an interval. */
  interval: readonly [low: number, high: number] | null;
}

export interface RateScale {
  marks: number[];
  /** Percent of the axis, from 0 to 100. */
  place(rate: number): number;
}

/** Distances of the marks, of which the smallest that needs no more than six of them is taken. */
const steps = [0.01, 0.02, 0.05, 0.1, 0.2, 0.25];
const MOST_MARKS = 6;

/** Begins and ends at marks that hold all rates and intervals, which are kept from 0 to 1. */
export function rateScale(rows: readonly RateRow[]): RateScale {
  const all = rows.flatMap(({ rate, interval }) => [rate, ...(interval ?? [])]).map(inside);
  const [low, high] = all.length === 0 ? [0, 1] : [Math.min(...all), Math.max(...all)];
  const step = steps.find((each) => marksOf(low, high, each).length <= MOST_MARKS) ?? steps.at(-1)!;
  const marks = marksOf(low, high, step);
  const [from, to] = [marks[0]!, marks.at(-1)!];
  return { marks, place: (rate) => ((inside(rate) - from) / (to - from)) * 100 };
}

const inside = (rate: number) => Math.min(1, Math.max(0, rate));

function marksOf(low: number, high: number, step: number): number[] {
  const first = Math.floor(low / step + 1e-9);
  const last = Math.max(first + 1, Math.ceil(high / step - 1e-9));
  // A rate of 1 alone would end the axis beyond 100 %.
  const shift = last * step > 1 + 1e-9 ? 1 : 0;
  return Array.from({ length: last - first + 1 }, (_, at) => Number(((first - shift + at) * step).toFixed(4)));
}
