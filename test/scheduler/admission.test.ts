/** Rows let in by their tokens: never more than the budget holds, never a row forgotten, one alone where it must be. */

import { expect, test } from 'vitest';
import { type Admission, openAdmission } from '../../src/scheduler/admission.ts';
import { openWeights } from '../../src/scheduler/admission-weights.ts';
import type { WorkRow } from '../../src/scheduler/leases.ts';
import { seededRandom } from '../harness/random.ts';
import { landedRow, workRow } from './work-row.ts';

interface Place {
  admission: Admission;
  weights: ReturnType<typeof openWeights>;
  counted: number[];
  clock: { at: number; changes: number };
}

/** Prompts of the tokens that each row's body names; null there is one that the engine cannot count. */
function place(budget: () => number | null, answerTokens = 100): Place {
  const counted: number[] = [];
  const clock = { at: 0, changes: 0 };
  const weights = openWeights({
    async count(row, body) {
      counted.push(row.line);
      return body.tokens as number | null;
    },
    answerTokens,
    changed: () => void (clock.changes += 1),
  });
  return { admission: openAdmission({ weights, budget, now: () => clock.at }), weights, counted, clock };
}

const row = (line: number, tokens: number | null, more: Record<string, unknown> = {}): WorkRow =>
  workRow(line, { body: JSON.stringify({ tokens, ...more }), promptChars: 300 });

/** Lets the counts come. */
const settled = () => new Promise((resolve) => setImmediate(resolve));

/** Starts all that may start; what ends each, by line. */
async function fill({ admission }: Place, ready: WorkRow[]): Promise<Map<number, (tokens: number) => void>> {
  const flying = new Map<number, (tokens: number) => void>();
  for (let turn = 0; turn < 50; turn++) {
    while (admission.next(ready)) {
      const next = ready.shift()!;
      const ended = admission.started(next);
      flying.set(next.line, (completionTokens) => ended(landedRow({ promptTokens: 100, completionTokens })));
    }
    await settled();
  }
  return flying;
}

test('the sum of prompts and expected answers stays within the budget; a stated answer counts as long as it may be', async () => {
  const at = place(() => 1000);
  const ready = [
    row(1, 300),
    row(2, 300),
    row(3, 300),
    row(4, 50, { max_tokens: 40 }),
    row(5, 120, { max_tokens: 80 }),
  ];
  const flying = await fill(at, ready);
  // 400 + 400, then the third does not fit and the fourth passes it; the fifth is too long for now.
  expect([...flying.keys()]).toEqual([1, 2, 4]);
  expect(at.admission.tokensInFlight()).toBeLessThanOrEqual(1000);
  flying.get(4)!(10);
  expect([...(await fill(at, ready)).keys()]).toEqual([5]);
  flying.get(1)!(10);
  expect([...(await fill(at, ready)).keys()]).toEqual([3]);
});

test('a row longer than the budget runs, alone; those behind it pass it only so often', async () => {
  const at = place(() => 1000);
  const first = await fill(at, [row(1, 300)]);
  const ready = [row(2, 5000), ...Array.from({ length: 40 }, (_, i) => row(10 + i, 10))];
  let passed = 0;
  for (let flying = await fill(at, ready); flying.size > 0; flying = await fill(at, ready)) {
    expect([...flying.keys()]).not.toContain(2);
    passed += flying.size;
    for (const ended of flying.values()) ended(100);
  }
  expect(passed).toBe(16);
  first.get(1)!(100);
  expect([...(await fill(at, ready)).keys()]).toEqual([2]);
});

test('answers tell how much the next ones need: a limit stated for safety holds nobody back for long', async () => {
  const at = place(() => 4000, 512);
  const many = (from: number): WorkRow[] =>
    Array.from({ length: 60 }, (_, i) => row(from + i, 100, { max_tokens: 2000 }));
  expect((await fill(at, many(1))).size).toBe(1);
  const learned = place(() => 4000, 512);
  for (let i = 0; i < 32; i++) learned.weights.learn(row(i, 100), landedRow({ completionTokens: 30 + (i % 5) }));
  expect((await fill(learned, many(1))).size).toBe(Math.floor(4000 / 134));
});

