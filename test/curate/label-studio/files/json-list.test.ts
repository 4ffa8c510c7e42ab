/** A JSON list is cut into its elements wherever the pieces of the file end, and each fault is named with its place. */

import { expect, test } from 'vitest';
import { type ListElement, listElements } from '../../../../src/curate/label-studio/files/json-list.ts';
import { failure } from '../../seed.ts';

async function* piecesOf(bytes: Buffer, size: number): AsyncGenerator<Buffer> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

async function elements(text: string | Buffer, size = 7): Promise<ListElement[]> {
  const found: ListElement[] = [];
  for await (const one of listElements(piecesOf(Buffer.from(text as string), size))) found.push(one);
  return found;
}

const hostile = [
  { text: 'brackets ]}{[ , "quoted" and \\ backslash \\" at the end \\' },
  { nested: [{ deep: [[], {}] }], wide: 'ä€😀', empty: '' },
  {},
];

test.each([1, 2, 3, 64, 100_000])('in pieces of %i bytes', async (size) => {
  const text = `\ufeff \n${JSON.stringify(hostile, null, 1)}\n `;
  const found = await elements(text, size);
  expect(found.map((one) => JSON.parse(one.text))).toEqual(hostile);
  expect(found.map((one) => one.place)).toEqual([1, 2, 3]);
  const bytes = Buffer.from(text);
  for (const one of found) expect(bytes.subarray(one.start, one.start + one.bytes).toString()).toBe(one.text);
});

test('an empty list has none', async () => {
  expect(await elements(' [ ] ')).toEqual([]);
});

test.each([
  ['', /must be a list of tasks in JSON.*got nothing/],
  ['id,prompt\n1,x', /choose JSON in Label Studio's export.*begins with i/],
  ['{"id": 1}', /must be a list.*begins with \{/],
  ['[1]', /^task 1: must be an object.*got 1/],
  ['[{}, ]', /^task 2: must be an object.*got \]/],
  ['[{} {}]', /^behind task 1: must be a comma or \].*got \{/],
  ['[{"a": 1}, {"b": ', /must not end in the middle.*got a part of task 2/],
  ['[{"a": 1}', /must not end in the middle.*got 1 whole tasks/],
  ['[{}] x', /must end with the list.*got x/],
])('%j is refused', async (text, said) => {
  const fault = await failure(elements(text));
  expect(fault?.code).toBe('invalid_parameter');
  expect(fault?.message).toMatch(said);
});

test('bytes that are no UTF-8 are named by their task', async () => {
  const bytes = Buffer.concat([Buffer.from('[{}, {"a": "'), Buffer.from([0xff]), Buffer.from('"}]')]);
  expect((await failure(elements(bytes)))?.message).toMatch(/^task 2: must be UTF-8/);
});
