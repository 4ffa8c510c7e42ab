/** Finds among texts seen so far the nearest one to a text: MinHash signatures in bands, then the true similarity. */

import { mix, type Shingles, shinglesOf, similarity } from './shingles.ts';

/** The nearest text seen before, and the Jaccard similarity of their word shingles (0 to 1). */
export interface Near {
  id: string;
  similarity: number;
}

/** Texts are taken as they are, or as the shingles that {@link shinglesOf} made of them. */
export interface NearDuplicates {
  /** Takes `text` among those that are looked at, in any case. */
  add(id: string, text: string | Shingles): void;
  /** The text most like `text`, of the first added where several are alike; null when none reaches the threshold. */
  nearest(text: string | Shingles): Near | null;
  /** Takes `text` unless one seen before reaches the threshold: then gives that one. */
  addUnlessNear(id: string, text: string | Shingles): Near | null;
  readonly size: number;
}

/** Hash functions of a signature at most, and share of pairs right at the threshold that may go unseen. */
const MOST_HASHES = 128;
const MAY_MISS = 0.003;

/**
 * Texts to compare with one another, in memory: about 1.5 KB and 4 bytes a shingle (1,024 at most) each.
 *
 * `threshold` is the Jaccard similarity (0 to 1) from which two texts are near-duplicates; the same seed and texts give
 * the same answers. Signatures: Broder (1997); bands: Leskovec, Rajaraman, Ullman (2014), Mining of Massive Datasets, 3.4.
 *
 * @example
 * const seen = openNearDuplicates({ threshold: 0.8, seed: 1 });
 * seen.add('a', 'How many apples does Ann have?');
 * seen.nearest('how many apples does Ann have'); // { id: 'a', similarity: 1 }
 */
export function openNearDuplicates(options: { threshold: number; seed: number }): NearDuplicates {
  const { threshold, seed } = options;
  const { bands, rows } = bandsFor(threshold);
  const seeds = Uint32Array.from({ length: bands * rows }, (_, at) => mix(mix(seed) + Math.imul(at + 1, 0x9e3779b9)));
  const buckets = Array.from({ length: bands }, () => new Map<number, number[]>());
  const ids: string[] = [];
  const texts: Shingles[] = [];

  const look = (shingles: Shingles, keys: Uint32Array): Near | null => {
    const looked = new Set<number>();
    let best: { at: number; similarity: number } | null = null;
    for (let band = 0; band < bands; band++) {
      for (const at of buckets[band]!.get(keys[band]!) ?? []) {
        if (looked.has(at)) continue;
        looked.add(at);
        const alike = similarity(shingles, texts[at]!, threshold);
        if (alike < threshold || (best && (alike < best.similarity || (alike === best.similarity && at > best.at)))) {
          continue;
        }
        best = { at, similarity: alike };
      }
      // All texts equal to this one share every band, so the first of them was among those looked at.
      if (best?.similarity === 1) break;
    }
    return best && { id: ids[best.at]!, similarity: best.similarity };
  };
  const keep = (id: string, shingles: Shingles, keys: Uint32Array) => {
    const at = ids.push(id) - 1;
    texts.push(shingles);
    for (const [band, key] of keys.entries()) {
      const bucket = buckets[band]!.get(key);
      if (bucket === undefined) buckets[band]!.set(key, [at]);
      else bucket.push(at);
    }
  };
  const read = (text: string | Shingles) => {
    const shingles = typeof text === 'string' ? shinglesOf(text) : text;
    return { shingles, keys: bandKeys(shingles, { seeds, bands, rows }) };
  };
  return {
    add(id, text) {
      const { shingles, keys } = read(text);
      keep(id, shingles, keys);
    },
    nearest(text) {
      const { shingles, keys } = read(text);
      return look(shingles, keys);
    },
    addUnlessNear(id, text) {
      const { shingles, keys } = read(text);
      const near = look(shingles, keys);
      if (near === null) keep(id, shingles, keys);
      return near;
    },
    get size() {
      return ids.length;
    },
  };
}

/**
 * Bands of as many rows as still show nearly every pair at the threshold: a pair of similarity s shares one of b bands
 * of r rows with probability 1 - (1 - s^r)^b. More rows mean fewer pairs that are looked at for nothing.
 */
export function bandsFor(threshold: number): { bands: number; rows: number } {
  for (let rows = MOST_HASHES; rows > 1; rows--) {
    const bands = Math.floor(MOST_HASHES / rows);
    if ((1 - threshold ** rows) ** bands <= MAY_MISS) return { bands, rows };
  }
  return { bands: MOST_HASHES, rows: 1 };
}

/** One key a band: a hash of the smallest values that the band's hash functions give to the shingles. */
function bandKeys(shingles: Shingles, by: { seeds: Uint32Array; bands: number; rows: number }): Uint32Array {
  const keys = new Uint32Array(by.bands);
  for (let band = 0; band < by.bands; band++) {
    let key = band;
    for (let row = 0; row < by.rows; row++) {
      const seed = by.seeds[band * by.rows + row]!;
      let least = 0xffffffff;
      for (let at = 0; at < shingles.length; at++) {
        const value = mix(shingles[at]! ^ seed);
        if (value < least) least = value;
      }
      key = mix(Math.imul(key, 0x01000193) ^ least);
    }
    keys[band] = key;
  }
  return keys;
}
