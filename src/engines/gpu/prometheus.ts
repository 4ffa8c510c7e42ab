/** The figures of the cards for Prometheus, as the gauge last read them. */

import { Gauge, type Registry } from 'prom-client';
import type { Gpu } from '../../contracts/gpu.ts';

const figures: [name: string, help: string, value: (gpu: Gpu) => number | null][] = [
  ['assay_gpu_memory_used_bytes', 'Memory of a GPU in use.', (gpu) => gpu.memory_used_bytes],
  ['assay_gpu_memory_total_bytes', 'Memory of a GPU.', (gpu) => gpu.memory_total_bytes],
  [
    'assay_gpu_memory_warning_bytes',
    'Memory in use from which on fewer requests are let in.',
    (gpu) => gpu.memory_warning_bytes,
  ],
  [
    'assay_gpu_memory_peak_bytes',
    'Most memory of a GPU in use at a sample since the start.',
    (gpu) => gpu.memory_peak_bytes,
  ],
  ['assay_gpu_utilisation', 'Share of the time a GPU computes, 0 to 1.', (gpu) => gpu.utilisation],
  ['assay_gpu_power_watts', 'Power a GPU draws.', (gpu) => gpu.power_watts],
];

/** Registers `assay_gpu_…`, labelled by vendor, number and name; figures that are not told are left out. */
export function registerGpuMetrics(registry: Registry, gpus: () => Gpu[]): void {
  for (const [name, help, value] of figures) {
    new Gauge({
      name,
      help,
      labelNames: ['vendor', 'gpu', 'name'],
      registers: [registry],
      collect() {
        this.reset();
        for (const gpu of gpus()) {
          const found = value(gpu);
          if (found !== null) this.set({ vendor: gpu.vendor, gpu: String(gpu.index), name: gpu.name }, found);
        }
      },
    });
  }
}
