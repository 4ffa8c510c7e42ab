/** Reads a byte stream as numbered lines: LF or CRLF, BOM, last line without a newline; bounded memory, bad lines as faults. */

import { AssayError } from '../errors.ts';
import { countUsedUp } from './free-buffers.ts';

/** One line (its text without the line end), or the fault that keeps it from being read. `line` counts from 1. */
export type Line =
  | { line: number; text: string; fault?: undefined }
  | { line: number; text?: undefined; fault: AssayError };

const LF = 0x0a;
const CR = 0x0d;

/**
 * Yields the lines of `source` in groups, one group for each piece of the stream, so that a loop over a million lines
 * awaits only a few thousand times. Blank lines are counted but not yielded.
 */
export async function* readLines(source: AsyncIterable<Buffer>, options: { maxBytes: number }): AsyncGenerator<Line[]> {
  const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
  let line = 0;
  let held: Buffer[] = [];
  let heldBytes = 0;

  const tooLong = (bytes: number): Line => ({
    line,
    fault: new AssayError('line_too_long', { value: bytes, limit: options.maxBytes }, { line }),
  });
  const take = (bytes: Buffer, group: Line[]) => {
    line += 1;
    const start =
      line === 1 && bytes.length >= 3 && bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? 3 : 0;
    const end = bytes.length > start && bytes[bytes.length - 1] === CR ? bytes.length - 1 : bytes.length;
    if (end - start > options.maxBytes) {
      group.push(tooLong(end - start));
      return;
    }
    const content = bytes.subarray(start, end);
    try {
      const text = decoder.decode(content);
      if (text.trim() !== '') group.push({ line, text });
    } catch {
      group.push({ line, fault: new AssayError('invalid_utf8', { offset: firstBadByte(content) }, { line }) });
    }
  };

  // Of a line over the limit (BOM and CR apart) only the length and the last byte are kept.
  const keep = (rest: Buffer) => {
    heldBytes += rest.length;
    if (heldBytes <= options.maxBytes + 4) held.push(rest);
    else held = [rest.subarray(-1)];
  };
  const end = (last: Buffer, group: Line[]) => {
    if (heldBytes + last.length > options.maxBytes + 4) {
      line += 1;
      const lastByte = last.at(-1) ?? held.at(-1)?.at(-1);
      group.push(tooLong(heldBytes + last.length - (lastByte === CR ? 1 : 0)));
    } else take(heldBytes > 0 ? Buffer.concat([...held, last]) : last, group);
    held = [];
    heldBytes = 0;
  };

  for await (const piece of source) {
    countUsedUp(piece.length);
    const group: Line[] = [];
    let from = 0;
    for (let at = piece.indexOf(LF); at !== -1; at = piece.indexOf(LF, from)) {
      end(piece.subarray(from, at), group);
      from = at + 1;
    }
    if (from < piece.length) keep(piece.subarray(from));
    if (group.length > 0) yield group;
  }
  if (heldBytes > 0) {
    const group: Line[] = [];
    end(Buffer.alloc(0), group);
    if (group.length > 0) yield group;
  }
}

/** Place, from 1, of the first byte of the first sequence that is not UTF-8. */
function firstBadByte(bytes: Buffer): number {
  // Every prefix that ends before the fault decodes, as the beginning of a longer text; found by halving.
  let good = 0;
  let bad = bytes.length;
  while (good < bad) {
    const middle = (good + bad + 1) >> 1;
    if (decoded(bytes.subarray(0, middle)) !== null) good = middle;
    else bad = middle - 1;
  }
  return Buffer.byteLength(decoded(bytes.subarray(0, good))!) + 1;
}

/** Text of the whole characters in `bytes`, the last of which may be cut off; null when they are not UTF-8. */
function decoded(bytes: Buffer): string | null {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes, { stream: true });
  } catch {
    return null;
  }
}
