/** The figures of the workers for Prometheus. */

import { Gauge, type Registry } from 'prom-client';
import type { RosterEntry } from './roster.ts';

/** Registers `assay_workers` and `assay_worker_requests_in_flight`; `workers` gives those seen of late. */
export function registerRosterMetrics(registry: Registry, workers: () => RosterEntry[]): void {
  const registers = [registry];
  new Gauge({
    name: 'assay_workers',
    help: 'Workers that were seen within heartbeat_seconds, by version.',
    labelNames: ['version'],
    registers,
    collect() {
      this.reset();
      for (const { version } of workers()) this.inc({ version });
    },
  });
  new Gauge({
    name: 'assay_worker_requests_in_flight',
    help: 'Requests that the engines of a worker work on now.',
    labelNames: ['worker', 'host'],
    registers,
    collect() {
      this.reset();
      for (const entry of workers()) this.set({ worker: entry.workerId, host: entry.host }, rowsInFlight(entry));
    },
  });
}

/** Rows in flight of all batches of a worker. */
export const rowsInFlight = (entry: RosterEntry): number =>
  Object.values(entry.report.batches).reduce((sum, batch) => sum + batch.in_flight, 0);
