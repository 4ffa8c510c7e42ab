/** How much work is let in while the memory of a card runs out. */

import type { Gpu } from '../../contracts/gpu.ts';

/** What is read of a card here. */
export type Memory = Pick<Gpu, 'memory_used_bytes' | 'memory_total_bytes'>;

/** The memory set aside for a processor's own graphics is smaller, runs no model, and is always full. */
const SMALLEST_CARD_BYTES = 1024 ** 3;
/** What is let in at a card that is full: never nothing, since only rows that end free memory. */
export const ADMISSION_FLOOR = 0.1;

/** Share of a card's memory in use; null where it is not told, and for what is no card for models. */
function filled({ memory_used_bytes: used, memory_total_bytes: total }: Memory): number | null {
  return used === null || total === null || total < SMALLEST_CARD_BYTES ? null : Math.min(1, used / total);
}

/** Whether a card is filled up to `warningShare` (of 1). */
export function isNearlyFull(card: Memory, warningShare: number): boolean {
  const share = filled(card);
  return share !== null && share >= warningShare;
}

/**
 * The share of its usual requests in flight that a model may have, by the fullest card: 1 up to `warningShare` of its
 * memory, from there evenly down to {@link ADMISSION_FLOOR} at a full card. 1 where no card is seen. It jumps with every
 * sample; the caller lowers at once and raises slowly.
 */
export function admissionShare(gpus: readonly Memory[], warningShare: number): number {
  const fullest = Math.max(0, ...gpus.map((card) => filled(card) ?? 0));
  if (fullest <= warningShare || warningShare >= 1) return 1;
  return 1 - (1 - ADMISSION_FLOOR) * ((fullest - warningShare) / (1 - warningShare));
}
