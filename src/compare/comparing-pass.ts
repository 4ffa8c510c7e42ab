/** Reads all answers of a dataset anew after its settings changed: behind the request, block by block, and on after a kill. */

import { setTimeout as sleep } from 'node:timers/promises';
import type { PoolClient } from 'pg';
import type { Log } from '../contracts/log.ts';
import { analyzeAfter } from '../datasets/analyze-tables.ts';
import type { Database } from '../db/database.ts';
import { comparisonOf } from './comparison.ts';
import { markSettings } from './marks.ts';
import { recompute } from './refresh.ts';
import { rereadAnswers } from './reread.ts';
import { takeTurn, tellLive } from './turn.ts';

export interface PassOptions {
  db: Database;
  log: Log;
  /** Items a transaction; what lands meanwhile waits for one. */
  blockItems?: number;
  /** Shortest time between two tellings of the progress, in ms. */
  tellMs?: number;
  /** Wait after a fault, in ms; it doubles with each one that follows. */
  retryMs?: number;
}

interface Of {
  userId: string;
  datasetId: string;
}

/** A row of comparing_passes. */
interface Pass {
  versionId: string;
  next: number;
  total: number;
}

const longestRetryMs = 60_000;

export type ComparingPasses = ReturnType<typeof openPasses>;

/**
 * A pass goes over the newest version's answered items with the settings of that moment; a change meanwhile plans it anew
 * from the first item, so that the newest settings win. What lands is read by the newest settings anyway.
 */
export function openPasses(options: PassOptions) {
  const o = { blockItems: 500, tellMs: 1000, retryMs: 1000, ...options };
  const ending = new AbortController();
  const running = new Map<string, { again: boolean; ended: Promise<void> }>();
  const start = (of: Of): void => {
    const known = running.get(of.datasetId);
    if (known !== undefined) known.again = true;
    else if (!ending.signal.aborted) {
      const pass = { again: true, ended: Promise.resolve() };
      running.set(of.datasetId, pass);
      pass.ended = (async () => {
        while (pass.again && !ending.signal.aborted) {
          pass.again = false;
          await runPass(o, of, ending.signal);
        }
        running.delete(of.datasetId);
      })();
    }
  };
  return {
    /** Keeps, in the transaction that changes the settings, that all answers are to be read anew. */
    plan: planPass,
    /** Begins what is planned of a dataset; returns at once. */
    start,
    /** Begins all that is planned; for the start of the server. */
    async resume(): Promise<void> {
      const { rows } = await o.db.asSystem((q) =>
        q.query<Of>('select user_id as "userId", dataset_id as "datasetId" from comparing_passes order by dataset_id'),
      );
      for (const of of rows) start(of);
    },
    /** Resolves when nothing is under way here any more. */
    async settled(): Promise<void> {
      await Promise.all([...running.values()].map((pass) => pass.ended));
    },
    /** Ends after the block at hand; the rest is done after the next start. */
    async stop(): Promise<void> {
      ending.abort();
      await Promise.all([...running.values()].map((pass) => pass.ended));
    },
  };
}

async function planPass(q: PoolClient, { userId, datasetId }: Of): Promise<void> {
  await q.query(
    `insert into comparing_passes (dataset_id, user_id, version_id, total)
     select dataset_id, $1, version_id, items from dataset_versions where dataset_id = $2 order by ordinal desc limit 1
     on conflict (dataset_id) do update set version_id = excluded.version_id, next = 0, total = excluded.total`,
    [userId, datasetId],
  );
}

/** Blocks until none is left; a fault (the database is away) is waited out. */
async function runPass(o: Required<PassOptions>, of: Of, signal: AbortSignal): Promise<void> {
  let wait = o.retryMs;
  let told = Number.NEGATIVE_INFINITY;
  let items = 0;
  while (!signal.aborted) {
    try {
      const tell = performance.now() - told >= o.tellMs;
      if (tell) told = performance.now();
      const done = await o.db.asUser(of.userId, (q) => passBlock(q, of, { limit: o.blockItems, tell }));
      if (done === null) break;
      items += done;
      wait = o.retryMs;
    } catch (error) {
      const { message: problem } = error as Error;
      o.log.warn({ dataset: of.datasetId, problem }, 'answers are read anew later');
      await sleep(wait, undefined, { signal }).catch(() => undefined);
      wait = Math.min(longestRetryMs, wait * 2);
    }
  }
  if (!signal.aborted) await analyzeAfter(o, items, ['answers', 'item_states']);
}

/** Items of one block; null when there is no pass any more. A change of the settings waits until it is committed. */
async function passBlock(
  q: PoolClient,
  { userId, datasetId }: Of,
  { limit, tell }: { limit: number; tell: boolean },
): Promise<number | null> {
  await takeTurn(q);
  // Held before the marks: who changes the settings holds it too when he comes to them.
  const { rows } = await q.query<Pass>(
    'select version_id as "versionId", next, total from comparing_passes where dataset_id = $1 for update',
    [datasetId],
  );
  const pass = rows[0];
  if (pass === undefined) return null;
  const version = { userId, datasetId, versionId: pass.versionId };
  const answered = await q.query<{ ordinal: number }>(
    'select distinct ordinal from answers where version_id = $1 and ordinal >= $2 order by ordinal limit $3',
    [pass.versionId, pass.next, limit],
  );
  const ordinals = answered.rows.map((row) => row.ordinal);
  const last = ordinals.length < limit;
  if (last) await q.query('delete from comparing_passes where dataset_id = $1', [datasetId]);
  else await q.query('update comparing_passes set next = $2 where dataset_id = $1', [datasetId, ordinals.at(-1)! + 1]);
  if (ordinals.length > 0) {
    await rereadAnswers(q, version, ordinals);
    await recompute(q, { ...version, ordinals }, await comparisonOf(q, datasetId));
  }
  if (last || tell) {
    await markSettings(q, datasetId);
    await tellLive(q);
  }
  return ordinals.length;
}
