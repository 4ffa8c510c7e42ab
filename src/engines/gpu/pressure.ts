/** Lowers what a model may have in flight while its requests fill the memory of a card; what was there before them does not count. */

import { admissionShare, type Memory } from './admission.ts';

/** Growth below this is a program's own coming and going, not the work of a model, in bytes. */
const NOTHING_BYTES = 64 * 1024 * 1024;
/** The share rises by this much a second at most, so that it does not swing with every sample. */
const RISE_PER_SECOND = 0.1;

/** A card as it is read here; `name` and `index` tell it from others. */
export type Card = Memory & { index: number; name: string };

/**
 * A function that gives the share of its usual requests in flight that a run may have now, 0.1 to 1. Engines that set all their
 * memory aside when they start fill a card for good, and fewer requests would not change that: only cards whose use has
 * grown since the run's first sample count.
 */
export function openPressure(options: { gpus(): readonly Card[]; warningShare: number; now?(): number }): () => number {
  const now = options.now ?? (() => performance.now());
  const first = new Map<string, number>();
  let share = 1;
  let at = now();
  return () => {
    const grown = options.gpus().filter((card) => {
      if (card.memory_used_bytes === null) return false;
      const key = `${card.name} ${card.index}`;
      const before = Math.min(first.get(key) ?? Number.POSITIVE_INFINITY, card.memory_used_bytes);
      first.set(key, before);
      return card.memory_used_bytes - before >= NOTHING_BYTES;
    });
    const wanted = admissionShare(grown, options.warningShare);
    const seconds = (now() - at) / 1000;
    at = now();
    share = Math.min(wanted, share + seconds * RISE_PER_SECOND);
    return share;
  };
}
