/** The GPU gauge: what each card uses now, its peaks since the start and while each batch ran, and whether it is nearly full. */

import type { Gpu } from '../../contracts/gpu.ts';
import type { Log } from '../../contracts/log.ts';
import { isNearlyFull } from './admission.ts';
import { remedyFor } from './ask-once.ts';
import { findTool, type Tool } from './find-tool.ts';
import type { Reading } from './reading.ts';
import { watchNvidia } from './watch-nvidia.ts';
import { watchRocm } from './watch-rocm.ts';

/** Units: ms; `warningShare` is a share of a card's memory. */
export interface GaugeOptions {
  nvidiaSmi: string | null;
  rocmSmi: string | null;
  sampleMs: number;
  /** A tool that tells nothing for this long is started anew, and its figures no longer count. */
  silentMs: number;
  restartMaxMs: number;
  warningShare: number;
  /** Ids of the batches that have requests in flight. */
  running(): string[];
  log: Log;
}

export interface GpuGauge {
  /** All cards, NVIDIA's first, with their peaks since the start. Empty where none is seen. */
  gpus(): Gpu[];
  /** The same with the peaks while a batch ran, where it is known: not for one that ran before this start. */
  gpusOf(batchId: string): Gpu[];
  /** Resolves when the tools have ended. */
  stop(): Promise<void>;
}

/** One card: its newest sample and when it came (performance.now()). */
interface Card {
  reading: Reading;
  at: number;
  peakBytes: number | null;
}

/** Batches whose peaks are remembered, the newest. */
const BATCHES_KEPT = 1000;

/** Starts the tools that there are. A tool that is absent, or a problem, is said once. */
export function startGauge(o: GaugeOptions): GpuGauge {
  const stopping = new AbortController();
  const cards = new Map<string, Card>();
  /** By batch, then card: bytes. */
  const peaks = new Map<string, Map<string, number>>();
  const heard = (readings: Reading[]) => {
    const running = o.running();
    for (const reading of readings) note(cards, reading);
    for (const batchId of running) {
      const ofBatch = peaks.get(batchId) ?? new Map<string, number>();
      for (const { usedBytes, ...card } of readings) {
        if (usedBytes !== null) ofBatch.set(keyOf(card), Math.max(usedBytes, ofBatch.get(keyOf(card)) ?? 0));
      }
      // Set anew, so that the oldest stands first.
      peaks.delete(batchId);
      peaks.set(batchId, ofBatch);
      if (peaks.size > BATCHES_KEPT) peaks.delete(peaks.keys().next().value!);
    }
  };
  const watching = Promise.all([
    watch('nvidia-smi', o, { heard, signal: stopping.signal }),
    watch('rocm-smi', o, { heard, signal: stopping.signal }),
  ]);
  const tell = (ofBatch: Map<string, number> | null): Gpu[] =>
    [...cards]
      .filter(([, card]) => performance.now() - card.at <= o.silentMs)
      .sort(([, a], [, b]) => b.reading.vendor.localeCompare(a.reading.vendor) || a.reading.index - b.reading.index)
      .map(([key, card]) => gpuOf(card, { warningShare: o.warningShare, batchPeak: ofBatch?.get(key) ?? null }));
  return {
    gpus: () => tell(null),
    gpusOf: (batchId) => tell(peaks.get(batchId) ?? null),
    async stop() {
      stopping.abort();
      await watching;
    },
  };
}

const keyOf = (card: Pick<Reading, 'vendor' | 'index' | 'uuid'>): string => `${card.vendor} ${card.index} ${card.uuid}`;

function note(cards: Map<string, Card>, reading: Reading): void {
  const before = cards.get(keyOf(reading))?.peakBytes ?? null;
  const { usedBytes } = reading;
  const peakBytes = usedBytes === null ? before : Math.max(usedBytes, before ?? 0);
  cards.set(keyOf(reading), { reading, at: performance.now(), peakBytes });
}

function gpuOf({ reading, peakBytes }: Card, o: { warningShare: number; batchPeak: number | null }): Gpu {
  const memory = { memory_used_bytes: reading.usedBytes, memory_total_bytes: reading.totalBytes };
  return {
    vendor: reading.vendor,
    index: reading.index,
    uuid: reading.uuid,
    name: reading.name,
    driver: reading.driver,
    ...memory,
    memory_warning_bytes: reading.totalBytes === null ? null : Math.round(reading.totalBytes * o.warningShare),
    memory_peak_bytes: o.batchPeak ?? peakBytes,
    peak_of: o.batchPeak === null ? 'server' : 'batch',
    utilisation: reading.utilisation,
    power_watts: reading.watts,
    warning: isNearlyFull(memory, o.warningShare),
  };
}

async function watch(
  tool: Tool,
  o: GaugeOptions,
  to: { heard(cards: Reading[]): void; signal: AbortSignal },
): Promise<void> {
  let path: string | null;
  try {
    path = await findTool(tool, tool === 'nvidia-smi' ? o.nvidiaSmi : o.rocmSmi);
  } catch (error) {
    o.log.warn({ tool, problem: (error as Error).message }, 'the memory of GPUs is not watched');
    return;
  }
  if (path === null) {
    o.log.info({ tool }, 'not on this machine: GPUs of its vendor are not watched');
    return;
  }
  const said = new Set<string>();
  const failed = (problem: string) => {
    const remedy = remedyFor(tool, path, problem);
    if (!said.has(problem)) o.log.warn({ tool, problem, remedy }, 'the memory of GPUs cannot be read; trying again');
    said.add(problem);
  };
  const { sampleMs, silentMs, restartMaxMs } = o;
  const options = { path, sampleMs, silentMs, restartMaxMs, heard: to.heard, failed };
  await (tool === 'nvidia-smi' ? watchNvidia : watchRocm)(options, to.signal);
}
