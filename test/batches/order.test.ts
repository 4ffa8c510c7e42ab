/** The order in which rows run, and the bound H* counted on the way. */

import { afterAll, beforeAll, expect, test } from 'vitest';
import { type KeptKeys, keepKeys, orderRows } from '../../src/batches/order.ts';
import { laneOrder } from '../../src/prompts/lane-order.ts';
import { prefixBoundCounter } from '../../src/prompts/prefix-bound.ts';
import { blockChars, prefixKey, promptText } from '../../src/prompts/prefix-key.ts';
import { textRuns } from '../../src/prompts/text-runs.ts';
import { seededRandom, shuffled } from '../harness/random.ts';
import { type Bench, openBench } from './seed.ts';

let bench: Bench;
beforeAll(async () => {
  bench = await openBench('order');
});
afterAll(() => bench.end());

let batches = 0;
const order = (prompts: { line: number; text: string }[], grouping = true, slots: number | null = null) =>
  bench.db.asUser('local', async (q) => {
    batches += 1;
    const batchId = `batch_${batches}`;
    await q.query(
      `insert into requests (batch_id, user_id, custom_id, body, line, prefix_key, prompt_chars)
       select $1, 'local', 'row-' || line, json_build_object('prompt', text), line, key, chars
       from unnest($2::int[], $3::bytea[], $4::int[], $5::text[]) as p (line, key, chars, text)`,
      [
        batchId,
        prompts.map((each) => each.line),
        prompts.map((each) => prefixKey(each.text)),
        prompts.map((each) => each.text.length),
        prompts.map((each) => each.text),
      ],
    );
    const keys = keepKeys();
    for (const { line, text } of prompts)
      keys.add({ line, key: prefixKey(text).toString('hex'), promptChars: text.length }, null);
    const rows = prompts.length;
    const inOrder = (keys: KeptKeys) =>
      orderRows(q, {
        ...{ batchId, rows, keys, grouping, counter: prefixBoundCounter(2) },
        slots: slots === null ? null : { slots, lanes: laneOrder(slots, rows), texts: textRuns(rows), promptText },
      });
    const inMemory = await inOrder(keys);
    const byDatabase = await inOrder({ add: () => undefined, sorted: () => null, answers: () => null });
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

/** Groups of rows that part inside their second block, where only the text tells which of them begin alike. */
const partingInside = (rows: number) =>
  shuffled(
    Array.from({ length: rows }, (_, i) => i),
    seededRandom(9),
  ).map((i, at) => {
    const number = String(Math.floor(i / 3)).padStart(5, '0');
    return { line: at + 1, group: i % 3, number, text: `${String(i % 3).repeat(blockChars)}Case ${number}: what now?` };
  });

test('a slot gets rows that part inside a block in the order of their text, over more than one page', async () => {
  const prompts = partingInside(15_000);
  const { rows } = await order(prompts, true, 1);
  const ran = [...rows.lines].map((line) => prompts[line - 1]!);
  expect(new Set(rows.lines).size).toBe(15_000);
  expect([...rows.chars]).toEqual(ran.map(({ text }) => text.length));
  expect(ran.filter(({ group }, at) => group !== ran[at - 1]?.group)).toHaveLength(3);
  // Pieces of 4096 rows are sorted each: three borders inside groups at most, beside those between groups.
  const falls = ran.filter(({ number }, at) => at > 0 && number < ran[at - 1]!.number);
  expect(falls.length).toBeLessThanOrEqual(5);
});

test('each of two slots finds rows that part inside a block in the order of their text', async () => {
  const prompts = partingInside(600);
  const { rows } = await order(prompts, true, 2);
  const ran = [...rows.lines].map((line) => prompts[line - 1]!);
  for (const group of [0, 1, 2]) {
    const numbers = ran.filter((row) => row.group === group).map(({ number }) => Number(number));
    // A group that is cut between the slots runs on both, each in order.
    expect(numbers.filter((number, at) => at > 0 && Math.abs(number - numbers[at - 1]!) === 1).length).toBeGreaterThan(
      90,
    );
  }
});

test('an engine without slots of its own gets them by their keys alone', async () => {
  const prompts = partingInside(600);
  const { rows } = await order(prompts);
  const ran = [...rows.lines].map((line) => prompts[line - 1]!);
  expect(ran.filter(({ number }, at) => at > 0 && number < ran[at - 1]!.number).length).toBeGreaterThan(200);
});

test('keys are kept only as far as memory is bounded', () => {
  const key = '0'.repeat(256);
  const [few, many] = [keepKeys(), keepKeys()];
  for (let line = 1; line <= 10_000; line++) few.add({ line, key, promptChars: 1 }, null);
  for (let line = 1; line <= 20_000; line++) many.add({ line, key, promptChars: 1 }, null);
  expect(few.sorted()).toHaveLength(10_000);
  expect(many.sorted()).toBeNull();
});
