/** Keeps the last figures of a user and query, in bounded memory, until something of their dataset has changed. */

import type { Database } from '../db/database.ts';
import { marksOfDataset } from './marks.ts';

/** Figures computed, or being computed, while the dataset had these marks. */
interface Kept {
  marks: string;
  figures: Promise<unknown>;
  /** About what they take; 0 until they are there. */
  bytes: number;
}

export interface FigureAsk<T> {
  userId: string;
  datasetId: string;
  /** What is asked for, with all that it depends on beside the dataset. */
  query: object;
  compute(): Promise<T>;
}

/** A character of a JSON text, and an entry, in bytes. */
const charBytes = 2;
const entryBytes = 500;

/**
 * Gives a function that computes figures, or gives those it has kept. Marks are read before the figures are computed, and
 * a change is committed together with its mark: what changes during the computing makes the next call compute anew, so
 * kept figures are never older than the call. Those asked for longest ago go when all take more than `maxBytes`.
 */
export function keepFigures({ db, maxBytes }: { db: Database; maxBytes: number }) {
  // In the order in which they were last asked for.
  const kept = new Map<string, Kept>();
  let total = 0;
  const drop = (key: string, one: Kept) => {
    if (kept.get(key) !== one) return;
    kept.delete(key);
    total -= one.bytes;
  };
  const weigh = (key: string, one: Kept, figures: unknown) => {
    if (kept.get(key) !== one) return;
    one.bytes = (key.length + JSON.stringify(figures).length) * charBytes + entryBytes;
    total += one.bytes;
    for (const [oldest, other] of kept) {
      if (total <= maxBytes) return;
      drop(oldest, other);
    }
  };
  return async <T>({ userId, datasetId, query, compute }: FigureAsk<T>): Promise<T> => {
    const marks = await db.asUser(userId, (q) => marksOfDataset(q, userId, datasetId));
    // Whatever is wrong with the dataset, the computing says.
    if (marks === null) return compute();
    const key = JSON.stringify([userId, datasetId, query]);
    const known = kept.get(key);
    if (known !== undefined && known.marks === JSON.stringify(marks)) {
      kept.delete(key);
      kept.set(key, known);
      return known.figures as Promise<T>;
    }
    if (known !== undefined) drop(key, known);
    const one: Kept = { marks: JSON.stringify(marks), figures: compute(), bytes: 0 };
    kept.set(key, one);
    one.figures.then(
      (figures) => weigh(key, one, figures),
      () => drop(key, one),
    );
    return one.figures as Promise<T>;
  };
}
