/** Has V8 let go of used-up buffers early, so that large uploads, inputs and downloads do not pile them up. */

import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/**
 * Each piece of a stream comes in a buffer of its own, outside the heap, and V8 by itself collects them only when
 * about 64 MB have gathered: a 200 MB upload raised resident memory by 66 to 80 MB. A minor collection every 8 MB
 * (about 1 ms each) keeps that at 12 to 16 MB. Buffers cannot be freed by hand: one may hold the parser's next part.
 * What outlives a minor collection (rows on their way to the database) is cleared by a major one every 32 MB.
 */
const EVERY_BYTES = 8 * 1024 * 1024;
const MINOR_BEFORE_MAJOR = 3;

let collect: ((options: { type: 'minor' | 'major' }) => void) | null = null;
let since = 0;
let minors = 0;
let sinceRelease = 0;

/** Counts bytes that went through, over all streams, and collects when enough have gone by. */
export function countUsedUp(bytes: number): void {
  since += bytes;
  sinceRelease += bytes;
  if (since < EVERY_BYTES) return;
  since = 0;
  collect ??= collector();
  const type = minors === MINOR_BEFORE_MAJOR ? 'major' : 'minor';
  minors = type === 'major' ? 0 : minors + 1;
  collect({ type });
}

/** Gives memory back after a large stream: V8 by itself waits for seconds, while the rows already run. */
export function releaseUsedUp(): void {
  if (sinceRelease < EVERY_BYTES * MINOR_BEFORE_MAJOR) return;
  sinceRelease = 0;
  collect?.({ type: 'major' });
}

function collector(): (options: { type: 'minor' | 'major' }) => void {
  setFlagsFromString('--expose-gc');
  return runInNewContext('gc');
}
