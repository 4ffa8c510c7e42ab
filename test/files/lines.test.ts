/** The reader of numbered lines: line ends, BOM, pieces cut anywhere, and lines that cannot be read. */

import { expect, test } from 'vitest';
import { type Line, readLines } from '../../src/files/lines.ts';
import { pickFrom, seededRandom } from '../harness/random.ts';

async function* pieces(content: Buffer, length: number): AsyncGenerator<Buffer> {
  for (let at = 0; at < content.length; at += length) yield content.subarray(at, at + length);
}

async function linesOf(content: string | Buffer, options: { maxBytes?: number; piece?: number } = {}): Promise<Line[]> {
  const lines: Line[] = [];
  const source = pieces(Buffer.from(content as string), options.piece ?? 64 * 1024);
  for await (const group of readLines(source, { maxBytes: options.maxBytes ?? 1000 })) lines.push(...group);
  return lines;
}

const seen = (lines: Line[]) => lines.map((each) => [each.line, each.text ?? each.fault!.code]);

test.each([1, 2, 3, 7, 1000])(
  'lines are the same in pieces of %i bytes: LF, CRLF, BOM, blank lines, no last end',
  async (piece) => {
    const content = '\ufefffirst\r\n\n  \t\r\nzweite Zeile: ä😀\nlast';
    expect(seen(await linesOf(content, { piece }))).toEqual([
      [1, 'first'],
      [4, 'zweite Zeile: ä😀'],
      [5, 'last'],
    ]);
  },
);

test('nothing, only a BOM, only line ends: no line', async () => {
  for (const content of ['', '\ufeff', '\ufeff\r\n', '\n\r\n\n', '\r']) expect(await linesOf(content)).toEqual([]);
});

test('a BOM counts only at the beginning, a CR only at the end of a line', async () => {
  expect(seen(await linesOf('a\n\ufeffb\nc\rd\r\n'))).toEqual([
    [1, 'a'],
    [2, '\ufeffb'],
    [3, 'c\rd'],
  ]);
});

test.each([1, 3, 4096])(
  'in pieces of %i bytes a line of the limit is read, one byte more is a fault that says how long it is',
  async (piece) => {
    const content = `\ufeff${'a'.repeat(20)}\r\n${'b'.repeat(21)}\r\n${'c'.repeat(500)}\r\n${'d'.repeat(20)}\n${'e'.repeat(300)}`;
    const lines = await linesOf(content, { maxBytes: 20, piece });
    expect(seen(lines)).toEqual([
      [1, 'a'.repeat(20)],
      [2, 'line_too_long'],
      [3, 'line_too_long'],
      [4, 'd'.repeat(20)],
      [5, 'line_too_long'],
    ]);
    const faults = lines.flatMap((each) => (each.fault === undefined ? [] : [each.fault]));
    expect(
      faults.map((fault) => [fault.line, fault.message.match(/(\d+) bytes long; at most (\d+)/)?.slice(1)]),
    ).toEqual([
      [2, ['21', '20']],
      [3, ['500', '20']],
      [5, ['300', '20']],
    ]);
  },
);

test('a line far over the limit is not held in memory', async () => {
  const piece = Buffer.alloc(1024 * 1024, 'x');
  async function* source() {
    for (let at = 0; at < 256; at++) yield piece;
    yield Buffer.from('\nnext\n');
  }
  const before = process.memoryUsage().arrayBuffers;
  let most = 0;
  const lines: Line[] = [];
  for await (const group of readLines(source(), { maxBytes: 4 * 1024 * 1024 })) {
    most = Math.max(most, process.memoryUsage().arrayBuffers - before);
    lines.push(...group);
  }
  expect(seen(lines)).toEqual([
    [1, 'line_too_long'],
    [2, 'next'],
  ]);
  expect(lines[0]!.fault!.message).toContain(`${256 * 1024 * 1024} bytes`);
  expect(most).toBeLessThan(32 * 1024 * 1024);
});

test.each([
  ['a byte that never occurs', [0x61, 0xff, 0x62], 2],
  ['a sequence broken off by another character', [0x61, 0xe2, 0x82, 0x28], 2],
  ['a sequence cut off by the line end', [0x61, 0xc3], 2],
  ['an overlong form', [0xc0, 0xaf], 1],
  ['half of a surrogate pair', [0x61, 0x62, 0xed, 0xa0, 0x80], 3],
])('invalid UTF-8, %s: the fault names the byte', async (_, bytes, offset) => {
  const lines = await linesOf(Buffer.concat([Buffer.from('good\n'), Buffer.from(bytes), Buffer.from('\nafter')]));
  expect(seen(lines)).toEqual([
    [1, 'good'],
    [2, 'invalid_utf8'],
    [3, 'after'],
  ]);
  expect(lines[1]!.fault!.message).toContain(`first at byte ${offset} of the line`);
});

test('random contents cut into random pieces give what splitting the whole text gives', async () => {
  const random = seededRandom(7);
  const parts = ['', 'x', 'ä', '😀', '\r', '\n', '\r\n', ' ', 'a longer piece of text', '\ufeff'];
  for (let round = 0; round < 200; round++) {
    const content = Array.from({ length: 1 + Math.floor(random() * 40) }, () => pickFrom(parts, random)).join('');
    const wanted = content
      .replace(/^\ufeff/, '')
      .split('\n')
      .map((text, at): [number, string] => [at + 1, text.replace(/\r$/, '')])
      .filter(([, text]) => text.trim() !== '');
    expect(seen(await linesOf(content, { piece: 1 + Math.floor(random() * 9) }))).toEqual(wanted);
  }
});
