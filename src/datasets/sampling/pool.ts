/** Keeps the rows of a stratum with the smallest seeded hashes: a random sample that the order of the rows does not change. */

import { hash } from 'node:crypto';
import { type Shingles, shinglesOf } from './shingles.ts';

/** A row that may be drawn. `key` orders the rows of a stratum; of rows with the same text `copies` were seen. */
export interface Candidate {
  number: number;
  length: number;
  key: number;
  /** Orders rows of one key. */
  tie: number;
  copies: number;
  shingles: Shingles | null;
}

/** What gives a row its place: with `distinct`, rows with the same text count as one; with `shingles` those are kept. */
export interface PoolOptions {
  seed: number;
  distinct: boolean;
  shingles: boolean;
}

export interface Pool {
  see(row: { number: number; id: string | null; text: string }): void;
  /** In the order in which they are drawn. */
  candidates(): Candidate[];
  /** Whether rows were left out: more than `size` different ones were seen. */
  readonly overflowed: boolean;
}

/** Bytes of a hash that make a key: as many as a number holds exactly. */
const KEY_BYTES = 6;

/** A pool of the `size` smallest; a heap with the largest of them on top. */
export function openPool(size: number, options: PoolOptions): Pool {
  const heap: Candidate[] = [];
  const byKey = new Map<number, Candidate>();
  let overflowed = false;
  const keep = (candidate: Candidate) => {
    if (heap.length < size) rise(heap, candidate);
    else byKey.delete(sink(heap, candidate).key);
    if (options.distinct) byKey.set(candidate.key, candidate);
  };
  return {
    see({ number, id, text }) {
      const key = keyOf(
        options.distinct ? `${options.seed}\n${text}` : `${options.seed}\n${JSON.stringify(id)}\n${text}`,
      );
      const same = options.distinct ? byKey.get(key) : undefined;
      const full = heap.length >= size;
      if (same === undefined && full && (size === 0 || key > heap[0]!.key)) {
        overflowed = true;
        return;
      }
      const tie = id === null ? 0 : keyOf(`${options.seed}\n${id}`);
      if (same !== undefined) {
        same.copies += 1;
        if (tie < same.tie || (tie === same.tie && number < same.number)) {
          Object.assign(same, { tie, number, length: text.length });
        }
        return;
      }
      const candidate = { number, length: text.length, key, tie, copies: 1, shingles: null };
      if (full) {
        overflowed = true;
        if (!before(candidate, heap[0]!)) return;
      }
      keep(options.shingles ? { ...candidate, shingles: shinglesOf(text) } : candidate);
    },
    candidates: () => heap.toSorted((a, b) => (before(a, b) ? -1 : 1)),
    get overflowed() {
      return overflowed;
    },
  };
}

const keyOf = (text: string): number => hash('sha256', text, 'buffer').readUIntBE(0, KEY_BYTES);

const before = (a: Candidate, b: Candidate): boolean =>
  a.key !== b.key ? a.key < b.key : a.tie !== b.tie ? a.tie < b.tie : a.number < b.number;

function rise(heap: Candidate[], candidate: Candidate): void {
  let at = heap.push(candidate) - 1;
  while (at > 0) {
    const parent = (at - 1) >> 1;
    if (before(candidate, heap[parent]!)) break;
    heap[at] = heap[parent]!;
    at = parent;
  }
  heap[at] = candidate;
}

/** Puts `candidate` in the place of the largest, which it gives back. */
function sink(heap: Candidate[], candidate: Candidate): Candidate {
  const top = heap[0]!;
  let at = 0;
  for (;;) {
    let child = 2 * at + 1;
    if (child >= heap.length) break;
    if (child + 1 < heap.length && before(heap[child]!, heap[child + 1]!)) child += 1;
    if (before(heap[child]!, candidate)) break;
    heap[at] = heap[child]!;
    at = child;
  }
  heap[at] = candidate;
  return top;
}
