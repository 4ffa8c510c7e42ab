/** The bound H* against a tree of prompts built without any of its tricks. */

import { expect, test } from 'vitest';
import { prefixBoundCounter, sharedBlocks } from '../../src/prompts/prefix-bound.ts';
import { blockChars, blockEnd, blocksOf, maxBlocks, prefixKey } from '../../src/prompts/prefix-key.ts';
import { pickFrom, seededRandom, shuffled } from '../harness/random.ts';

function bound(prompts: string[], slots: number) {
  const counter = prefixBoundCounter(slots);
  const keyed = prompts.map((prompt) => ({ key: prefixKey(prompt), chars: prompt.length }));
  keyed.sort((a, b) => Buffer.compare(a.key, b.key));
  for (const { key, chars } of keyed) counter.add(key, chars);
  return counter.result();
}

/** Rows of each node of the tree, a node being the text of all blocks up to it; the last block is the rest of the prompt. */
function bruteForce(prompts: string[], slots: number) {
  const rows = new Map<string, { chars: number; rows: number }>();
  let all = 0;
  for (const prompt of prompts) {
    all += prompt.length;
    const blocks = blocksOf(prompt.length);
    for (let block = 0; block < blocks; block++) {
      const end = block === maxBlocks - 1 ? prompt.length : Math.min(prompt.length, blockEnd(block + 1));
      const path = `${block}:${prompt.slice(0, end)}`;
      const node = rows.get(path) ?? { chars: end - blockEnd(block), rows: 0 };
      node.rows += 1;
      rows.set(path, node);
    }
  }
  const sum = (times: (rows: number) => number) =>
    [...rows.values()].reduce((total, node) => total + node.chars * times(node.rows), 0);
  return { whole: 1 - sum(() => 1) / all, perSlot: 1 - sum((count) => Math.min(slots, count)) / all };
}

/** Prompts made of few parts of all lengths, so that they share beginnings at many depths. */
function randomPrompts(random: () => number): string[] {
  const parts = Array.from({ length: 4 }, (_, i) => String.fromCharCode(97 + i).repeat(1 + Math.floor(random() * 600)));
  const aligned = ['A'.repeat(blockChars), 'B'.repeat(2 * blockChars)];
  return Array.from({ length: 1 + Math.floor(random() * 60) }, () =>
    Array.from({ length: Math.floor(random() * 6) }, () => pickFrom([...parts, ...aligned], random)).join(''),
  );
}

test('random prompts: whole and per slot as a brute-force tree counts them', () => {
  const random = seededRandom(20);
  for (let round = 0; round < 150; round++) {
    const prompts = randomPrompts(random);
    const slots = pickFrom([1, 2, 3, 4, 8, 100], random);
    if (prompts.every((prompt) => prompt === '')) continue;
    const wanted = bruteForce(prompts, slots);
    const got = bound(shuffled(prompts, random), slots);
    expect(got.whole, `round ${round}`).toBeCloseTo(wanted.whole, 9);
    expect(got.perSlot, `round ${round}`).toBeCloseTo(wanted.perSlot, 9);
  }
});

test('prompts longer than a key holds', () => {
  const long = 'x'.repeat(blockEnd(maxBlocks) + 1000);
  const prompts = [`${long}one`, `${long}two`, `${long}one`, long];
  const wanted = bruteForce(prompts, 2);
  expect(bound(prompts, 2).whole).toBeCloseTo(wanted.whole, 9);
  expect(bound(prompts, 2).perSlot).toBeCloseTo(wanted.perSlot, 9);
});

test('plain cases: nothing, nothing shared, all the same', () => {
  expect(bound([], 4)).toEqual({ whole: 0, perSlot: 0 });
  expect(bound(['', ''], 4)).toEqual({ whole: 0, perSlot: 0 });
  expect(bound(['one', 'two', 'three'], 4)).toEqual({ whole: 0, perSlot: 0 });
  const same = bound(
    Array.from({ length: 10 }, () => 'the same prompt'),
    4,
  );
  expect(same.whole).toBeCloseTo(0.9, 9);
  expect(same.perSlot).toBeCloseTo(0.6, 9);
  const one = bound(
    Array.from({ length: 10 }, () => 'the same prompt'),
    1,
  );
  expect(one.perSlot).toBeCloseTo(one.whole, 9);
});

test('shared blocks are counted whole', () => {
  expect(sharedBlocks(Buffer.from('aaaabbbb'), Buffer.from('aaaabbbc'))).toBe(1);
  expect(sharedBlocks(Buffer.from('aaaabbbb'), Buffer.from('aaaabbbbcccc'))).toBe(2);
  expect(sharedBlocks(Buffer.alloc(0), Buffer.from('aaaa'))).toBe(0);
});
