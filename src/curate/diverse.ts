/** Chooses texts that are unlike each other: greedy farthest points by the Jaccard distance of their word pairs. */

/** Words in pairs, as sorted hashes without repeats. */
export type Shingles = Int32Array;

/** Characters of a text that its shingles are made of. */
const readChars = 4000;

/** The shingles of the beginning of `text`; case and punctuation do not count. */
export function shinglesOf(text: string): Shingles {
  const words =
    text
      .slice(0, readChars)
      .normalize('NFKC')
      .toLowerCase()
      .match(/[\p{L}\p{N}]+/gu) ?? [];
  const hashes = new Set<number>();
  for (const [place, word] of words.entries()) hashes.add(hashOf(place === 0 ? word : `${words[place - 1]} ${word}`));
  return Int32Array.from(hashes).sort();
}

/** FNV-1a over UTF-16 units. */
function hashOf(text: string): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < text.length; at++) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  return hash | 0;
}

/** 0 for the same shingles, 1 for none in common. */
export function distance(a: Shingles, b: Shingles): number {
  let both = 0;
  for (let i = 0, j = 0; i < a.length && j < b.length; ) {
    if (a[i]! === b[j]!) {
      both += 1;
      i += 1;
      j += 1;
    } else if (a[i]! < b[j]!) i += 1;
    else j += 1;
  }
  const either = a.length + b.length - both;
  return either === 0 ? 0 : 1 - both / either;
}

/**
 * Up to `count` places in `candidates`: the first one, then always the one farthest from all chosen, the earlier one of
 * two that are as far. Those of a lower `rank` are taken first. A text that repeats a chosen one is never taken.
 */
export function chooseDiverse(candidates: { rank: number; shingles: Shingles }[], count: number): number[] {
  const chosen: number[] = [];
  const nearest = candidates.map(() => 1);
  while (chosen.length < count) {
    let best = -1;
    for (const [place, { rank }] of candidates.entries()) {
      if (nearest[place]! <= 0) continue;
      const lead = best === -1 ? -1 : rank - candidates[best]!.rank;
      if (lead < 0 || (lead === 0 && nearest[place]! > nearest[best]!)) best = place;
    }
    if (best === -1) break;
    chosen.push(best);
    const { shingles } = candidates[best]!;
    for (const [place, other] of candidates.entries()) {
      nearest[place] = place === best ? 0 : Math.min(nearest[place]!, distance(shingles, other.shingles));
    }
  }
  return chosen;
}
