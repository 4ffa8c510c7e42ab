/** The limiter: never more than a service allows within any minute, and never less than it could be. */

import { expect, test } from 'vitest';
import { openRateLimit } from '../../src/engines/rate-limit.ts';

function clocked(requestsPerMinute: number | null, tokensPerMinute: number | null) {
  const clock = { ms: 5 };
  return { clock, limit: openRateLimit({ requestsPerMinute, tokensPerMinute }, () => clock.ms) };
}

test('requests a minute', () => {
  const { clock, limit } = clocked(2, null);
  limit.spent(1e9);
  clock.ms += 10_000;
  expect(limit.waitMs(1e9)).toBe(0);
  limit.spent(1e9);
  expect(limit.waitMs(0)).toBe(50_000);
  clock.ms += 49_999;
  expect(limit.waitMs(0)).toBe(1);
  clock.ms += 1;
  expect(limit.waitMs(0)).toBe(0);
  limit.spent(0);
  expect(limit.waitMs(0)).toBe(10_000);
});

test('tokens a minute, corrected once they are known', () => {
  const { clock, limit } = clocked(null, 1000);
  const settle = limit.spent(600);
  clock.ms += 20_000;
  expect(limit.waitMs(400)).toBe(0);
  expect(limit.waitMs(401)).toBe(40_000);
  settle(100);
  expect(limit.waitMs(900)).toBe(0);
  const late = limit.spent(900);
  clock.ms += 60_000;
  late(5000);
  limit.spent(100);
  expect(limit.waitMs(900)).toBe(0);
});

test('what takes more than a minute has goes when nothing else is in the window', () => {
  const { clock, limit } = clocked(10, 1000);
  expect(limit.waitMs(5000)).toBe(0);
  limit.spent(5000);
  expect(limit.waitMs(1)).toBe(60_000);
  clock.ms += 60_000;
  expect(limit.waitMs(5000)).toBe(0);
});

test('no limit', () => {
  expect(openRateLimit(null, () => 0).waitMs(1e12)).toBe(0);
  expect(clocked(null, null).limit.waitMs(1e12)).toBe(0);
});

test('in any minute at most the limit, and in the long run all of it', () => {
  const { clock, limit } = clocked(7, 500);
  const sent: { at: number; tokens: number }[] = [];
  const sizes = [10, 200, 30, 120, 5, 90];
  while (clock.ms < 3_600_000) {
    const tokens = sizes[sent.length % sizes.length]!;
    const wait = limit.waitMs(tokens);
    clock.ms += wait;
    if (wait > 0) continue;
    limit.spent(tokens);
    sent.push({ at: clock.ms, tokens });
  }
  for (const { at } of sent) {
    const within = sent.filter((one) => one.at >= at && one.at < at + 60_000);
    expect(within.length).toBeLessThanOrEqual(7);
    expect(within.reduce((sum, one) => sum + one.tokens, 0)).toBeLessThanOrEqual(500);
  }
  expect(sent.length).toBeGreaterThan(60 * 5);
});
