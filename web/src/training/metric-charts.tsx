/** Charts of a training's metrics over its steps; the pointer reads the values at a step, the table has them for who asks. */

import { Text } from '@mantine/core';
import { type CSSProperties, type PointerEvent, useMemo, useState } from 'react';
import type { MetricPoint } from '../../../src/contracts/training.ts';
import { modelColour } from '../app/palette.ts';
import { ChartFrame } from '../charts/chart-frame.tsx';
import chartStyles from '../charts/charts.module.css';
import { countText } from '../grid/cell-text.ts';
import {
  type Chart,
  chartsOf,
  endValues,
  type Line,
  nearest,
  rangesOf,
  stretchesOf,
  ticksOf,
} from './metric-series.ts';
import { epochText } from './score-words.ts';
import styles from './training.module.css';
import { metricText } from './training-text.tsx';

interface MetricChartsProps {
  metrics: readonly MetricPoint[];
  /** Charts that are shown behind those that trainers always log. */
  others: readonly Chart[];
}

export function MetricCharts({ metrics, others }: MetricChartsProps) {
  const { main, more } = useMemo(() => chartsOf(metrics), [metrics]);
  const end = endValues(metrics);
  return (
    <>
      <div className={styles.charts}>
        {[...main, ...others].map((chart) => (
          <MetricChart key={chart.title} chart={chart} />
        ))}
      </div>
      {more.length > 0 && (
        <details className={styles.more}>
          <summary>{more.length === 1 ? '1 more metric' : `${more.length} more metrics`}</summary>
          <div className={styles.charts}>
            {more.map((chart) => (
              <MetricChart key={chart.title} chart={chart} />
            ))}
          </div>
        </details>
      )}
      {end.length > 0 && (
        <Text size="xs" c="dimmed" style={{ overflowWrap: 'anywhere' }}>
          At the end: {end.map(([name, value]) => `${name} ${metricText(value)}`).join(' · ')}
        </Text>
      )}
    </>
  );
}

/** Lines differ in more than colour. */
const dashes = ['', '6 3', '2 3', '8 3 2 3', '1 2'];
const dashOf = (place: number) => dashes[place % dashes.length]!;
/** Lines of fewer points than this show each of them. */
const DOTTED = 30;
const SIZE = 100;

function MetricChart({ chart }: { chart: Chart }) {
  const { title, lines } = chart;
  const [at, setAt] = useState<number | null>(null);
  const ranges = rangesOf(chart);
  if (ranges === null) {
    return (
      <ChartFrame title={title}>
        <p className={chartStyles.note}>No value of it is a finite number. The training may have diverged.</p>
      </ChartFrame>
    );
  }
  const { steps, values } = ranges;
  const width = Math.max(1, steps.to - steps.from);
  const x = (step: number) => ((step - steps.from) / width) * SIZE;
  const y = (value: number) => ((values.to - value) / (values.to - values.from)) * SIZE;
  const point = (event: PointerEvent<HTMLElement>) => {
    const box = event.currentTarget.getBoundingClientRect();
    setAt(steps.from + ((event.clientX - box.left) / box.width) * width);
  };
  const read =
    at === null
      ? null
      : nearest(
          lines.flatMap(({ points }) => points),
          at,
        );
  return (
    <ChartFrame title={title} table={tableOf(lines)}>
      <div className={styles.plot}>
        {ticksOf(values).map((tick) => (
          <span
            key={tick}
            className={styles.tick}
            style={{ '--at': `${y(tick)}%` } as CSSProperties}
            aria-hidden="true"
          >
            {metricText(tick)}
          </span>
        ))}
        <div
          className={`${styles.field} ${chartStyles.lines}`}
          onPointerMove={point}
          onPointerDown={point}
          onPointerLeave={() => setAt(null)}
        >
          <svg viewBox={`0 0 ${SIZE} ${SIZE}`} preserveAspectRatio="none" role="img" aria-label={saidOf(title, lines)}>
            {ticksOf(values).map((tick) => (
              <path key={tick} className={chartStyles.rule} d={`M0 ${y(tick)}H${SIZE}`} />
            ))}
            {read !== null && <path className={styles.cursor} d={`M${x(read.step)} 0V${SIZE}`} />}
            {lines.map((line, place) => (
              <Drawn key={line.name} line={line} place={place} x={x} y={y} />
            ))}
          </svg>
        </div>
      </div>
      <div className={styles.steps} aria-hidden="true">
        <span>step {countText(steps.from)}</span>
        <span>{read !== null && `step ${countText(read.step)}, epoch ${epochText(read.epoch)}`}</span>
        <span>{countText(steps.to)}</span>
      </div>
      <Legend lines={lines} step={read?.step ?? null} />
    </ChartFrame>
  );
}

interface DrawnProps {
  line: Line;
  place: number;
  x: (step: number) => number;
  y: (value: number) => number;
}

function Drawn({ line, place, x, y }: DrawnProps) {
  const colour = { '--colour': modelColour(place) } as CSSProperties;
  return (
    <g style={colour}>
      {stretchesOf(line.points).map((stretch) => (
        <polyline
          key={stretch[0]!.step}
          points={stretch.map(({ step, value }) => `${x(step)},${y(value)}`).join(' ')}
          strokeDasharray={dashOf(place)}
        />
      ))}
      {line.points.length < DOTTED &&
        line.points.map(
          ({ step, value }) =>
            // A line of no length has round ends: a dot that the stretched picture does not distort.
            value !== null && <path key={step} className={chartStyles.dot} d={`M${x(step)} ${y(value)}h0`} />,
        )}
    </g>
  );
}

/** The newest values, or those at the step that the pointer is at. */
function Legend({ lines, step }: { lines: readonly Line[]; step: number | null }) {
  return (
    <ul className={chartStyles.legend}>
      {lines.map(({ name, points }, place) => {
        const shown = step === null ? points.at(-1) : nearest(points, step);
        return (
          <li key={name}>
            <svg width="22" height="4" aria-hidden="true">
              <path d="M0 2h22" stroke={modelColour(place)} strokeWidth="2.500" strokeDasharray={dashOf(place)} />
            </svg>
            <span title={name}>{name}</span>
            <span>{shown && valueText(shown.value)}</span>
          </li>
        );
      })}
    </ul>
  );
}

const valueText = (value: number | null) => (value === null ? 'not finite' : metricText(value));

const saidOf = (title: string, lines: readonly Line[]): string =>
  `${title} over the steps: ${lines
    .map(({ name, points }) => {
      const last = points.at(-1)!;
      return `${name} ${valueText(points[0]!.value)} at step ${points[0]!.step}, ${valueText(last.value)} at step ${last.step}`;
    })
    .join('; ')}`;

/** Rows of a table at most; of more points every so many are shown, the newest always. */
const ROWS = 25;

function tableOf(lines: readonly Line[]) {
  const epochs = new Map(lines.flatMap(({ points }) => points.map(({ step, epoch }) => [step, epoch] as const)));
  const values = lines.map(({ points }) => new Map(points.map(({ step, value }) => [step, value])));
  const steps = [...epochs.keys()].sort((a, b) => b - a);
  const every = Math.ceil(steps.length / ROWS);
  return {
    head: ['Step', 'Epoch', ...lines.map(({ name }) => name)],
    rows: steps
      .filter((_, place) => place % every === 0)
      .map((step) => [
        countText(step),
        epochText(epochs.get(step)!),
        ...values.map((of) => (of.has(step) ? valueText(of.get(step)!) : '')),
      ]),
  };
}
