/** Reads what the server tells of a GPU. */

import type { Gpu } from '../../../src/contracts/gpu.ts';
import { bytesText } from '../app/figures.ts';
import { percentText } from '../grid/cell-text.ts';

/** Shares are of the whole memory, 0 to 1; null where the driver does not tell. */
export interface GpuMemory {
  usedBytes: number;
  totalBytes: number;
  peak: number | null;
  warning: number | null;
}

/** null when the driver does not tell how much is used, or of how much. */
export function gpuMemory(gpu: Gpu): GpuMemory | null {
  const { memory_used_bytes: used, memory_total_bytes: total } = gpu;
  if (used === null || used === undefined || !total) return null;
  const share = (bytes: number | null) => (bytes === null ? null : Math.min(1, bytes / total));
  return {
    usedBytes: used,
    totalBytes: total,
    peak: share(gpu.memory_peak_bytes ?? null),
    warning: share(gpu.memory_warning_bytes ?? null),
  };
}

const since = { batch: 'while the batch ran', server: 'since the server started' } as const;

/** "11.2 GB of 16 GB of memory", "at most 13 GB since the server started", "84 % busy", "250 W": what is told of it. */
export function gpuTexts(gpu: Gpu): string[] {
  const { memory_used_bytes: used, memory_total_bytes: total, memory_peak_bytes: peak, utilisation, power_watts } = gpu;
  const given = (value: number | null | undefined): value is number => typeof value === 'number';
  return [
    given(used) && `${bytesText(used)}${given(total) ? ` of ${bytesText(total)}` : ''} of memory`,
    given(peak) && `at most ${bytesText(peak)} ${since[gpu.peak_of] ?? ''}`.trim(),
    given(utilisation) && `${percentText(utilisation)} busy`,
    given(power_watts) && `${Math.round(power_watts)} W`,
  ].filter((text) => text !== false);
}

/** "GPU 1: NVIDIA L4"; the number is left out where there is but one. */
export function gpuName({ name, index }: Gpu, alone: boolean): string {
  return alone ? name : `GPU ${index}: ${name}`;
}