test('prompts are counted while rows wait, a few ahead; an engine that cannot tell is soon not asked any more', async () => {
  const at = place(() => 500);
  const ready = Array.from({ length: 100 }, (_, i) => row(i, 350));
  await fill(at, ready);
  expect(at.counted.length).toBeGreaterThan(5);
  expect(at.counted.length).toBeLessThan(50);
  const silent = place(() => 500);
  await fill(
    silent,
    Array.from({ length: 100 }, (_, i) => row(i, null)),
  );
  expect(silent.counted.length).toBeLessThanOrEqual(8);
  // 300 characters are 110 tokens and an answer of 100, until rows tell better.
  expect(silent.admission.tokensInFlight()).toBeLessThanOrEqual(500);
  expect(silent.admission.tokensInFlight()).toBeGreaterThan(250);
});

test('without a budget no body is read', () => {
  const at = place(() => null);
  const rows = [workRow(1, { body: 'not JSON' }), workRow(2, { body: 'not JSON' })];
  expect(at.admission.limited()).toBe(false);
  const ended = rows.map((each) => at.admission.started(each));
  expect(at.admission.tokensInFlight()).toBeGreaterThan(0);
  for (const end of ended) end(landedRow({}));
  expect(at.admission.tokensInFlight()).toBe(0);
});

test('after an overflow fewer are let in; a row it strikes twice runs alone, and is then to blame', async () => {
  const at = place(() => 1000, 0);
  const struck = row(1, 200);
  const rest = () => [row(20, 200), row(21, 200), row(22, 200), row(23, 200), row(24, 200)];
  expect((await fill(at, rest())).size).toBe(5);
  const after = place(() => 1000, 0);
  const first = after.admission.started(struck);
  expect(after.admission.overflowed(struck)).toBe(false);
  first(null);
  expect((await fill(after, rest())).size).toBe(4);
  after.clock.at = 5000;
  expect(after.admission.overflowed(struck)).toBe(false);
  const other = place(() => 1000, 0);
  for (let i = 0; i < 2; i++) other.admission.overflowed(struck);
  const busy = await fill(other, [row(30, 100)]);
  const ready = [struck, row(31, 100)];
  expect([...(await fill(other, ready)).keys()]).toEqual([31]);
  expect(other.admission.next(ready)).toBe(false);
  for (const ended of busy.values()) ended(1);
  expect(other.admission.next(ready)).toBe(false);
});

/** A unified cache of 4,096 tokens: rows hold their prompt at once and a token more at each step; simulated, no clock. */
test('simulated: 2,000 rows of any length run through a cache of 4,096 tokens, nearly without an overflow, and fill it', async () => {
  const random = seededRandom(3);
  const total = 4096;
  const at = place(() => total, 256);
  const rows = Array.from({ length: 2000 }, (_, i) => {
    const prompt = 40 + Math.floor(random() ** 3 * 2400);
    return {
      row: row(i, prompt, i % 3 === 0 ? { max_tokens: 1600 } : {}),
      prompt,
      answer: 5 + Math.floor(random() ** 2 * 300),
    };
  });
  const of = new Map(rows.map((each) => [each.row, each]));
  const ready = rows.map((each) => each.row);
  let flying: { row: WorkRow; held: number; left: number; end: ReturnType<Admission['started']> }[] = [];
  let [overflows, done, steps, used] = [0, 0, 0, 0];
  while (done < rows.length) {
    while (flying.length < 16 && at.admission.next(ready)) {
      const next = ready.shift()!;
      const { prompt, answer } = of.get(next)!;
      flying.push({ row: next, held: prompt, left: answer, end: at.admission.started(next) });
    }
    for (const each of flying) {
      each.held += 1;
      each.left -= 1;
    }
    const held = flying.reduce((sum, each) => sum + each.held, 0);
    if (held > total) {
      overflows += 1;
      at.clock.at += 2000;
      for (const each of flying) {
        expect(at.admission.overflowed(each.row)).toBe(false);
        each.end(null);
        ready.unshift(each.row);
      }
      flying = [];
      continue;
    }
    used += held;
    steps += 1;
    for (const each of flying.filter(({ left }) => left <= 0)) {
      const { prompt, answer } = of.get(each.row)!;
      each.end(landedRow({ promptTokens: prompt, completionTokens: answer }));
      done += 1;
    }
    flying = flying.filter(({ left }) => left > 0);
    await settled();
  }
  expect(overflows).toBeLessThanOrEqual(2);
  expect(used / steps / total).toBeGreaterThan(0.6);
}, 60_000);
