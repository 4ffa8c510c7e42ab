/** What all workers do together, as one server sees it: its own worker over the pipe, the others through the roster. */

import type { Log } from '../contracts/log.ts';
import type { WorkerObject } from '../contracts/workers.ts';
import type { Database } from '../db/database.ts';
import { rowsInFlight } from './prometheus.ts';
import { type RosterEntry, readRoster } from './roster.ts';
import type { WorkerProcess } from './worker-process.ts';
import type { WorkerReport } from './worker-report.ts';

export interface RosterView {
  /** The sum of all workers' reports; null while there is no worker. */
  report(): WorkerReport | null;
  /** Whether any worker is up. */
  alive(): boolean;
  /** The workers at the last look. */
  workers(): RosterEntry[];
  stop(): Promise<void>;
}

export interface RosterViewOptions {
  db: Database;
  /** The server's own worker with its name in the roster; null for a server without one. */
  own: { worker: WorkerProcess; workerId: string } | null;
  everyMs: number;
  /** A worker that was silent for so long (s) counts as gone. */
  aliveSeconds: number;
  log: Log;
}

/** Looks into the roster every `everyMs`; while the database does not answer the last look counts. */
export function watchRoster(options: RosterViewOptions): RosterView {
  const { own } = options;
  let seen: RosterEntry[] = [];
  let looking: Promise<void> | null = null;
  const look = async () => {
    seen = await readRoster(options.db, options.aliveSeconds);
  };
  const turn = () => {
    looking ??= look()
      .catch((error: Error) => options.log.debug({ problem: error.message }, 'the roster of workers cannot be read'))
      .finally(() => (looking = null));
  };
  turn();
  const timer = setInterval(turn, options.everyMs);
  const others = () => seen.filter((entry) => entry.workerId !== own?.workerId);
  return {
    report() {
      const reports = others().map((entry) => entry.report);
      const mine = own?.worker.report() ?? null;
      if (mine !== null) reports.unshift(mine);
      return reports.length === 0 ? null : addReports(reports);
    },
    alive: () => own?.worker.alive() === true || others().length > 0,
    workers: () => seen,
    async stop() {
      clearInterval(timer);
      await looking;
    },
  };
}

/**
 * Rates and rows in flight add up. A model waits when none of the workers that have work for it runs it; nothing can be
 * committed when no worker can.
 */
export function addReports(reports: WorkerReport[]): WorkerReport {
  const batches: WorkerReport['batches'] = {};
  const models: WorkerReport['models'] = {};
  const modelIds = Object.assign({}, ...reports.map((report) => report.modelIds)) as WorkerReport['modelIds'];
  for (const report of reports) {
    for (const [id, more] of Object.entries(report.batches)) {
      const sum = batches[id];
      batches[id] = {
        in_flight: (sum?.in_flight ?? 0) + more.in_flight,
        rows_per_s: (sum?.rows_per_s ?? 0) + more.rows_per_s,
        prompt_tokens_per_s: (sum?.prompt_tokens_per_s ?? 0) + more.prompt_tokens_per_s,
        completion_tokens_per_s: (sum?.completion_tokens_per_s ?? 0) + more.completion_tokens_per_s,
      };
    }
    for (const [queue, reason] of Object.entries(report.models)) {
      if (!(queue in models) || reason === null) models[queue] = reason;
    }
  }
  const storage = reports.every((report) => report.storage !== null) ? (reports[0]?.storage ?? null) : null;
  return { batches, models, modelIds, storage };
}

/** A worker as users of the HTTP surface are told of it. A model of a version that names none goes by its queue. */
export function workerObject(entry: RosterEntry): WorkerObject {
  const { batches, models, modelIds, storage } = entry.report;
  const sum = (rate: 'rows_per_s' | 'prompt_tokens_per_s' | 'completion_tokens_per_s') =>
    Object.values(batches).reduce((total, batch) => total + batch[rate], 0);
  // Several users may have a model of one id.
  const waits = new Map<string, string | null>();
  for (const [queue, waiting] of Object.entries(models)) {
    const id = modelIds[queue] ?? queue;
    if (waiting === null || !waits.has(id)) waits.set(id, waiting);
  }
  return {
    id: entry.workerId,
    host: entry.host,
    pid: entry.pid,
    version: entry.version,
    started_at: Math.floor(entry.startedAt.getTime() / 1000),
    seen_seconds_ago: entry.seenSecondsAgo,
    models: [...waits].map(([id, waiting]) => ({ id, waiting })),
    requests_in_flight: rowsInFlight(entry),
    rows_per_s: sum('rows_per_s'),
    prompt_tokens_per_s: sum('prompt_tokens_per_s'),
    completion_tokens_per_s: sum('completion_tokens_per_s'),
    waiting: storage,
  };
}
