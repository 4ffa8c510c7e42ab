/** The short field of a run's progress that says how full the GPU is. */

import type { Gpu } from '../contracts/gpu.ts';

/** Memory as cards are sold by it, in units of 1024^3 bytes: 11.2, 16. */
export const gibibytes = (bytes: number): string => (bytes / 1024 ** 3).toFixed(1).replace(/\.0$/, '');

/** "gpu 11.2/16 GB" of the fullest card, with its peak once a batch has `ended`; "" where no card tells its memory. */
export function gpuField(gpus: readonly Gpu[], ended: boolean): string {
  const cards = gpus.flatMap(({ memory_used_bytes, memory_peak_bytes, memory_total_bytes: total, warning }) => {
    const used = ended ? memory_peak_bytes : memory_used_bytes;
    return used === null || !total ? [] : [{ used, total, warning }];
  });
  const fullest = cards.sort((a, b) => b.used / b.total - a.used / a.total)[0];
  if (fullest === undefined) return '';
  const of = cards.length > 1 ? ` (fullest of ${cards.length})` : '';
  const full = fullest.warning && !ended ? ', nearly full' : '';
  return `gpu ${ended ? 'peak ' : ''}${gibibytes(fullest.used)}/${gibibytes(fullest.total)} GB${of}${full}`;
}
