/** Turns a text into the set of its word shingles, as sorted hashes, and compares two such sets. */

/** Sorted, distinct 32-bit hashes of shingles. A longer text has its smallest `SKETCH` hashes only. */
export type Shingles = Uint32Array;

/**
 * Shingles kept of a text, in whole up to here. Of a longer text the smallest hashes are a fair sample of its set
 * (Broder 1997, On the resemblance and containment of documents): similarity is then right within about 0.03.
 */
const SKETCH = 1024;
/** Words in a shingle, and in one of a text too short to have many of those. */
const USUAL_WORDS = 3;
const FEW_WORDS = 2;
const SHORT_TEXT_WORDS = 8;
/** Stands before and after a short text, so that one word makes shingles too. */
const EDGE = 0x1f123bb5;

/**
 * Words; single characters in scripts that put no space between words; and the signs that tell one sum from another.
 * Other punctuation, like case and spaces, makes no difference.
 */
const TOKEN =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}]|[[\p{L}\p{M}\p{N}_]--[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}]]+|[\p{Sm}\-*\/%^]/gv;

/** The shingles of `text`: of three words, of two in a text of under eight. A text without any word is one of its own. */
export function shinglesOf(text: string): Shingles {
  const words = wordHashes(text);
  const short = words.length < SHORT_TEXT_WORDS;
  const tokens = short ? [EDGE, ...words, EDGE] : words;
  const size = short ? FEW_WORDS : USUAL_WORDS;
  const hashes = new Uint32Array(tokens.length - size + 1);
  for (let at = 0; at < hashes.length; at++) {
    let hash = size;
    for (let next = at; next < at + size; next++) hash = Math.imul(hash, 0x01000193) ^ mix(tokens[next]!);
    hashes[at] = mix(hash);
  }
  return distinct(hashes.sort());
}

/**
 * Jaccard similarity of two sets of shingles, from 0 to 1; 0 as soon as it is sure to lie under `atLeast`. Between texts
 * longer than the sketch it is the estimate by the smallest hashes of the union.
 */
export function similarity(a: Shingles, b: Shingles, atLeast = 0): number {
  const whole = a.length < SKETCH && b.length < SKETCH;
  if (whole && Math.min(a.length, b.length) < atLeast * Math.max(a.length, b.length) - 1e-9) return 0;
  const limit = whole ? a.length + b.length : SKETCH;
  // With s shared of a + b, similarity is s / (a + b - s): so many may stand in one set only.
  const mayDiffer = whole ? ((1 - atLeast) / (1 + atLeast)) * (a.length + b.length) : (1 - atLeast) * SKETCH;
  let [i, j, shared, alone] = [0, 0, 0, 0];
  while (i < a.length && j < b.length && shared + alone < limit) {
    const [x, y] = [a[i]!, b[j]!];
    if (x === y) shared += 1;
    else if (++alone > mayDiffer + 1e-9) return 0;
    if (x <= y) i += 1;
    if (y <= x) j += 1;
  }
  const left = Math.min(limit - shared - alone, a.length - i + b.length - j);
  return shared / (shared + alone + left);
}

/** Hash of 32 bits to another in which each bit depends on all: the finaliser of Austin Appleby's MurmurHash3. */
export function mix(value: number): number {
  let hash = value | 0;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}

function wordHashes(text: string): number[] {
  const plain = text.normalize('NFC').toLowerCase();
  const hashes: number[] = [];
  for (const [word] of plain.matchAll(TOKEN)) hashes.push(hashOf(word));
  return hashes.length > 0 ? hashes : [hashOf(plain.trim())];
}

/** FNV-1a of the UTF-16 units. */
function hashOf(word: string): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < word.length; at++) hash = Math.imul(hash ^ word.charCodeAt(at), 0x01000193);
  return hash;
}

function distinct(sorted: Uint32Array): Shingles {
  let kept = 0;
  for (let at = 0; at < sorted.length && kept < SKETCH; at++) {
    if (at === 0 || sorted[at] !== sorted[at - 1]) sorted[kept++] = sorted[at]!;
  }
  return sorted.slice(0, kept);
}
