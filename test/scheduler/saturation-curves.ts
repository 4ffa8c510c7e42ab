/** Three ways in which engines saturate, and the search for the best number of rows in flight on each, in simulated time. */

import { openTuner, type Tuner } from '../../src/scheduler/tuner.ts';
import { seededRandom } from '../harness/random.ts';
import { type Curve, type Simulated, simulateEngine } from './simulated-engine.ts';

export const bounds = { min: 1, max: 256, windowMs: 2000, holdMs: 60_000 };

export const curves: Record<string, Curve> = {
  'a card that saturates at 40 rows': (rows) => Math.min(rows * 30, 1200),
  'a large card that never quite saturates': (rows) => (2000 * rows) / (rows + 40),
  'an engine that thrashes beyond 48 rows': (rows) => 1500 * (rows / 48) * Math.exp(1 - rows / 48),
};

/** Rows of 20 to 380 tokens. */
function lengths(seed: number): () => number {
  const random = seededRandom(seed);
  return () => 20 + Math.floor(random() * 360);
}

/** An engine and the search that is to find its best number, which begins with `start` rows in flight. */
export function tuned(curve: Curve, start = 16): { engine: Simulated; tuner: Tuner } {
  const engine = simulateEngine(curve, lengths(7));
  return { engine, tuner: openTuner({ ...bounds, start, now: engine.now }) };
}

/** The fixed number at which the engine is fastest, and its tokens a second there. */
export function bestFixed(curve: Curve): { rows: number; speed: number } {
  let best = { rows: 1, speed: curve(1) };
  for (let rows = 2; rows <= bounds.max; rows++) if (curve(rows) > best.speed) best = { rows, speed: curve(rows) };
  return best;
}
