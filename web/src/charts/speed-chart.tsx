/** Tokens a second of each model over the run, beside it the memory of the GPUs. */

import type { CSSProperties } from 'react';
import { useGpus } from '../api/browser-live.ts';
import { durationText, rateText } from '../app/figures.ts';
import { modelColour } from '../app/palette.ts';
import { percentText } from '../grid/cell-text.ts';
import { useSpeeds } from './browser-speed.ts';
import { ChartFrame } from './chart-frame.tsx';
import styles from './charts.module.css';
import { GpuGauges } from './gpu-gauges.tsx';
import { modelsOf, type SpeedPoint, stretchesOf } from './speed-history.ts';

const WIDTH = 100;
const HEIGHT = 40;
/** Lines differ in more than colour. */
const MEMORY_DASH = '1 4';
const dashes = ['', '6 3', '2 3', '8 3 2 3', '1 2'];

export function SpeedChart() {
  const points = useSpeeds();
  const models = modelsOf(points);
  return (
    <ChartFrame title="Tokens a second, out" {...(models.length > 0 ? { table: tableOf(points, models) } : {})}>
      {models.length === 0 ? (
        <p className={styles.note}>Drawn while runs work, from when this page was opened.</p>
      ) : (
        <Lines points={points} models={models} />
      )}
      <Gpus />
    </ChartFrame>
  );
}

function Lines({ points, models }: { points: readonly SpeedPoint[]; models: string[] }) {
  const first = points[0]!.at;
  const span = Math.max(1, points.at(-1)!.at - first);
  const most = Math.max(0, ...points.flatMap(({ speeds }) => Object.values(speeds)));
  const memory = points.findLast((point) => point.memory !== null)?.memory ?? null;
  const x = (at: number) => ((at - first) / span) * WIDTH;
  const y = (share: number) => HEIGHT - share * (HEIGHT - 1);
  return (
    <>
      <svg
        className={styles.plot}
        viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
        preserveAspectRatio="none"
        role="img"
        aria-label={`Tokens a second over ${durationText(span / 1000)}; at most ${rateText(most)}`}
      >
        {models.flatMap((model, place) =>
          stretchesOf(points, model).map((stretch) => (
            <polyline
              key={`${model} ${stretch[0]!.at}`}
              points={stretch.map(({ at, speed }) => `${x(at)},${y(most === 0 ? 0 : speed / most)}`).join(' ')}
              strokeDasharray={dashes[place % dashes.length]}
              style={{ '--colour': modelColour(place) } as CSSProperties}
            />
          )),
        )}
        <polyline
          points={points.flatMap(({ at, memory }) => (memory === null ? [] : `${x(at)},${y(memory)}`)).join(' ')}
          strokeDasharray={MEMORY_DASH}
          style={{ '--colour': 'var(--ink-dim)' } as CSSProperties}
        />
      </svg>
      <div className={styles.axis} aria-hidden="true">
        <span>{durationText(span / 1000)} ago</span>
        <span>at most {rateText(most)}</span>
        <span>now</span>
      </div>
      <ul className={styles.legend} aria-label="Tokens a second now">
        {models.map((model, place) => (
          <li key={model}>
            <svg width="22" height="4" aria-hidden="true">
              <path
                d="M0 2h22"
                stroke={modelColour(place)}
                strokeWidth="2.500"
                strokeDasharray={dashes[place % dashes.length]}
              />
            </svg>
            <span title={model}>{model}</span>
            <span>{speedNow(points, model)}</span>
          </li>
        ))}
        {memory !== null && (
          <li>
            <svg width="22" height="4" aria-hidden="true">
              <path d="M0 2h22" stroke="var(--ink-dim)" strokeWidth="2.500" strokeDasharray={MEMORY_DASH} />
            </svg>
            <span>GPU memory in use</span>
            <span>{percentText(memory)}</span>
          </li>
        )}
      </ul>
    </>
  );
}

function speedNow(points: readonly SpeedPoint[], model: string): string {
  const speed = points.at(-1)!.speeds[model];
  return speed === undefined ? 'ended' : `${rateText(speed)} tok/s`;
}

function tableOf(points: readonly SpeedPoint[], models: string[]) {
  const rows = models.map((model) => {
    const speeds = points.flatMap(({ speeds }) => speeds[model] ?? []);
    const mean = speeds.reduce((sum, speed) => sum + speed, 0) / speeds.length;
    return [model, speedNow(points, model), rateText(mean), rateText(Math.max(...speeds))];
  });
  return { head: ['Model', 'now', 'mean', 'at most'], rows };
}

function Gpus() {
  const gpus = useGpus();
  return gpus.length === 0 ? <p className={styles.note}>No GPU seen.</p> : <GpuGauges gpus={gpus} />;
}
