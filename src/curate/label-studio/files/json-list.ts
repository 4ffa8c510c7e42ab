/** Cuts a JSON list into its elements while it arrives: one element at a time is in memory, however long the list is. */

import { AssayError } from '../../../errors.ts';

/** An element of the list: its text, its place in the list from 1, and where its first byte stands in the file. */
export interface ListElement {
  place: number;
  text: string;
  start: number;
  bytes: number;
}

const quote = 0x22;
const comma = 0x2c;
const backslash = 0x5c;
const [openList, closeList, openObject, closeObject] = [0x5b, 0x5d, 0x7b, 0x7d];
const isSpace = (byte: number): boolean => byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09;
/** A byte order mark is no part of JSON, yet editors write one. */
const byteOrderMark = [0xef, 0xbb, 0xbf];

/** A fault of the file that was sent, with its place in words. */
export function fileFault(place: string, problem: string, value: unknown): AssayError {
  return new AssayError('invalid_parameter', { param: place, problem, value }, { param: 'file' });
}

/**
 * Yields the objects of a JSON list in order. What stands inside an object is not looked at.
 * @throws AssayError invalid_parameter for a text that is no list, holds anything but objects, ends too early, or is not UTF-8
 */
export async function* listElements(source: AsyncIterable<Buffer>): AsyncGenerator<ListElement> {
  const cutter = openCutter();
  for await (const piece of source) yield* cutter.take(piece);
  cutter.end();
}

/** Where the cutter is: before the list, where an element or the end may come, inside one, behind one, behind the list. */
type State = 'before' | 'first' | 'next' | 'inside' | 'behind' | 'done';

function openCutter() {
  let state: State = 'before';
  let place = 0;
  let depth = 0;
  let inText = false;
  let escaped = false;
  let pieces: Buffer[] = [];
  /** Bytes of the file before the piece at hand, and where the element at hand begins. */
  let before = 0;
  let start = 0;

  /** Where the element that `piece` goes on with ends (behind its last byte); -1 when it goes on behind the piece. */
  const endOfElement = (piece: Buffer, from: number): number => {
    for (let at = from; at < piece.length; at++) {
      const byte = piece[at]!;
      if (escaped) escaped = false;
      else if (inText) {
        if (byte === backslash) escaped = true;
        else if (byte === quote) inText = false;
      } else if (byte === quote) inText = true;
      else if (byte === openObject || byte === openList) depth += 1;
      else if (byte === closeObject || byte === closeList) {
        depth -= 1;
        if (depth === 0) return at + 1;
      }
    }
    return -1;
  };

  /** What a byte between elements makes of the state. */
  const between = (byte: number, offset: number): void => {
    if (state === 'before') {
      if (byte === byteOrderMark[offset]) return;
      if (byte !== openList) throw noList(byte);
      state = 'first';
    } else if (byte === closeList && (state === 'first' || state === 'behind')) state = 'done';
    else if (byte === comma && state === 'behind') state = 'next';
    else if (byte === openObject && (state === 'first' || state === 'next')) {
      state = 'inside';
      place += 1;
      start = offset;
    } else if (state === 'first' || state === 'next')
      throw fileFault(`task ${place + 1}`, 'must be an object, { … }', character(byte));
    else if (state === 'behind') throw fileFault(`behind task ${place}`, 'must be a comma or ]', character(byte));
    else throw fileFault('file', 'must end with the list of its tasks', character(byte));
  };

  return {
    *take(piece: Buffer): Generator<ListElement> {
      for (let at = 0; at < piece.length; ) {
        if (state !== 'inside') {
          if (!isSpace(piece[at]!)) between(piece[at]!, before + at);
          if ((state as State) !== 'inside') at += 1;
          continue;
        }
        const end = endOfElement(piece, at);
        pieces.push(piece.subarray(at, end === -1 ? undefined : end));
        if (end === -1) break;
        yield { place, text: textOf(pieces, place), start, bytes: before + end - start };
        pieces = [];
        state = 'behind';
        at = end;
      }
      before += piece.length;
    },
    end(): void {
      if (state === 'done') return;
      if (state === 'before') throw fileFault('file', 'must be a list of tasks in JSON, [ … ]', 'nothing');
      throw fileFault(
        'file',
        'must not end in the middle; export it again, and send the whole file',
        state === 'inside' ? `a part of task ${place}` : `${place} whole tasks and no ] behind them`,
      );
    },
  };
}

function textOf(pieces: Buffer[], place: number): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(pieces.length === 1 ? pieces[0] : Buffer.concat(pieces));
  } catch {
    throw fileFault(`task ${place}`, 'must be UTF-8; save the file as UTF-8', 'other bytes');
  }
}

const character = (byte: number): string => (byte < 0x7f && byte > 0x1f ? String.fromCharCode(byte) : `byte ${byte}`);

function noList(byte: number): AssayError {
  const remedy = "choose JSON in Label Studio's export, not CSV, TSV or a ZIP";
  return fileFault(
    'file',
    `must be a list of tasks in JSON, [ … ]; ${remedy}`,
    `a file that begins with ${character(byte)}`,
  );
}
