/** How long answers take, or how many tokens they have: a row of columns for each model over one axis. */

import type { CSSProperties } from 'react';
import { modelColour } from '../app/palette.ts';
import { countText } from '../grid/cell-text.ts';
import { type Bin, histogramOf } from './bins.ts';
import { ChartFrame } from './chart-frame.tsx';
import styles from './charts.module.css';

interface HistogramChartProps {
  title: string;
  models: { name: string; bins: readonly Bin[] }[];
  /** An edge or a median as text. */
  say: (value: number) => string;
}

export function HistogramChart({ title, models, say }: HistogramChartProps) {
  const { edges, models: rows, most } = histogramOf(models);
  if (most === 0) {
    return (
      <ChartFrame title={title}>
        <p className={styles.note}>The answers do not tell.</p>
      </ChartFrame>
    );
  }
  const table = {
    head: ['Model', 'median', ...edges.map((edge) => `up to ${say(edge)}`)],
    rows: rows.map(({ name, median, counts }) => [name, median === null ? '' : say(median), ...counts.map(countText)]),
  };
  return (
    <ChartFrame title={title} table={table}>
      {rows.map(({ name, counts, total, median }, place) => (
        <div key={name}>
          <div className={styles.model} title={name}>
            <b>{name}</b> <span>{median === null ? 'not told' : `median ${say(median)}`}</span>
          </div>
          {total > 0 && (
            <div
              className={styles.columns}
              role="img"
              aria-label={`${title} of ${name}: ${sayCounts(edges, counts, say)}`}
              style={{ '--colour': modelColour(place) } as CSSProperties}
            >
              {counts.map((count, at) => (
                <span key={edges[at]} className={styles.column} title={`up to ${say(edges[at]!)}: ${countText(count)}`}>
                  <span style={{ '--share': heightOf(count, Math.max(...counts)) } as CSSProperties} />
                </span>
              ))}
            </div>
          )}
        </div>
      ))}
      <div className={styles.axis} aria-hidden="true">
        <span>≤ {say(edges[0]!)}</span>
        <span>≤ {say(edges.at(-1)!)}</span>
      </div>
    </ChartFrame>
  );
}

/** What is there is seen, however little. */
function heightOf(count: number, most: number): string {
  return count === 0 ? '0' : `max(2px, ${(count / most) * 100}%)`;
}

function sayCounts(edges: number[], counts: number[], say: (value: number) => string): string {
  return edges
    .map((edge, at) => ({ edge, count: counts[at]! }))
    .filter(({ count }) => count > 0)
    .map(({ edge, count }) => `${countText(count)} up to ${say(edge)}`)
    .join(', ');
}
