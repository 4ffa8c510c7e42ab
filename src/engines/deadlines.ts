/**
 * Watches the deadlines of all requests in flight with one timer, set for the earliest: a timer each costs more than the
 * request's parsing, and one that ticks takes the processor from an engine on the same machine.
 */

/** Something that must end by a time of `performance.now()`. */
export interface Deadline {
  at: number;
  expire(): void;
}

const waiting = new Set<Deadline>();
let timer: NodeJS.Timeout | null = null;
/** When `timer` goes off, by `performance.now()`; what was earliest may have been unwatched since. */
let due = Number.POSITIVE_INFINITY;

/** The longest that a timer takes (2^31 - 1 ms). */
const longestMs = 2_147_483_647;

/** Calls `expire` right after `at`, unless {@link unwatch} comes first. */
export function watch(deadline: Deadline): void {
  waiting.add(deadline);
  if (deadline.at < due) setFor(deadline.at);
}

export function unwatch(deadline: Deadline): void {
  waiting.delete(deadline);
  if (waiting.size === 0) setFor(Number.POSITIVE_INFINITY);
}

function setFor(at: number): void {
  if (timer !== null) clearTimeout(timer);
  due = at;
  const ms = Math.min(longestMs, Math.max(1, Math.ceil(at - performance.now())));
  timer = at === Number.POSITIVE_INFINITY ? null : setTimeout(look, ms);
}

function look(): void {
  const now = performance.now();
  const over = [...waiting].filter(({ at }) => at <= now);
  for (const deadline of over) waiting.delete(deadline);
  let earliest = Number.POSITIVE_INFINITY;
  for (const { at } of waiting) earliest = Math.min(earliest, at);
  setFor(earliest);
  for (const deadline of over) deadline.expire();
}
