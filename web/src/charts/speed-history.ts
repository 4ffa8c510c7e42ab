/** Collects the speed of runs and the memory of GPUs over time, thinned so that a long run fits into few points. */

import type { Gpu } from '../../../src/contracts/gpu.ts';
import type { ActiveRun } from '../../../src/contracts/runs.ts';
import { gpuMemory } from './gpu.ts';

/** One moment: completion tokens a second by model, and the share of GPU memory in use. */
export interface SpeedPoint {
  at: number;
  speeds: Readonly<Record<string, number>>;
  memory: number | null;
}

export interface SpeedHistory {
  points: () => readonly SpeedPoint[];
  subscribe: (listener: () => void) => () => void;
  hear: (state: { jobs: readonly ActiveRun[]; gpus: readonly Gpu[] }, now: number) => void;
}

/** Points kept; then every second one goes, and new ones come half as often. */
const MOST = 600;
const FIRST_EVERY_MS = 1000;

export function speedHistory(most = MOST): SpeedHistory {
  let points: readonly SpeedPoint[] = [];
  let everyMs = FIRST_EVERY_MS;
  const listeners = new Set<() => void>();
  return {
    points: () => points,
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    hear({ jobs, gpus }, now) {
      const last = points.at(-1);
      const idle = jobs.length === 0;
      // A stretch without runs is one empty point, at which lines end.
      if (idle && (last === undefined || Object.keys(last.speeds).length === 0)) return;
      if (last !== undefined && !idle && now - last.at < everyMs) return;
      const next = [...points, { at: now, speeds: speedsOf(jobs), memory: memoryOf(gpus) }];
      points = next.length > most ? next.filter((_, place) => place % 2 === 0) : next;
      if (next.length > most) everyMs *= 2;
      for (const listener of listeners) listener();
    },
  };
}

function speedsOf(jobs: readonly ActiveRun[]): Record<string, number> {
  const speeds: Record<string, number> = {};
  for (const { model_id, throughput, status } of jobs) {
    if (status === 'running') speeds[model_id] = (speeds[model_id] ?? 0) + throughput;
  }
  return speeds;
}

/** Of all GPUs together. */
function memoryOf(gpus: readonly Gpu[]): number | null {
  const known = gpus.map(gpuMemory).filter((memory) => memory !== null);
  const total = known.reduce((sum, { totalBytes }) => sum + totalBytes, 0);
  return total === 0 ? null : known.reduce((sum, { usedBytes }) => sum + usedBytes, 0) / total;
}

/** Models of the points, in the order in which they came. */
export function modelsOf(points: readonly SpeedPoint[]): string[] {
  return [...new Set(points.flatMap(({ speeds }) => Object.keys(speeds)))];
}

/** The stretches in which a model ran: a line is drawn through each. */
export function stretchesOf(points: readonly SpeedPoint[], model: string): { at: number; speed: number }[][] {
  const stretches: { at: number; speed: number }[][] = [[]];
  for (const { at, speeds } of points) {
    const speed = speeds[model];
    if (speed !== undefined) stretches.at(-1)!.push({ at, speed });
    else if (stretches.at(-1)!.length > 0) stretches.push([]);
  }
  return stretches.filter(({ length }) => length > 0);
}
