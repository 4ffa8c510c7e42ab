/** Asks rocm-smi again and again; it has no way to tell by itself. */

import { answerOf } from './ask-once.ts';
import { parseRocm, rocmArguments } from './rocm.ts';
import { pause, type WatchOptions } from './watch-nvidia.ts';

/** Asks until `signal`, every `sampleMs`, or as fast as it answers; after failures with growing pauses. */
export async function watchRocm(o: WatchOptions, signal: AbortSignal): Promise<void> {
  let failures = 0;
  while (!signal.aborted) {
    const began = performance.now();
    try {
      const text = await answerOf(o.path, rocmArguments, { timeoutMs: o.silentMs, signal });
      o.heard(parseRocm(text));
      failures = 0;
    } catch (error) {
      if (signal.aborted) return;
      failures += 1;
      o.failed((error as Error).message);
    }
    const due = failures === 0 ? o.sampleMs : Math.min(o.restartMaxMs, o.sampleMs * 2 ** failures);
    await pause(Math.max(0, began + due - performance.now()), signal);
  }
}
