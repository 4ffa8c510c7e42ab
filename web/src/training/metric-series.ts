/** The lines of a training's metrics: which values belong in one chart, their range and ticks, how fast the steps go. */

import type { Evaluation } from '../../../src/contracts/predictions.ts';
import type { MetricPoint } from '../../../src/contracts/training.ts';
import { scoreNamesOf, scoreText } from './score-words.ts';

export interface LinePoint {
  step: number;
  epoch: number;
  /** null: it was not finite. */
  value: number | null;
}

export interface Line {
  name: string;
  points: LinePoint[];
}

export interface Chart {
  title: string;
  lines: Line[];
  /** Of the values, where it is the same for every training. */
  range?: Range;
}

/** Charts that come first, with the names under which trainers log their lines. */
const first: [title: string, names: string[]][] = [
  ['Loss', ['loss', 'eval_loss']],
  ['Learning rate', ['learning_rate']],
  ['Gradient norm', ['grad_norm']],
];
const words: Record<string, string> = {
  loss: 'training',
  eval_loss: 'evaluation',
  learning_rate: 'learning rate',
  grad_norm: 'gradient norm',
};
/** Of the clock rather than of the model. */
const timing = /(_runtime|_per_second)$/;

/** Those that trainers always log, then each other value by its name; values of the end are no lines. */
export function chartsOf(metrics: readonly MetricPoint[]): { main: Chart[]; more: Chart[] } {
  const lines = linesOf(metrics);
  const take = (name: string): Line[] => {
    const points = lines.get(name);
    lines.delete(name);
    return points === undefined ? [] : [{ name: words[name] ?? name, points }];
  };
  const main = first
    .map(([title, names]) => ({ title, lines: names.flatMap(take) }))
    .filter((chart) => chart.lines.length > 0);
  const others = [...lines.keys()].filter((name) => !timing.test(name)).sort();
  return { main, more: others.map((name) => ({ title: name, lines: take(name) })) };
}

/** What the predictions of each evaluation scored in the mean, and their mean loss on the expected answers. */
export function predictionCharts(evaluations: readonly Evaluation[]): Chart[] {
  const line = (name: string, read: (of: Evaluation) => number | null | undefined): Line => ({
    name,
    points: evaluations.flatMap((each) => {
      const value = read(each);
      return value === null || value === undefined ? [] : { step: each.step, epoch: each.epoch, value };
    }),
  });
  const scores = scoreNamesOf(evaluations).map((name) => line(scoreText(name), (each) => each.scores[name]));
  const loss = line('mean of the samples', ({ truth_nll }) => truth_nll);
  return [
    { title: 'Scores of the predictions', lines: scores, range: { from: 0, to: 1 } },
    { title: 'Loss on the expected answers', lines: loss.points.length > 0 ? [loss] : [] },
  ].filter(({ lines }) => lines.length > 0);
}

function linesOf(metrics: readonly MetricPoint[]): Map<string, LinePoint[]> {
  const lines = new Map<string, LinePoint[]>();
  for (const { step, epoch, kind, values } of metrics) {
    if (kind === 'end') continue;
    for (const [name, value] of Object.entries(values)) {
      const points = lines.get(name) ?? [];
      points.push({ step, epoch, value });
      lines.set(name, points);
    }
  }
  for (const points of lines.values()) points.sort((a, b) => a.step - b.step);
  return lines;
}

/** Values of the whole training, as the trainer told them at its end. */
export function endValues(metrics: readonly MetricPoint[]): [name: string, value: number][] {
  const last = metrics.findLast(({ kind }) => kind === 'end');
  return Object.entries(last?.values ?? {}).filter((entry): entry is [string, number] => entry[1] !== null);
}

/** The stretches of a line between values that were not finite. */
export function stretchesOf(points: readonly LinePoint[]): { step: number; value: number }[][] {
  const stretches: { step: number; value: number }[][] = [[]];
  for (const { step, value } of points) {
    if (value !== null) stretches.at(-1)!.push({ step, value });
    else if (stretches.at(-1)!.length > 0) stretches.push([]);
  }
  return stretches.filter(({ length }) => length > 0);
}

export interface Range {
  from: number;
  to: number;
}

/** Steps and values that the lines span, at least those of `range`; a flat line lies in the middle of its values. null: there is nothing to draw. */
export function rangesOf({ lines, range }: Pick<Chart, 'lines' | 'range'>): { steps: Range; values: Range } | null {
  const all = lines.flatMap(({ points }) => points);
  const values = all.flatMap(({ value }) => (value === null ? [] : [value]));
  if (values.length === 0) return null;
  const [least, most] = [Math.min(...values), Math.max(...values)];
  const room = most === least ? Math.abs(most) / 2 || 1 : (most - least) * 0.04;
  const steps = all.map(({ step }) => step);
  return {
    steps: { from: Math.min(...steps), to: Math.max(...steps) },
    values:
      range === undefined
        ? { from: least - room, to: most + room }
        : { from: Math.min(range.from, least), to: Math.max(range.to, most) },
  };
}

/** Ticks at most, or one more. */
const TICKS = 6;

/** Round values within the range, two at least: multiples of 1, 2 or 5 times a power of ten. */
export function ticksOf({ from, to }: Range): number[] {
  const rough = (to - from) / TICKS;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((times) => times * power).find((each) => each >= rough)!;
  const ticks: number[] = [];
  for (let at = Math.ceil(from / step); at * step <= to; at += 1) ticks.push(Number((at * step).toPrecision(12)));
  return ticks;
}

/** The point of a line nearest to a step; null for a line without points. */
export function nearest(points: readonly LinePoint[], step: number): LinePoint | null {
  return points.reduce<LinePoint | null>(
    (best, point) => (best === null || Math.abs(point.step - step) < Math.abs(best.step - step) ? point : best),
    null,
  );
}

/** Points over which the speed is taken. */
const WINDOW = 50;
/** A pause so many times longer than most: the trainer was stopped, and went on. */
const PAUSE_TIMES = 20;
/** Shorter than this is no such pause. Seconds. */
const LEAST_PAUSE = 60;

/** Steps a second of late, by when the metrics came, evaluations and predictions included; null while it cannot be told. */
export function paceOf(metrics: readonly MetricPoint[]): number | null {
  const points = metrics.filter(({ kind }) => kind === 'train').slice(-WINDOW);
  const gaps = points.slice(1).map(({ created_at }, at) => created_at - points[at]!.created_at);
  const usual = [...gaps].sort((a, b) => a - b)[Math.floor(gaps.length / 2)] ?? 0;
  const pause = Math.max(LEAST_PAUSE, usual * PAUSE_TIMES);
  const stretch = points.slice(gaps.findLastIndex((gap) => gap > pause) + 1);
  const [start, end] = [stretch[0], stretch.at(-1)];
  if (start === undefined || end === undefined || end.created_at <= start.created_at || end.step <= start.step)
    return null;
  return (end.step - start.step) / (end.created_at - start.created_at);
}
