/** Shows on a terminal how far a sample is, and what was drawn. */

import type { SampleStats } from '../contracts/sampling.ts';
import type { SampleProgress } from '../datasets/sampling/sample-source.ts';
import { clean, count, duration, percent, short, table } from './text.ts';

/** Categories shown at most; the file of figures has all. */
const MOST_SHOWN = 20;

/** `seconds` is how long the drawing has run. */
export function sampleProgressLine({ note, done, total, share }: SampleProgress, seconds: number): string {
  const left = share > 0 ? (seconds / share) * (1 - share) : null;
  // All rows were read once before any is drawn.
  const read = note === 'drawing rows' ? done + total! : done;
  const rate = short(read / Math.max(seconds, 0.001));
  return `${note}: ${count(done)}, ${rate} rows/s, ${percent(share)} of all work, ${duration(left)} left`;
}

export function sampleText(stats: SampleStats, width: number): string[] {
  const figures = Object.entries(stats.categories);
  const shown = figures.toSorted((a, b) => b[1].drawn - a[1].drawn).slice(0, MOST_SHOWN);
  const rows = shown.map(([name, { source, drawn, source_share, share }]) => [
    clean(name),
    count(source),
    count(drawn),
    points(source_share),
    points(share),
  ]);
  const more = figures.length - shown.length;
  const { field, rules, model, other } = stats.classified;
  const near = stats.near_duplicates;
  return [
    `${count(stats.drawn)} of ${count(stats.source.rows)} rows drawn from ${clean(stats.source.name)} in ${duration(stats.seconds)}.`,
    ...table([['category', 'source', 'drawn', 'of source', 'of sample'], ...rows], width),
    ...(more > 0 ? [`(${count(more)} more categories)`] : []),
    `Largest difference to the share aimed at: ${points(stats.largest_share_difference)}.`,
    `Categories: ${count(field)} by field, ${count(rules)} by rules, ${count(model)} by model, ${count(other)} other.`,
    ...(stats.agreement === null
      ? []
      : [`Rules agree with the field in ${percent(stats.agreement)} of the rows that both know.`]),
    ...(near.threshold === null
      ? []
      : [`Near-duplicates left out: ${count(near.removed)} (similarity from ${near.threshold}).`]),
    ...stats.notes.map((note) => `Note: ${clean(note)}`),
  ];
}

const points = (share: number): string => `${(share * 100).toFixed(2)} %`;
