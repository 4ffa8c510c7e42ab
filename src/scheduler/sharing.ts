/** At the tail of the work: workers that have room and no rows say so, and those that hold rows not begun hand some over. */

import { type Asking, handOver, type SharingDeps } from './hand-over.ts';
import type { ModelRun, ModelRunDeps } from './run-state.ts';

export type Sharing = ModelRunDeps['sharing'] & {
  /** Looks, now and then, who has room, and hands rows over to those who have had it for long. */
  look(runs: Map<string, ModelRun>): Promise<void>;
};

/** A worker that asked longer ago is not there any more, or has found something. An interval of SQL. */
const freshFor = `interval '3 s'`;
/** What was handed over is with the one that asked after so long, or is asked for anew. */
const givenFor = `interval '2 s'`;
/** Between two looks, and between two writes of one that asks (the latter as an interval of SQL). */
const lookMs = 1000;
const askEvery = `interval '1 s'`;

export function openSharing(deps: SharingDeps): Sharing {
  const idle = new Set<string>();
  let looked = 0;
  let forgotten = false;
  const note = (queue: string, others: boolean) => void (others ? idle.add(queue) : idle.delete(queue));
  return {
    async ask(run) {
      const rows = Math.floor(run.gate.limit()) - run.inFlight;
      if (rows < 1 || run.ready.length > 0 || run.suspects.length > 0 || run.crowded || run.learning) return;
      const others = await ask(deps, { queue: run.queueName, rows });
      note(run.queueName, others);
      if (forgotten) return;
      forgotten = true;
      await deps.db.asSystem((q) => q.query(`delete from idle_workers where asked_at < now() - interval '1 day'`));
    },
    othersIdle: (queue) => idle.has(queue),
    async look(runs) {
      const busy = [...runs.values()].filter((run) => run.ready.length > 0 || run.inFlight > 0);
      if (busy.length === 0 || performance.now() - looked < Math.min(lookMs, deps.shareMs)) return;
      looked = performance.now();
      const asking = await whoAsks(deps, [...runs.keys()]);
      const queues = new Set(asking.map((one) => one.queue));
      for (const queue of runs.keys()) note(queue, queues.has(queue));
      for (const run of busy) {
        const long = asking.filter((one) => one.queue === run.queueName && one.long);
        if (long.length > 0) await handOver(run, long, deps);
      }
    },
  };
}

/**
 * Nothing is written while nobody else holds rows of the queue, as where there is one worker. Gives whether others ask too.
 * What a worker was given counts as arrived for a while, in which nobody gives it more.
 */
async function ask({ db, workerId }: SharingDeps, room: { queue: string; rows: number }): Promise<boolean> {
  const { rows } = await db.runAsSystem<{ others: boolean }>({
    name: 'ask-for-rows',
    text: `with asked as (
             insert into idle_workers as w (queue, worker_id, rows)
             select $1, $2, $3 where exists (
               select from chunks where queue = $1 and state = 'open' and worker_id <> $2)
             on conflict (queue, worker_id) do update set rows = $3, asked_at = now(),
               since = case when w.asked_at < now() - ${freshFor} or w.given_at < now() - ${givenFor} then now() else w.since end,
               given_at = case when w.asked_at > now() - ${freshFor} and w.given_at > now() - ${givenFor} then w.given_at end
               where w.asked_at < now() - ${askEvery})
           select exists (select from idle_workers
             where queue = $1 and worker_id <> $2 and asked_at > now() - ${freshFor}) as others`,
    values: [room.queue, workerId, room.rows],
  });
  return rows[0]!.others;
}

/** Other workers that have room in `queues`; `long`: for so long that rows may move, and not given any yet. */
async function whoAsks(deps: SharingDeps, queues: string[]): Promise<(Asking & { queue: string; long: boolean })[]> {
  const { rows } = await deps.db.runAsSystem<Asking & { queue: string; long: boolean }>({
    name: 'who-asks-for-rows',
    text: `select queue, worker_id as "workerId", rows,
             given_at is null and since <= now() - make_interval(secs => $3) as long
           from idle_workers where queue = any ($1) and worker_id <> $2 and asked_at > now() - ${freshFor}
           order by since, worker_id`,
    values: [queues, deps.workerId, deps.shareMs / 1000],
  });
  return rows;
}
