/** Chooses the items of a run: all, the first ones, or some at random that are the same ones each time. */

/** `excluded` are left out before anything is counted; `limit` keeps the first ones, `sample` draws from what is left. */
export interface Choice {
  items: number;
  excluded: ReadonlySet<number>;
  limit: number | null;
  sample: number | null;
  seed: number;
}

/** Ordinals in ascending order; null when all items are chosen. A larger sample of the same seed holds the smaller one. */
export function chooseItems(choice: Choice): Int32Array | null {
  const { items, excluded, limit, sample, seed } = choice;
  if (excluded.size === 0 && (limit ?? items) >= items && (sample ?? items) >= items) return null;
  const all = new Int32Array(items);
  let count = 0;
  for (let ordinal = 0; ordinal < items && count < (limit ?? items); ordinal++) {
    if (!excluded.has(ordinal)) all[count++] = ordinal;
  }
  const there = all.subarray(0, count);
  return sample === null || sample >= count ? there : draw(there, sample, seed).sort();
}

/** The first `count` of a Fisher-Yates shuffle. */
function draw(from: Int32Array, count: number, seed: number): Int32Array {
  const random = numbers(seed);
  for (let at = 0; at < count; at++) {
    const other = at + Math.floor(random() * (from.length - at));
    [from[at], from[other]] = [from[other]!, from[at]!];
  }
  return from.slice(0, count);
}

/** Mulberry32: numbers from 0 up to 1, the same ones for the same seed on every machine. */
function numbers(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
