/** Widths of intervals over the labels so far, a line a model; a broken one where a judge's verdicts mend the figure. */

import type { CSSProperties } from 'react';
import { modelColour } from '../app/palette.ts';
import { ChartFrame } from '../charts/chart-frame.tsx';
import chartStyles from '../charts/charts.module.css';
import { countText } from '../grid/cell-text.ts';
import styles from './labelling.module.css';
import type { WidthLine, WidthPoint } from './review-words.ts';

const SIZE = 100;
const DASH = '5 4';
const title = 'Width of the intervals, percentage points';

export function IntervalChart({ lines }: { lines: WidthLine[] }) {
  const all = lines[0]!.points;
  const [from, to] = [all[0]!.labels, all.at(-1)!.labels];
  const most = Math.ceil(Math.max(1, ...lines.flatMap(({ points }) => points.map(({ width }) => width ?? 0))) / 5) * 5;
  const models = [...new Set(lines.map(({ model }) => model))];
  const x = (labels: number) => (to === from ? SIZE / 2 : ((labels - from) / (to - from)) * SIZE);
  const y = (width: number) => SIZE - (width / most) * SIZE;
  return (
    <div className={styles.chart}>
      <ChartFrame title={title} table={tableOf(lines)}>
        <div className={`${styles.plot} ${chartStyles.lines}`}>
          <div className={styles.scale} aria-hidden="true">
            <span>{most}</span>
            <span>{most / 2}</span>
            <span>0</span>
          </div>
          <svg viewBox={`0 0 ${SIZE} ${SIZE}`} preserveAspectRatio="none" role="img" aria-label={saidOf(lines)}>
            <path className={chartStyles.rule} d={`M0 ${SIZE / 2}H${SIZE}`} />
            {lines.map((line) => (
              <Drawn key={line.name} line={line} place={models.indexOf(line.model)} x={x} y={y} />
            ))}
          </svg>
        </div>
        <div className={styles.axis} aria-hidden="true">
          <span>{countText(from)} labels</span>
          {to !== from && <span>{countText(to)}</span>}
        </div>
        <ul className={chartStyles.legend}>
          {lines.map((line) => (
            <li key={line.name}>
              <svg width="22" height="4" aria-hidden="true">
                <path
                  d="M0 2h22"
                  stroke={modelColour(models.indexOf(line.model))}
                  strokeWidth="2.500"
                  {...(line.corrected ? { strokeDasharray: DASH } : {})}
                />
              </svg>
              <span title={line.name}>{line.name}</span>
              <span>{widthText(line.points.at(-1)!)}</span>
            </li>
          ))}
        </ul>
      </ChartFrame>
    </div>
  );
}

interface DrawnProps {
  line: WidthLine;
  place: number;
  x: (labels: number) => number;
  y: (width: number) => number;
}

function Drawn({ line, place, x, y }: DrawnProps) {
  const points = line.points.flatMap(({ labels, width }) => (width === null ? [] : [[x(labels), y(width)] as const]));
  return (
    <g style={{ '--colour': modelColour(place) } as CSSProperties}>
      <polyline
        points={points.map((point) => point.join(',')).join(' ')}
        {...(line.corrected ? { strokeDasharray: DASH } : {})}
      />
      {points.map(([at, height]) => (
        // A line of no length has round ends: a dot that the stretched picture does not distort.
        <path key={at} className={chartStyles.dot} d={`M${at} ${height}h0`} />
      ))}
    </g>
  );
}

const widthText = ({ width }: WidthPoint) => (width === null ? 'none' : width.toFixed(1));

const saidOf = (lines: readonly WidthLine[]) =>
  `${title}: ${lines
    .map(({ name, points }) => {
      const told = points.filter(({ width }) => width !== null);
      return `${name} ${told.map((point) => `${widthText(point)} at ${countText(point.labels)} labels`).join(', ')}`;
    })
    .join('; ')}`;

/** Rounds of a table at most, the newest first. */
const ROWS = 25;

function tableOf(lines: readonly WidthLine[]) {
  const rounds = lines[0]!.points.map((_, at) => at).reverse();
  return {
    head: ['Labels', ...lines.map(({ name }) => name)],
    rows: rounds
      .slice(0, ROWS)
      .map((at) => [countText(lines[0]!.points[at]!.labels), ...lines.map(({ points }) => widthText(points[at]!))]),
  };
}
