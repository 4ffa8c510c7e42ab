/** The place at which a text stops being JSON: it is there for every cut and every wrong character, and right where known. */

import { expect, test } from 'vitest';
import { jsonFault } from '../../src/curate/json-fault.ts';
import { pickFrom, seededRandom } from '../harness/random.ts';

test.each([
  ['', 1, 1, 'it ends too early'],
  ['  \n ', 2, 2, 'it ends too early'],
  ['{"x": }', 1, 7, 'unexpected "}"'],
  ['{"x": 1,}', 1, 9, 'unexpected "}"'],
  ['[1, 2,]', 1, 7, 'unexpected "]"'],
  ['[1 2]', 1, 4, 'unexpected "2"'],
  ['{x: 1}', 1, 2, 'unexpected "x"'],
  ['{"x" 1}', 1, 6, 'unexpected "1"'],
  ['{"a": "b', 1, 9, 'it ends too early'],
  ['{"a": "b\nc"}', 1, 9, 'unexpected control character'],
  ['{"a": "\\q"}', 1, 8, 'unexpected "\\"'],
  ['[01]', 1, 3, 'unexpected "1"'],
  ['{"a": 1}]', 1, 9, 'unexpected "]"'],
  ['{"a": [1}', 1, 9, 'unexpected "}"'],
  ['{\n "a": tru\n}', 2, 7, 'unexpected "t"'],
  ['🙂', 1, 1, 'unexpected "🙂"'],
] as const)('%s', (...[text, line, column, problem]) => {
  expect(jsonFault(text)).toEqual({ line, column, problem });
});

test('what JSON.parse takes has no fault; where it names a position, the fault is in the same token', () => {
  const random = seededRandom(7);
  const text = JSON.stringify({ a: [1, -2.5e3, true, null, { 'b "x"': 'é\n\\', c: {} }, []], d: '' });
  let compared = 0;
  for (let i = 0; i < 5000; i++) {
    const at = Math.floor(random() * text.length);
    const put = pickFrom([...'{}[]:,"\\ 1-etn'], random);
    const changed = text.slice(0, at) + put + text.slice(at + Math.floor(random() * 2));
    const fault = jsonFault(changed);
    const message = refusal(changed);
    expect(fault === null, changed).toBe(message === null);
    const position = /at position (\d+)/.exec(message ?? '')?.[1];
    if (position === undefined) continue;
    compared += 1;
    expect(Number(position) + 1 - fault!.column, changed).toBeGreaterThanOrEqual(0);
    expect(Number(position) + 1 - fault!.column, changed).toBeLessThanOrEqual(6);
  }
  expect(compared).toBeGreaterThan(1000);
});

function refusal(text: string): string | null {
  try {
    JSON.parse(text);
    return null;
  } catch (error) {
    return (error as Error).message;
  }
}
