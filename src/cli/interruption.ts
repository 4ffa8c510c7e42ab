/** Ctrl-C and termination: the first asks for a clean stop, the second ends the process at once. */

import { exitCodes, Interrupted } from './report-error.ts';

export interface Interruption {
  /** Aborted, with an Interrupted as its reason, at the first signal. */
  signal: AbortSignal;
  /** Gives the signals back. */
  end(): void;
}

const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** Listens for signals until `end` is called. */
export function interruption(): Interruption {
  const controller = new AbortController();
  const heard = () => {
    if (controller.signal.aborted) process.exit(exitCodes.interrupted);
    controller.abort(new Interrupted('stopped by a signal'));
  };
  for (const name of signals) process.on(name, heard);
  return {
    signal: controller.signal,
    end: () => {
      for (const name of signals) process.off(name, heard);
    },
  };
}
