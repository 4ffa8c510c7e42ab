/** Numbers that a double cannot hold pass through as they were written; everything else is read as JSON.parse does. */

import { expect, test } from 'vitest';
import { parseExactly } from '../../src/files/exact-json.ts';

const again = (text: string): string => JSON.stringify(parseExactly(text));

test('whole numbers beyond 2^53 keep their digits, wherever they stand', () => {
  for (const text of [
    '{"seed":18446744073709551615}',
    '[9007199254740993,-9223372036854775808]',
    '{"a":{"b":[12345678901234567890,{"c":99999999999999999999999}]}}',
    '12345678901234567890',
  ])
    expect(again(text)).toBe(text);
  const spread = { ...(parseExactly('{"seed":18446744073709551615,"n":1}') as object), n: 2 };
  expect(JSON.stringify(spread)).toBe('{"seed":18446744073709551615,"n":2}');
});

test('all else is what JSON.parse gives', () => {
  for (const text of [
    '{"id":"1234567890123456789","x":0.1,"y":1.5e300,"z":9007199254740991,"n":null,"t":true}',
    '{"long":0.12345678901234567,"e":1e21,"list":[1234567890123456]}',
    '[]',
    '"12345678901234567890"',
  ])
    expect(parseExactly(text)).toEqual(JSON.parse(text));
});

test('what is no JSON throws as JSON.parse does', () => {
  for (const text of ['{"a":}', '{"a":12345678901234567890', '']) expect(() => parseExactly(text)).toThrow(SyntaxError);
});
