/** Options of the embedded servers that tests start. */

import type { EmbeddedOptions } from '../../src/db/embedded.ts';

/** Small and quick to give up waiting, with a log that keeps nothing. */
export const embeddedOptions = (folder: string): EmbeddedOptions => ({
  folder,
  sharedBuffersMb: 32,
  startTimeoutMs: 60_000,
  restartMaxMs: 1000,
  log: { debug() {}, info() {}, warn() {}, error() {} },
});
