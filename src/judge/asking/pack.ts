/** Puts answers together into calls, by number and by tokens. */

import { shuffled } from './opaque-ids.ts';

/** How calls are filled. */
export interface Packing {
  /** Answers in one call at most. */
  perCall: number;
  /** Tokens of the answers of one call at most, what is said around them left out. */
  maxTokens: number;
  seed: string;
}

interface Call {
  items: number[];
  tokens: number;
}

/** Calls that still take answers; the oldest is closed beyond, so that a million answers take linear time. */
const MOST_OPEN = 32;

/**
 * The calls, each the places of its answers in `items`. Nobody knows beforehand which answers are good, so a call is mixed
 * by chance: the order is shuffled by the seed. Each answer goes into the first open call with room for it; one longer
 * than a call goes alone.
 */
export function packCalls(items: { tokens: number }[], { perCall, maxTokens, seed }: Packing): number[][] {
  const calls: Call[] = [];
  let open: Call[] = [];
  for (const at of shuffled(items.length, `calls ${seed}`)) {
    const { tokens } = items[at]!;
    let call = open.find((one) => one.tokens + tokens <= maxTokens);
    if (call === undefined) {
      call = { items: [], tokens: 0 };
      calls.push(call);
      // An answer that fills its call alone must not drive out one that has room.
      if (tokens < maxTokens) open.push(call);
    }
    call.items.push(at);
    call.tokens += tokens;
    if (call.items.length >= perCall || call.tokens >= maxTokens) open = open.filter((one) => one !== call);
    if (open.length > MOST_OPEN) open.shift();
  }
  return calls.map((call) => call.items);
}
