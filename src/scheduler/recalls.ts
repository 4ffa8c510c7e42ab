/** Takes rows in flight back from their engine, all at once, so that they are sent again. */

/** Why the request of such a row was given up. */
export class Recalled extends Error {}

export interface Recalls {
  controller: AbortController;
  /** By the signal of a batch: one serves all rows of it. */
  signals: WeakMap<AbortSignal, AbortSignal>;
}

export const openRecalls = (): Recalls => ({ controller: new AbortController(), signals: new WeakMap() });

/** The signal of a row of the batch whose signal is given: aborted with the batch, or when the row is taken back. */
export function recallable({ signals, controller }: Recalls, batch: AbortSignal): AbortSignal {
  let signal = signals.get(batch);
  if (signal === undefined) {
    signal = AbortSignal.any([batch, controller.signal]);
    signals.set(batch, signal);
  }
  return signal;
}
