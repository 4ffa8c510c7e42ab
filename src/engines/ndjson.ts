/** Cuts a stream of bytes into lines of JSON (application/x-ndjson) and hands on the text of each. */

import type { EventReader } from './sse.ts';

const LF = 10;
const EMPTY: Buffer = Buffer.alloc(0);

/** Hands on each line that is not blank; a character cut in two by the network stays whole. */
export function readLines(onLine: (text: string) => void): EventReader {
  let rest: Buffer = EMPTY;
  return {
    push(bytes) {
      const last = bytes.lastIndexOf(LF);
      if (last === -1) {
        rest = Buffer.concat([rest, bytes]);
        return;
      }
      const whole = Buffer.concat([rest, bytes]);
      const end = whole.length - bytes.length + last + 1;
      rest = end < whole.length ? Buffer.from(whole.subarray(end)) : EMPTY;
      for (const line of whole.toString('utf8', 0, end).split('\n')) {
        if (line.trim() !== '') onLine(line);
      }
    },
    pending: () => rest.length,
  };
}
