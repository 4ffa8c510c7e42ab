/** Passes a byte stream on while checking that it is UTF-8; the first bad byte stops it with its line and place. */

import { isUtf8 } from 'node:buffer';
import { AssayError } from '../errors.ts';

const LF = 0x0a;

/**
 * Yields whole characters only: bytes of a character cut by the end of a piece are held back for the next one.
 * @throws AssayError input_invalid naming `file`, the line and the byte in that line.
 */
export async function* checkUtf8(source: AsyncIterable<Buffer>, file: string): AsyncGenerator<Buffer> {
  let line = 1;
  let column = 0;
  let held: Buffer = Buffer.alloc(0);
  for await (const piece of source) {
    const bytes = held.length > 0 ? Buffer.concat([held, piece]) : piece;
    const end = bytes.length - unfinished(bytes);
    const whole = bytes.subarray(0, end);
    if (!isUtf8(whole)) throw fault(file, locate(whole, line, column));
    for (let at = whole.indexOf(LF); at !== -1; at = whole.indexOf(LF, at + 1)) line += 1;
    const lastLf = whole.lastIndexOf(LF);
    column = lastLf === -1 ? column + whole.length : whole.length - lastLf - 1;
    held = Buffer.from(bytes.subarray(end));
    if (whole.length > 0) yield whole;
  }
  if (held.length > 0) throw fault(file, { line, byte: column + 1 });
}

/** How many bytes at the end begin a character that is not complete yet (0 to 3). */
function unfinished(bytes: Buffer): number {
  for (let back = 1; back <= Math.min(3, bytes.length); back++) {
    const byte = bytes[bytes.length - back]!;
    if (byte < 0x80) return 0;
    if (byte >= 0xc0) {
      const length = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : 2;
      return length > back ? back : 0;
    }
  }
  return 0;
}

function locate(bytes: Buffer, firstLine: number, firstColumn: number): { line: number; byte: number } {
  let line = firstLine;
  let column = firstColumn;
  for (let from = 0; from < bytes.length; ) {
    const lf = bytes.indexOf(LF, from);
    const end = lf === -1 ? bytes.length : lf + 1;
    const part = bytes.subarray(from, end);
    if (!isUtf8(part)) return { line, byte: column + badByte(part) };
    line += 1;
    column = 0;
    from = end;
  }
  return { line, byte: column + 1 };
}

/** Place (from 1) of the first byte that no valid character holds. */
function badByte(bytes: Buffer): number {
  let good = 0;
  let bad = bytes.length;
  while (good < bad) {
    const middle = (good + bad + 1) >> 1;
    const part = bytes.subarray(0, middle);
    if (isUtf8(part.subarray(0, middle - unfinished(part)))) good = middle;
    else bad = middle - 1;
  }
  const last = bytes.subarray(0, good);
  return good - unfinished(last) + 1;
}

function fault(file: string, place: { line: number; byte: number }): AssayError {
  return new AssayError(
    'input_invalid',
    { file, line: place.line, problem: `byte ${place.byte} of the line is not UTF-8; save the file as UTF-8` },
    { line: place.line },
  );
}
