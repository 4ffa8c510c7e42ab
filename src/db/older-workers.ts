/** Keeps a breaking migration from being applied under workers that do not know of it. */

import { setTimeout as sleep } from 'node:timers/promises';
import type { Client } from 'pg';
import { AssayError } from '../errors.ts';

export interface WorkerWatch {
  /** How long a worker that was heard of may still be there. */
  aliveSeconds: number;
  /** Longest wait in ms; absent: until one that was killed a moment ago counts as gone, and a little longer. */
  waitMs?: number;
  /** Told once when workers are waited for. */
  waiting(reason: string): void;
}

const lookMs = 250;
const beyondMs = 3000;

/**
 * Resolves when no worker is heard of any more. Whoever is in the roster now lacks `migration`: a worker of this version
 * enters it only after the last migration. One that was killed is silent, and gone after `aliveSeconds`.
 * @throws AssayError workers_older that names those which are still heard of at the end of the wait.
 */
export async function awaitOlderWorkers(client: Client, migration: string, watch: WorkerWatch): Promise<void> {
  const late = Date.now() + (watch.waitMs ?? watch.aliveSeconds * 1000 + beyondMs);
  for (let told = false; ; await sleep(lookMs)) {
    const workers = await workersHeard(client, watch.aliveSeconds);
    if (workers.length === 0) return;
    if (Date.now() > late) throw new AssayError('workers_older', { name: migration, workers: workers.join('; ') });
    if (!told)
      watch.waiting(`migration ${migration} waits for the end of workers that do not know it: ${workers.join('; ')}`);
    told = true;
  }
}

/** The roster is read as assay_system, since row level security hides it from the tables' own owner. */
async function workersHeard(client: Client, aliveSeconds: number): Promise<string[]> {
  const there = await client.query<{ there: boolean }>("select to_regclass('workers') is not null as there");
  if (!there.rows[0]!.there) return [];
  await client.query('begin');
  try {
    await client.query('set local role assay_system');
    const { rows } = await client.query<{ worker: string }>(
      `select worker_id || ' (version ' || version || ', process ' || pid || ' on ' || host || ')' as worker from workers
       where seen_at > now() - make_interval(secs => $1) order by started_at, worker_id`,
      [aliveSeconds],
    );
    return rows.map((row) => row.worker);
  } finally {
    await client.query('rollback');
  }
}
