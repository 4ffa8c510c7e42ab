/** Has V8 let go of used-up buffers early, so that large uploads, inputs and downloads do not pile them up. */

import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/**
 * Each piece of a stream comes in a buffer of its own, outside the heap, and V8 by itself collects them only when
 * about 64 MB have gathered: a 200 MB upload raised resident memory by 66 to 80 MB. The rows read out of them outlive
 * minor collections on their way to the database. A major collection every 8 MB (15 ms each) keeps the heap of a
 * server that takes 400,000 rows in under 75 MB, where one every 32 MB let it grow to 133 MB, whose pages V8 then held
 * on to for ten seconds while the rows ran. Buffers cannot be freed by hand: one may hold the parser's next part.
 */
const EVERY_BYTES = 8 * 1024 * 1024;

let collect: ((options: { type: 'minor' | 'major' }) => void) | null = null;
let since = 0;

/** Counts bytes that went through, over all streams, and collects when enough have gone by. */
export function countUsedUp(bytes: number): void {
  since += bytes;
  if (since < EVERY_BYTES) return;
  since = 0;
  collect ??= collector();
  collect({ type: 'major' });
}

function collector(): (options: { type: 'minor' | 'major' }) => void {
  setFlagsFromString('--expose-gc');
  return runInNewContext('gc');
}
