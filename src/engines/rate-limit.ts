/** Holds a model to the requests and tokens a minute that its service allows: never more within any 60 seconds. */

import type { RateLimits } from '../contracts/engine.ts';

export interface RateLimit {
  /** Milliseconds until a request of that many tokens may be sent; 0: now. */
  waitMs(tokens: number): number;
  /**
   * Books a request that is sent, with the tokens it is thought to take; what it gives corrects them once they are known.
   */
  spent(tokens: number): (really: number) => void;
}

const MINUTE = 60_000;

interface Booking {
  at: number;
  tokens: number;
}

/**
 * A limit of a model; `now` gives milliseconds of a clock that never goes back. The window slides: a bucket that fills
 * evenly would let twice the limit through in the minute after a pause. A request of more tokens than a minute has may
 * go once nothing else is in the window, as it could never go otherwise.
 *
 *     const limit = openRateLimit({ requestsPerMinute: 60, tokensPerMinute: null }, () => performance.now());
 *     if (limit.waitMs(900) === 0) limit.spent(900);
 */
export function openRateLimit(limits: RateLimits | null, now: () => number): RateLimit {
  const maxRequests =
    limits?.requestsPerMinute == null ? Number.POSITIVE_INFINITY : Math.max(1, limits.requestsPerMinute);
  const maxTokens = limits?.tokensPerMinute ?? Number.POSITIVE_INFINITY;
  if (maxRequests === Number.POSITIVE_INFINITY && maxTokens === Number.POSITIVE_INFINITY) return unlimited;
  /** Of the last minute, the oldest at `first`. */
  let bookings: Booking[] = [];
  let first = 0;
  let sum = 0;

  const forget = (): void => {
    const before = now() - MINUTE;
    while (first < bookings.length && bookings[first]!.at <= before) sum -= bookings[first++]!.tokens;
    if (first > 1000 && first * 2 > bookings.length) {
      bookings = bookings.slice(first);
      first = 0;
    }
  };

  return {
    waitMs(tokens) {
      forget();
      let count = bookings.length - first + 1;
      let total = sum + tokens;
      let wait = 0;
      for (let i = first; i < bookings.length && (count > maxRequests || total > maxTokens); i += 1) {
        count -= 1;
        total -= bookings[i]!.tokens;
        wait = bookings[i]!.at + MINUTE - now();
      }
      return Math.max(0, wait);
    },
    spent(tokens) {
      forget();
      const booking = { at: now(), tokens };
      bookings.push(booking);
      sum += tokens;
      return (really) => {
        forget();
        if (booking.at > now() - MINUTE) sum += really - booking.tokens;
        booking.tokens = really;
      };
    },
  };
}

const unlimited: RateLimit = { waitMs: () => 0, spent: () => () => undefined };
