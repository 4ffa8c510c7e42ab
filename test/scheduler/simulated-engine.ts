/** An engine in simulated time: what it does a second depends on how many rows it works on, which share it equally. */

import type { Tuner } from '../../src/scheduler/tuner.ts';

/** Tokens a second with `rows` in flight. */
export type Curve = (rows: number) => number;

export interface Simulated {
  /** Simulated ms. */
  now(): number;
  /** Runs for `ms`, keeping as many rows in flight as the tuner (or a fixed number) says; the tokens made. */
  run(ms: number, limit: Tuner | number): number;
}

/** Simulated ms of one step; a worker hears of streamed answers about as often. */
const step = 20;

/** `tokensOf` gives the tokens of the next row. */
export function simulateEngine(curve: Curve, tokensOf: () => number): Simulated {
  let at = 0;
  let rows: { left: number; from: number }[] = [];
  return {
    now: () => at,
    run(ms, limit) {
      const tuner = typeof limit === 'number' ? null : limit;
      let made = 0;
      for (const end = at + ms; at < end; at += step) {
        const wanted = tuner === null ? (limit as number) : tuner.limit();
        while (rows.length < wanted) rows.push({ left: tokensOf(), from: at });
        tuner?.observe(rows.length);
        const each = (curve(rows.length) * step) / 1000 / rows.length;
        const ended = rows.filter((row) => (row.left -= each) <= 0);
        made += each * rows.length;
        tuner?.progress(each * rows.length);
        for (const row of ended) tuner?.ended(at - row.from);
        rows = rows.filter((row) => row.left > 0);
      }
      return made;
    },
  };
}
