/** Lets a row start only while the tokens of all rows in flight stay within what the engine or its card can hold. */

import type { LandedRow } from '../contracts/landing.ts';
import type { Weights } from './admission-weights.ts';
import type { WorkRow } from './leases.ts';

export interface Admission {
  /** Whether anything limits the tokens in flight now. */
  limited(): boolean;
  /** Brings a row that may start now to the front of `ready`; false when none may. */
  next(ready: WorkRow[]): boolean;
  /** Books a row; what it gives is to be called when it ended, with null when nothing is known of its tokens. */
  started(row: WorkRow): (landed: LandedRow | null) => void;
  /** Tokens of all rows in flight, as far as they are known. */
  tokensInFlight(): number;
  /**
   * The engine's cache was full while the row was in it: fewer are let in from now on. True when the row was alone there,
   * so that it is to blame itself.
   */
  overflowed(row: WorkRow): boolean;
}

export interface AdmissionOptions {
  weights: Weights;
  /** Tokens that may be in flight; null while nothing limits them. */
  budget(): number | null;
  now(): number;
}

/** Rows looked at for one that fits, and how often others may pass a row that does not. */
const lookAhead = 32;
const passesAtMost = 16;
/** A row runs alone when the cache has overflowed so often while it was in it. */
const overflowsTogether = 2;
/** What an overflow leaves of the budget, how low that may go, and what each answered row gives back. */
const lowered = 0.85;
const lowest = 0.3;
const regained = 0.002;
/** Rows that fail within this time failed of one overflow, in ms. */
const oneOverflowMs = 1000;

export function openAdmission(o: AdmissionOptions): Admission {
  const { weights } = o;
  const overflows = new WeakMap<WorkRow, number>();
  let rows = 0;
  let tokens = 0;
  let alone: WorkRow | null = null;
  let loners = false;
  let share = 1;
  let overflowedAt = Number.NEGATIVE_INFINITY;
  let waiting: WorkRow | null = null;
  let passes = 0;

  const runsAlone = (row: WorkRow): boolean => (overflows.get(row) ?? 0) >= overflowsTogether;
  const fits = (row: WorkRow, room: number): boolean => {
    if (runsAlone(row)) return false;
    if (room === Number.POSITIVE_INFINITY) return true;
    const weight = weights.of(row);
    return weight !== null && weight <= room;
  };

  return {
    limited: () => loners || o.budget() !== null,
    next(ready) {
      const budget = o.budget();
      const first = ready[0];
      if (first === undefined || alone !== null) return false;
      if (budget !== null) weights.ahead(ready);
      // Alone a row may hold all there is, however long it is; its tokens are still to be known for those that join it.
      if (rows === 0) return budget === null || weights.of(first) !== null;
      if (waiting !== first) {
        waiting = first;
        passes = 0;
      }
      const room = budget === null ? Number.POSITIVE_INFINITY : budget * share - tokens;
      const end = passes < passesAtMost ? Math.min(ready.length, lookAhead) : 1;
      for (let at = 0; at < end; at++) {
        const row = ready[at]!;
        if (!fits(row, room)) continue;
        if (at > 0) {
          passes += 1;
          ready.splice(at, 1);
          ready.unshift(row);
        }
        return true;
      }
      return false;
    },
    started(row) {
      const weight = (o.budget() === null ? null : weights.of(row)) ?? weights.guess(row);
      rows += 1;
      tokens += weight;
      if (runsAlone(row)) alone = row;
      return (landed) => {
        rows -= 1;
        tokens -= weight;
        if (alone === row) alone = null;
        if (landed === null) return;
        weights.learn(row, landed);
        share = Math.min(1, share + regained);
      };
    },
    tokensInFlight: () => tokens,
    overflowed(row) {
      overflows.set(row, (overflows.get(row) ?? 0) + 1);
      loners ||= runsAlone(row);
      if (o.now() - overflowedAt > oneOverflowMs) {
        overflowedAt = o.now();
        if (o.budget() !== null) share = Math.max(lowest, share * lowered);
      }
      return alone === row;
    },
  };
}
