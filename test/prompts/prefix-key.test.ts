/** Prompt texts of every endpoint's body, and keys that sort equal beginnings together. */

import { expect, test } from 'vitest';
import { blockChars, blockEnd, maxBlocks, prefixKey, promptText } from '../../src/prompts/prefix-key.ts';
import { seededRandom, shuffled } from '../harness/random.ts';

test('the prompt of a chat is its tools, then its messages, as templates render them', () => {
  const body = {
    model: 'm',
    messages: [
      { role: 'system', content: 'Be brief.' },
      { role: 'user', content: [{ type: 'text', text: 'Hi' }] },
      { role: 'assistant', content: null, tool_calls: [{ id: '1' }] },
    ],
    tools: [{ type: 'function' }],
  };
  expect(promptText(body)).toBe(
    '[{"type":"function"}]\nsystem\nBe brief.\nuser\n[{"type":"text","text":"Hi"}]\nassistant\n\n[{"id":"1"}]',
  );
});

test.each([
  [{ prompt: 'complete me' }, 'complete me'],
  [{ prompt: ['a', 'b'] }, '["a","b"]'],
  [{ input: 'embed me' }, 'embed me'],
  [{ instructions: 'Be kind.', input: [{ role: 'user' }] }, 'Be kind.\n[{"role":"user"}]'],
  [{}, ''],
  [{ messages: [null, 'odd', 5] }, '\n\n\n\n\n'],
])('the prompt of %j', (body, text) => {
  expect(promptText(body)).toBe(text);
});

test('a key has four bytes for each begun block, one at least, and a bound', () => {
  const blocks = (length: number) => prefixKey('x'.repeat(length)).length / 4;
  expect(blocks(0)).toBe(1);
  expect(blocks(1)).toBe(1);
  expect(blocks(blockChars)).toBe(1);
  expect(blocks(blockChars + 1)).toBe(2);
  for (const count of [5, 20, 21, 60, 127, 128]) {
    expect(blocks(blockEnd(count))).toBe(count);
    expect(blocks(blockEnd(count) + 1)).toBe(Math.min(maxBlocks, count + 1));
  }
  expect(blocks(blockEnd(maxBlocks) * 3)).toBe(maxBlocks);
  expect(blockEnd(maxBlocks)).toBe(993_096);
});

test('keys share as many blocks as the prompts begin alike, and differ from there', () => {
  const same = 'a'.repeat(blockChars * 3);
  const a = prefixKey(`${same}one end`);
  const b = prefixKey(`${same}another end`);
  expect(a.subarray(0, 12)).toEqual(b.subarray(0, 12));
  expect(a.subarray(12)).not.toEqual(b.subarray(12));
  const long = 'b'.repeat(blockEnd(maxBlocks) + 5);
  expect(prefixKey(`${long}x`)).not.toEqual(prefixKey(`${long}y`));
  expect(prefixKey(`${long}x`).subarray(0, -4)).toEqual(prefixKey(`${long}y`).subarray(0, -4));
  expect(prefixKey(`${long}x`)).toEqual(prefixKey(`${long}x`));
});

test('sorted keys hold each group of equal beginnings together, at every depth', () => {
  const random = seededRandom(3);
  const prompts: string[] = [];
  for (let group = 0; group < 6; group++) {
    for (let part = 0; part < 5; part++) {
      for (let row = 0; row < 4; row++) {
        prompts.push(`${`g${group}`.padEnd(blockChars, '.')}${`p${part}`.padEnd(blockChars, '.')}row ${row}`);
      }
    }
  }
  const sorted = shuffled(prompts, random).sort((a, b) => Buffer.compare(prefixKey(a), prefixKey(b)));
  for (const depth of [blockChars, 2 * blockChars]) {
    const runs = sorted.map((prompt) => prompt.slice(0, depth)).filter((begin, at, all) => begin !== all[at - 1]);
    expect(new Set(runs).size).toBe(runs.length);
  }
});
