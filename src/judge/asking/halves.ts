/** Divides answers that got no verdict into the calls that ask again. */

/**
 * Groups of at most half of `size`, the answers of the calls they came from, rounded up, and as even as can be; down to one. None when
 * they were alone already: there is nothing smaller to ask.
 *
 * ```ts
 * askAgain(['a', 'b', 'c'], 4); // [['a', 'b'], ['c']]
 * ```
 */
export function askAgain<T>(ids: T[], size: number): T[][] {
  if (size <= 1 || ids.length === 0) return [];
  const most = Math.ceil(size / 2);
  const groups = Math.ceil(ids.length / most);
  const edge = (at: number) => Math.ceil((at * ids.length) / groups);
  return Array.from({ length: groups }, (_, at) => ids.slice(edge(at), edge(at + 1)));
}

/** Error codes of a call that fewer answers in it would not have had. */
export const tooLong = new Set(['context_length_exceeded', 'exceed_context_size_error', 'too_long']);
