/** Server-sent events, cut at every byte. */

import { expect, test } from 'vitest';
import { readEvents } from '../../src/engines/sse.ts';

const stream =
  '\uFEFF: comment\r\ndata: {"a":"Grüße 🌍"}\r\n\r\nevent: x\ndata:two\ndata: lines\n\nid: 1\n\ndata: [DONE]\n\n';
const wanted = ['{"a":"Grüße 🌍"}', 'two\nlines', '[DONE]'];

test('events come whole wherever the network cuts them', () => {
  const bytes = Buffer.from(stream);
  for (let cut = 0; cut <= bytes.length; cut += 1) {
    const seen: string[] = [];
    const reader = readEvents((data) => seen.push(data));
    reader.push(bytes.subarray(0, cut));
    reader.push(bytes.subarray(cut));
    expect(seen, `cut at ${cut}`).toEqual(wanted);
  }
});

test('one byte at a time', () => {
  const seen: string[] = [];
  const reader = readEvents((data) => seen.push(data));
  for (const byte of Buffer.from(stream)) reader.push(Buffer.from([byte]));
  expect(seen).toEqual(wanted);
});
