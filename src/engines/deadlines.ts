/** Watches the deadlines of all requests in flight with one timer, since a timer each costs more than the request's parsing. */

/** Something that must end by a time of `performance.now()`. */
export interface Deadline {
  at: number;
  expire(): void;
}

const TICK_MS = 20;
const waiting = new Set<Deadline>();
let ticker: NodeJS.Timeout | null = null;

/** Calls `expire` within 20 ms after `at`, unless {@link unwatch} comes first. */
export function watch(deadline: Deadline): void {
  waiting.add(deadline);
  ticker ??= setInterval(tick, TICK_MS);
}

export function unwatch(deadline: Deadline): void {
  waiting.delete(deadline);
}

function tick(): void {
  if (waiting.size === 0) {
    if (ticker !== null) clearInterval(ticker);
    ticker = null;
    return;
  }
  const now = performance.now();
  for (const deadline of waiting) {
    if (now < deadline.at) continue;
    waiting.delete(deadline);
    deadline.expire();
  }
}
