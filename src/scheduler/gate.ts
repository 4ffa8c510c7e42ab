/** Says how many rows of a model may be in flight now: fewer after a 429 or when memory runs out, none while its engine is down. */

export interface Gate {
  /** Rows that may be in flight now. */
  limit(): number;
  /** Why nothing may start, or null. */
  reason(): string | null;
  /** The engine asked for fewer requests. */
  slowDown(retryAfterMs: number | null): void;
  /** The engine has more in flight than its memory holds: fewer rows, without a pause. */
  lower(): void;
  succeeded(): void;
  close(reason: string): void;
  open(): void;
}

/** Answers in a row without a 429 after which one more row may be in flight. */
const growAfter = 20;
/** What is left of the rows in flight when the engine's memory was too small for them. */
const keptOfRows = 0.75;
/** Pause after a 429 that names none. */
const pauseMs = 1000;

/** `ceiling` gives the rows that may be in flight at best; `changed` is called when rows may start again. */
export function openGate(ceiling: () => number, changed: () => void): Gate {
  // Below the ceiling after a 429, else unlimited.
  let allowed = Number.POSITIVE_INFINITY;
  let streak = 0;
  let pausedUntil = 0;
  let halvedAt = 0;
  let down: string | null = null;
  return {
    limit: () => (down !== null || Date.now() < pausedUntil ? 0 : Math.floor(Math.min(allowed, ceiling()))),
    reason: () =>
      down ??
      (Date.now() < pausedUntil
        ? `the engine asks for fewer requests (429): waiting ${Math.ceil((pausedUntil - Date.now()) / 1000)} s`
        : null),
    slowDown(retryAfterMs) {
      const now = Date.now();
      const wait = retryAfterMs ?? pauseMs;
      if (now + wait > pausedUntil) {
        pausedUntil = now + wait;
        setTimeout(changed, wait + 1).unref();
      }
      // All rows in flight are answered 429 at the same time: that is one sign, not many.
      if (now - halvedAt > pauseMs) {
        allowed = Math.max(1, Math.min(allowed, ceiling()) / 2);
        halvedAt = now;
      }
      streak = 0;
    },
    lower() {
      if (Date.now() - halvedAt <= pauseMs) return;
      allowed = Math.max(1, Math.min(allowed, ceiling()) * keptOfRows);
      halvedAt = Date.now();
      streak = 0;
    },
    succeeded() {
      if (allowed === Number.POSITIVE_INFINITY) return;
      streak += 1;
      if (streak < growAfter) return;
      streak = 0;
      allowed += 1;
      if (allowed >= ceiling()) allowed = Number.POSITIVE_INFINITY;
    },
    close: (reason) => void (down = reason),
    open() {
      down = null;
      changed();
    },
  };
}
