/** The roster of workers: each writes into the database what it does, and every server reads it there. */

import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import type { Database } from '../db/database.ts';
import type { WorkerReport } from './worker-report.ts';

/** A worker as the roster has it. `seenSecondsAgo` is by the database's clock. */
export interface RosterEntry {
  workerId: string;
  host: string;
  pid: number;
  version: string;
  startedAt: Date;
  seenSecondsAgo: number;
  report: WorkerReport;
}

/** A worker of another version, or one that has told nothing yet, may leave parts out. */
const idle: WorkerReport = { batches: {}, models: {}, modelIds: {}, storage: null };

/** Rows of workers that were not seen for this long are removed when another one enters. */
const forgottenAfter = '1 day';

/**
 * Enters this process under `wanted`, or under a new name where a worker of that name on another machine was seen within
 * `aliveSeconds`: a copied data folder must not make two workers take each other's chunks back. Gives the name.
 */
export async function enterRoster(
  db: Database,
  wanted: string,
  by: { version: string; aliveSeconds: number },
): Promise<string> {
  return db.asSystem(async (q) => {
    await q.query(`delete from workers where seen_at < now() - interval '${forgottenAfter}'`);
    for (let name = wanted; ; name = `worker-${randomUUID()}`) {
      const { rowCount } = await q.query(
        `insert into workers as w (worker_id, host, pid, version) values ($1, $2, $3, $4)
         on conflict (worker_id) do update
           set host = $2, pid = $3, version = $4, started_at = now(), seen_at = now(), report = '{}'
           where w.host = $2 or w.seen_at < now() - make_interval(secs => $5)`,
        [name, hostname(), process.pid, by.version, by.aliveSeconds],
      );
      if (rowCount === 1) return name;
    }
  });
}

/** Writes what the worker does, by which it is seen; `seen_at` is the database's clock. */
export async function tellRoster(
  db: Database,
  worker: { workerId: string; version: string; report: WorkerReport },
): Promise<void> {
  await db.runAsSystem({
    name: 'tell-roster',
    text: `insert into workers (worker_id, host, pid, version, report) values ($1, $2, $3, $4, $5)
           on conflict (worker_id) do update set seen_at = now(), host = $2, pid = $3, version = $4, report = $5`,
    values: [worker.workerId, hostname(), process.pid, worker.version, JSON.stringify(worker.report)],
  });
}

/** Takes the worker out, after which nobody counts on it. */
export async function leaveRoster(db: Database, workerId: string): Promise<void> {
  await db.asSystem((q) => q.query('delete from workers where worker_id = $1', [workerId]));
}

/** The workers seen within `aliveSeconds`, those that started first before the others. */
export async function readRoster(db: Database, aliveSeconds: number): Promise<RosterEntry[]> {
  const rows = await db.look<Omit<RosterEntry, 'report'> & { report: Partial<WorkerReport> }>(
    `select worker_id as "workerId", host, pid, version, started_at as "startedAt", report,
       extract(epoch from now() - seen_at)::real as "seenSecondsAgo"
     from workers where seen_at > now() - make_interval(secs => ${aliveSeconds}) order by started_at, worker_id`,
  );
  return rows.map((row) => ({ ...row, report: { ...idle, ...row.report } }));
}
