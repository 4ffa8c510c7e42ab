/** A small line of a figure over the evaluations of a job, with its first and its newest value. */

import styles from './predictions.module.css';
import { stretchesOf, type TrendPoint, trendOf } from './score-trend.ts';
import { figureText } from './score-words.ts';
import { TrendArrow } from './trend-arrow.tsx';

const WIDTH = 120;
const HEIGHT = 32;
/** Room for the marks at the edges. */
const EDGE = 3;

interface SampleTrendProps {
  name: string;
  /** In the order of the evaluations; `at` is the step. */
  points: readonly TrendPoint[];
  /** Losses are the better the lower they are. */
  lowerIsBetter?: boolean;
  /** Ends of the scale; from the points themselves when absent. */
  from?: number;
  to?: number;
  /** A few words on the newest value. */
  more?: string | undefined;
}

export function SampleTrend({ name, points, lowerIsBetter = false, from, to, more }: SampleTrendProps) {
  const told = points.flatMap(({ at, value }) => (value === null ? [] : [{ at, value }]));
  const [first, last] = [told[0], told.at(-1)];
  return (
    <div className={styles.line}>
      <dt>{name}</dt>
      <dd>
        <b>{figureText(last?.value)}</b>{' '}
        {told.length > 1 && (
          <TrendArrow trend={trendOf(first!.value, last!.value, lowerIsBetter)} since="the first evaluation" />
        )}
        {more !== undefined && <small>{more}</small>}
        {told.length > 1 && <Line name={name} points={points} from={from} to={to} />}
      </dd>
    </div>
  );
}

interface LineProps {
  name: string;
  points: readonly TrendPoint[];
  from: number | undefined;
  to: number | undefined;
}

function Line({ name, points, from, to }: LineProps) {
  const stretches = stretchesOf(points);
  const values = stretches.flat().map(({ value }) => value);
  const [low, high] = [from ?? Math.min(...values), to ?? Math.max(...values)];
  const [start, end] = [points[0]!.at, points.at(-1)!.at];
  const x = (at: number) => EDGE + ((at - start) / Math.max(1, end - start)) * (WIDTH - 2 * EDGE);
  const y = (value: number) =>
    HEIGHT - EDGE - (high === low ? 0.5 : (value - low) / (high - low)) * (HEIGHT - 2 * EDGE);
  const last = stretches.at(-1)!.at(-1)!;
  return (
    <svg
      className={styles.spark}
      viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
      preserveAspectRatio="xMinYMid"
      role="img"
      aria-label={`${name} over ${values.length} evaluations, between ${figureText(Math.min(...values))} and ${figureText(Math.max(...values))}`}
    >
      {stretches.map((stretch) =>
        stretch.length > 1 ? (
          <polyline key={stretch[0]!.at} points={stretch.map(({ at, value }) => `${x(at)},${y(value)}`).join(' ')} />
        ) : (
          <circle key={stretch[0]!.at} cx={x(stretch[0]!.at)} cy={y(stretch[0]!.value)} r="1.2" />
        ),
      )}
      <circle cx={x(last.at)} cy={y(last.value)} r="2.2" />
    </svg>
  );
}
