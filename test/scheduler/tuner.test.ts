/** The search for the best number of rows in flight, on simulated engines with different saturation curves. */

import { expect, test } from 'vitest';
import { bestFixed, curves, tuned } from './saturation-curves.ts';

for (const [name, curve] of Object.entries(curves)) {
  test(`${name}: within 5 % of the best fixed number after 60 s`, () => {
    for (const start of [4, 16, 64]) {
      const { engine, tuner } = tuned(curve, start);
      engine.run(60_000, tuner);
      const found = tuner.found()!;
      expect(curve(found), `from ${start}: ${found} rows`).toBeGreaterThan(0.95 * bestFixed(curve).speed);
      const made = engine.run(240_000, tuner) / 240;
      expect(made, `from ${start}, the minutes after`).toBeGreaterThan(0.95 * bestFixed(curve).speed);
    }
  });
}

test('few rows are not taken for a slow engine', () => {
  const { engine, tuner } = tuned((rows) => rows * 30, 32);
  engine.run(20_000, tuner);
  const limit = tuner.limit();
  const found = tuner.found();
  for (let i = 0; i < 200; i++) tuner.observe(3);
  expect([tuner.limit(), tuner.found()]).toEqual([limit, found]);
});

test('an engine that becomes slower with many rows is followed down', () => {
  let knee = 128;
  const { engine, tuner } = tuned((rows) => (rows <= knee ? rows * 10 : knee * 10 * (knee / rows) ** 0.3));
  engine.run(90_000, tuner);
  expect(tuner.limit()).toBeGreaterThan(100);
  knee = 24;
  engine.run(900_000, tuner);
  expect(tuner.limit()).toBeLessThan(40);
});

test('trouble while climbing: back to the last limit that was good', () => {
  const { engine, tuner } = tuned((rows) => rows * 30);
  while (tuner.limit() < 128) engine.run(100, tuner);
  tuner.trouble();
  expect(tuner.limit()).toBe(64);
});

test('a limit stays between its bounds', () => {
  const { engine, tuner } = tuned((rows) => rows, 1000);
  expect(tuner.limit()).toBe(256);
  engine.run(60_000, tuner);
  expect(tuner.limit()).toBeLessThanOrEqual(256);
  const falling = tuned((rows) => 1000 / rows, 8);
  falling.engine.run(120_000, falling.tuner);
  expect(falling.tuner.limit()).toBe(1);
});
