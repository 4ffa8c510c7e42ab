/** Reads what the server tells of a GPU. */

import type { Gpu } from '../api/live-inbox.ts';

export interface GpuMemory {
  usedBytes: number;
  totalBytes: number;
}

/** Of `memory_used_bytes` and `memory_total_bytes`; null when one is not told. */
export function gpuMemory(gpu: Gpu): GpuMemory | null {
  const [used, total] = [gpu.memory_used_bytes, gpu.memory_total_bytes];
  return typeof used === 'number' && typeof total === 'number' && total > 0
    ? { usedBytes: used, totalBytes: total }
    : null;
}

export function gpuName(gpu: Gpu, place: number): string {
  return typeof gpu.name === 'string' ? gpu.name : `GPU ${place}`;
}

/** Share of the time it computes, 0 to 1; null when it is not told. */
export function gpuBusy(gpu: Gpu): number | null {
  return typeof gpu.utilization === 'number' ? gpu.utilization : null;
}
