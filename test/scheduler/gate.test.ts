/** The gate of a model: fewer rows after a 429, none while the engine is down, and back up again. */

import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { openGate } from '../../src/scheduler/gate.ts';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

test('a 429 pauses for as long as the engine asks, then half as many rows may run', () => {
  let changed = 0;
  const gate = openGate(
    () => 8,
    () => void (changed += 1),
  );
  expect([gate.limit(), gate.reason()]).toEqual([8, null]);
  gate.slowDown(3000);
  expect(gate.limit()).toBe(0);
  expect(gate.reason()).toMatch(/fewer requests \(429\): waiting 3 s/);
  vi.advanceTimersByTime(2999);
  expect([gate.limit(), changed]).toEqual([0, 0]);
  vi.advanceTimersByTime(2);
  expect([gate.limit(), changed, gate.reason()]).toEqual([4, 1, null]);
});

test('many 429 at the same time are one sign; later ones halve again, down to one row', () => {
  const gate = openGate(
    () => 8,
    () => undefined,
  );
  for (let i = 0; i < 8; i++) gate.slowDown(null);
  vi.advanceTimersByTime(1001);
  expect(gate.limit()).toBe(4);
  for (const left of [2, 1, 1]) {
    gate.slowDown(null);
    vi.advanceTimersByTime(1001);
    expect(gate.limit()).toBe(left);
  }
});

test('a shorter wait does not cut a longer one short', () => {
  const gate = openGate(
    () => 4,
    () => undefined,
  );
  gate.slowDown(5000);
  gate.slowDown(100);
  vi.advanceTimersByTime(200);
  expect(gate.limit()).toBe(0);
  vi.advanceTimersByTime(4900);
  expect(gate.limit()).toBe(2);
});

test('answers without a 429 let one more row run, up to the concurrency', () => {
  const gate = openGate(
    () => 4,
    () => undefined,
  );
  gate.slowDown(null);
  vi.advanceTimersByTime(1001);
  for (let i = 0; i < 19; i++) gate.succeeded();
  expect(gate.limit()).toBe(2);
  gate.succeeded();
  expect(gate.limit()).toBe(3);
  for (let i = 0; i < 200; i++) gate.succeeded();
  expect(gate.limit()).toBe(4);
});

test('closed: nothing starts and the reason is told; opened: rows start at once', () => {
  let changed = 0;
  const gate = openGate(
    () => 4,
    () => void (changed += 1),
  );
  gate.close('the engine does not answer');
  expect([gate.limit(), gate.reason()]).toEqual([0, 'the engine does not answer']);
  gate.open();
  expect([gate.limit(), gate.reason(), changed]).toEqual([4, null, 1]);
});

test('memory that runs out lowers the rows by a quarter, without a pause; signs of one moment count once', () => {
  const gate = openGate(
    () => 16,
    () => undefined,
  );
  gate.lower();
  gate.lower();
  expect([gate.limit(), gate.reason()]).toEqual([12, null]);
  vi.advanceTimersByTime(1500);
  gate.lower();
  expect(gate.limit()).toBe(9);
  for (let i = 0; i < 200; i++) gate.succeeded();
  expect(gate.limit()).toBe(16);
});
