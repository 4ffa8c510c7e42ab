/** The order in which rows run, and the bound H* counted on the way. */

import { afterAll, beforeAll, expect, test } from 'vitest';
import { keepKeys, orderRows } from '../../src/batches/order.ts';
import { prefixBoundCounter } from '../../src/prompts/prefix-bound.ts';
import { blockChars, prefixKey } from '../../src/prompts/prefix-key.ts';
import { seededRandom, shuffled } from '../harness/random.ts';
import { type Bench, openBench } from './seed.ts';

let bench: Bench;
beforeAll(async () => {
  bench = await openBench('order');
});
afterAll(() => bench.end());

let batches = 0;
const order = (prompts: { line: number; text: string }[], grouping = true) =>
  bench.db.asUser('local', async (q) => {
    batches += 1;
    const batchId = `batch_${batches}`;
    await q.query(
      `insert into requests (batch_id, user_id, custom_id, body, line, prefix_key, prompt_chars)
       select $1, 'local', 'row-' || line, '{}', line, key, chars
       from unnest($2::int[], $3::bytea[], $4::int[]) as p (line, key, chars)`,
      [
        batchId,
        prompts.map((each) => each.line),
        prompts.map((each) => prefixKey(each.text)),
        prompts.map((each) => each.text.length),
      ],
    );
    const keys = keepKeys();
    for (const { line, text } of prompts)
      keys.add({ line, key: prefixKey(text).toString('hex'), promptChars: text.length }, null);
    const batch = { batchId, rows: prompts.length, slots: 1 };
    const inMemory = await orderRows(q, { ...batch, keys, lanes: null, grouping, counter: prefixBoundCounter(2) });
    const tooMany = { add: () => undefined, sorted: () => null, answers: () => null };
    const byDatabase = await orderRows(q, {
      ...batch,
      keys: tooMany,
      lanes: null,
      grouping,
      counter: prefixBoundCounter(2),
    });
    expect(byDatabase).toEqual(inMemory);
    return byDatabase;
  });

test('rows of equal beginnings run together, each in the order of the file', async () => {
  const prompts = shuffled(
    Array.from({ length: 90 }, (_, i) => i),
    seededRandom(5),
  ).map((i, at) => ({ line: at * 2 + 1, group: i % 3, text: `${String(i % 3).repeat(blockChars)}${i}` }));
  const { rows, bound, promptChars } = await order(prompts);
  const lines = [...rows.lines];
  const groups = lines.map((line) => prompts.find((each) => each.line === line)!.group);
  expect(groups.filter((group, at) => group !== groups[at - 1])).toHaveLength(3);
  expect([...lines].sort((a, b) => a - b)).toEqual(prompts.map((each) => each.line));
  expect([...rows.chars]).toEqual(lines.map((line) => prompts.find((each) => each.line === line)!.text.length));
  const chars = prompts.reduce((sum, each) => sum + each.text.length, 0);
  expect(promptChars).toBe(chars);
  expect(bound.whole).toBeCloseTo((87 * blockChars) / chars, 9);
  expect(bound.perSlot).toBeCloseTo((84 * blockChars) / chars, 9);
});

test('an engine that does not gain from it gets the rows as in the file', async () => {
  const prompts = Array.from({ length: 60 }, (_, i) => ({
    line: i + 1,
    text: `${String(i % 3).repeat(blockChars)}${i}`,
  }));
  const { rows, bound } = await order(prompts, false);
  expect([...rows.lines]).toEqual(prompts.map((each) => each.line));
  expect(bound.whole).toBeGreaterThan(0.9);
});

test('the same prompt many times runs in the order of the file', async () => {
  const { rows } = await order(Array.from({ length: 20 }, (_, i) => ({ line: i + 1, text: 'the same' })));
  expect([...rows.lines]).toEqual(Array.from({ length: 20 }, (_, i) => i + 1));
});

test('where nothing can be saved rows run as in the file, over more than one page', async () => {
  const prompts = Array.from({ length: 10_001 }, (_, i) => ({ line: i + 3, text: `prompt ${i}` })).reverse();
  const { rows, bound } = await order(prompts);
  expect(bound.whole).toBe(0);
  const inFile = prompts.toReversed();
  expect([...rows.lines]).toEqual(inFile.map((each) => each.line));
  expect([...rows.chars]).toEqual(inFile.map((each) => each.text.length));
});

test('keys are kept only as far as memory is bounded', () => {
  const key = '0'.repeat(256);
  const [few, many] = [keepKeys(), keepKeys()];
  for (let line = 1; line <= 10_000; line++) few.add({ line, key, promptChars: 1 }, null);
  for (let line = 1; line <= 20_000; line++) many.add({ line, key, promptChars: 1 }, null);
  expect(few.sorted()).toHaveLength(10_000);
  expect(many.sorted()).toBeNull();
});
