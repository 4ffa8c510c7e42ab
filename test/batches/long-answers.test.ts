/** Rows with far longer answers begin early: the end of a batch on a simulated engine, and what its prefix cache still saves. */

import { expect, test } from 'vitest';
import { keepStated, longFirst } from '../../src/batches/long-answers.ts';
import { prefixKey } from '../../src/prompts/prefix-key.ts';
import { seededRandom } from '../harness/random.ts';
import { simulateCache } from '../scheduler/simulated-cache.ts';

interface Row {
  text: string;
  /** Tokens of the answer, which is as long as it may be. */
  answerTokens: number;
}

/**
 * 3,000 rows in 30 groups that share 2,000 characters, in the order of their prefixes; the answers of the `places` in that
 * order may have `long` tokens, all others 100.
 */
function mixed(long: number, places: number[]): Row[] {
  const random = seededRandom(11);
  const rows = Array.from({ length: 3000 }, (_, i) => {
    const text = `${`Group ${i % 30}. `.repeat(250).slice(0, 2000)} row ${i} ${'y'.repeat(Math.floor(random() * 200))}`;
    return { text, key: prefixKey(text), answerTokens: 100 };
  });
  rows.sort((a, b) => Buffer.compare(a.key, b.key));
  for (const place of places) rows[place]!.answerTokens = long;
  return rows;
}

function ordered(rows: Row[], rowsAtOnce: number): Row[] {
  const stated = keepStated();
  for (const [at, row] of rows.entries()) stated.add(at + 1, row.answerTokens);
  const lines = Int32Array.from(rows.keys(), (at) => at + 1);
  const chars = Int32Array.from(rows, (row) => row.text.length);
  const { lines: places } = longFirst({ lines, chars }, stated.byLine(), rowsAtOnce);
  return Array.from(places, (line) => rows[line - 1]!);
}

const engine = { blocks: 4000, inFlight: 64 };

/** The least time that any order takes: all slots busy, or the longest row alone. */
function bound(rows: Row[]): number {
  const work = rows.reduce((sum, row) => sum + row.answerTokens, 0);
  return Math.max(work / engine.inFlight, ...rows.map((row) => row.answerTokens));
}

for (const [long, share] of [
  [2000, 0.8],
  [4000, 0.7],
] as const) {
  test(`answers of ${long} tokens among those of 100: the batch ends sooner, and saves as much`, () => {
    const rows = mixed(long, [40, 900, 1500, 2200, 2700, 2850, 2940, 2980, 2995, 2999]);
    const plain = simulateCache(rows, engine);
    const early = simulateCache(ordered(rows, engine.inFlight), engine);
    expect(early.time).toBeLessThan(plain.time * share);
    expect(early.time).toBeLessThan(bound(rows) * 1.1);
    expect(early.cached / early.prompt).toBeGreaterThan(plain.cached / plain.prompt - 0.01);
  });
}

test('rows that nobody waits for stay beside those that begin as they do', () => {
  const rows = mixed(2000, [500, 1500, 2900, 2999]);
  const early = ordered(rows, 4);
  expect(early.slice(0, 2)).toEqual([rows[2999], rows[0]]);
  expect(early.slice(1)).toEqual(rows.slice(0, 2999));
  const hardly = mixed(400, [2999]);
  expect(ordered(hardly, 64)).toEqual(hardly);
});

test('every row has its place once, and no more move than a hundredth of the prompts', () => {
  const random = seededRandom(5);
  const rows = mixed(
    4000,
    Array.from({ length: 300 }, () => Math.floor(random() * 3000)),
  );
  const early = ordered(rows, 64);
  expect(new Set(early).size).toBe(rows.length);
  const front = early.findIndex((row) => row.answerTokens === 100);
  expect(front).toBeGreaterThan(20);
  expect(front).toBeLessThanOrEqual(32);
  const [plain, moved] = [simulateCache(rows, engine), simulateCache(early, engine)];
  expect(moved.cached / moved.prompt).toBeGreaterThan(plain.cached / plain.prompt - 0.01);
  expect(moved.time).toBeLessThan(plain.time);
});

test('where no limit is stated, or all are alike, the order stays', () => {
  const all = keepStated();
  for (let line = 1; line <= 50; line++) all.add(line, 300);
  expect(all.byLine()).toBeNull();
  const few = keepStated();
  for (let line = 1; line <= 50; line++) few.add(line, line === 50 ? 4000 : null);
  const rows = { lines: Int32Array.from({ length: 50 }, (_, i) => i + 1), chars: new Int32Array(50).fill(1000) };
  expect(longFirst(rows, few.byLine(), 64)).toEqual(rows);
  expect(longFirst(rows, null, 64)).toBe(rows);
});
