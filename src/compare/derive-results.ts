/** Makes answers of the results of a run's batch: in the transaction in which they land, and later of those left over. */

import type { PoolClient } from 'pg';
import type { LandedGroup, LandedRow, Landing } from '../contracts/landing.ts';
import type { Log } from '../contracts/log.ts';
import { analyzeAfter } from '../datasets/analyze-tables.ts';
import type { Database } from '../db/database.ts';
import { AssayError } from '../errors.ts';
import type { LandedLines } from '../results/land.ts';
import type { LandingAnswer } from '../runs/deps.ts';
import { answerOfOutput } from './answer-of-output.ts';
import { landAnswers, type RunOf } from './land-answers.ts';
import { takeTurn } from './turn.ts';

/** A run that a batch belongs to; line n of the batch is the item at place n - 1 of `items`, or item n - 1 without. */
interface BatchRun extends RunOf {
  items: number[] | null;
  total: number;
}

export interface DeriveOptions {
  /** How long "this batch belongs to no run" is believed, in ms. */
  beliefMs?: number;
  /** How long a landing waits for its turn among the writers of the workbench, in ms; then its answers come later. */
  turnMs?: number;
  log: Log;
}

/** Lands results: in a transaction of its own, which is fast, and in the one of `q`. */
export interface LandResults {
  land(db: Database, group: LandedGroup): Promise<Landing>;
  landIn(q: PoolClient, group: LandedGroup): Promise<LandedLines>;
}

/** Runs whose batch was seen; a run's list of items may be long. */
const runsRemembered = 64;
/** Results of a block of those left over. */
const blockRows = 200;

type Result = Pick<LandedRow, 'line' | 'ok' | 'errorCode' | 'output' | 'firstTokenMs' | 'totalMs'> &
  Pick<LandedRow, 'promptTokens' | 'completionTokens' | 'cachedTokens'>;

/**
 * Wraps the landing of results: what lands of a run's batch becomes answers in the same transaction. A fault in that
 * never keeps a result from landing; its answers are then left over for `deriveMissing`.
 *
 *     const landGroup = landDerived(db, { land, landIn }, { log });
 */
export function landDerived(
  db: Database,
  { land, landIn }: LandResults,
  { beliefMs = 10_000, turnMs = 5000, log }: DeriveOptions,
): (group: LandedGroup) => Promise<Landing> {
  const runs = rememberedRuns(beliefMs);
  return async (group) => {
    if (runs.has(group.batchId) === false) return land(db, group);
    return db.asUser(group.userId, async (q) => {
      const { landing, lines } = await landIn(q, group);
      if (landing.written === 0) return landing;
      const run = await runs.of(q, group.batchId);
      if (run === null) return landing;
      const written = lines === null ? null : new Set(lines);
      const rows = written === null ? group.rows : group.rows.filter((row) => written.has(row.line));
      await q.query('savepoint derive');
      try {
        await q.query(`select set_config('lock_timeout', $1, true)`, [`${turnMs}ms`]);
        await deriveRows(q, run, rows);
      } catch (error) {
        await q.query('rollback to savepoint derive');
        runs.forget(group.batchId);
        log.warn({ batch: group.batchId, problem: (error as Error).message }, 'answers are read from results later');
      }
      return landing;
    });
  };
}

/** The run of a batch; asked once, and again only after a while when there was none. `has` is null where that is to be asked. */
function rememberedRuns(beliefMs: number) {
  const known = new Map<string, BatchRun>();
  const none = new Map<string, number>();
  const has = (batchId: string): boolean | null => {
    if (known.has(batchId)) return true;
    return performance.now() < (none.get(batchId) ?? 0) ? false : null;
  };
  const of = async (q: PoolClient, batchId: string): Promise<BatchRun | null> => {
    if (has(batchId) !== null) return known.get(batchId) ?? null;
    const found = await selectRun(q, 'batch_id', batchId);
    if (found === null) {
      if (none.size >= 10_000) none.clear();
      none.set(batchId, performance.now() + beliefMs);
      return null;
    }
    if (known.size >= runsRemembered) known.delete(known.keys().next().value!);
    known.set(batchId, found);
    return found;
  };
  return { has, of, forget: (batchId: string) => known.delete(batchId) };
}

async function selectRun(q: PoolClient, by: 'batch_id' | 'run_id', id: string): Promise<BatchRun | null> {
  const { rows } = await q.query<BatchRun>(
    `select run_id as "runId", user_id as "userId", dataset_id as "datasetId", version_id as "versionId",
       model_id as "modelId", items, total
     from runs where ${by} = $1`,
    [id],
  );
  return rows[0] ?? null;
}

async function deriveRows(q: PoolClient, run: BatchRun, rows: Result[]): Promise<void> {
  const answers = rows.flatMap((row) => {
    const ordinal = run.items === null ? row.line - 1 : run.items[row.line - 1];
    return ordinal === undefined ? [] : [answerOf(row, ordinal)];
  });
  await landAnswers(q, run, answers);
}

function answerOf(row: Result, ordinal: number): LandingAnswer {
  const { content, finishReason } = row.ok ? answerOfOutput(row.output) : { content: null, finishReason: null };
  return {
    ordinal,
    ok: row.ok,
    errorCode: row.errorCode,
    content,
    finishReason,
    promptTokens: row.promptTokens,
    completionTokens: row.completionTokens,
    cachedTokens: row.cachedTokens,
    latencyMs: row.totalMs,
    firstTokenMs: row.firstTokenMs,
    scores: null,
  };
}

// An answer older than its result is that of a failed try which was run again.
const selectLeftOver = `
  select x.line, x.ok, x.error_code as "errorCode", x.output, x.first_token_ms as "firstTokenMs", x.total_ms as "totalMs",
    x.prompt_tokens as "promptTokens", x.completion_tokens as "completionTokens", x.cached_tokens as "cachedTokens"
  from runs r join results x on x.batch_id = r.batch_id
  left join answers a on a.run_id = r.run_id
    and a.ordinal = case when r.items is null then x.line - 1 else r.items[x.line] end
  where r.run_id = $1 and x.line > $2 and (a.run_id is null or a.landed_at < x.finished_at)
  order by x.line limit $3`;

/**
 * Makes the answers that results of the run have none of yet, in blocks; gives how many it made. A result that cannot be
 * read alone is logged and left. Call it when the server starts and when a batch has ended.
 */
export async function deriveMissing(db: Database, of: { userId: string; runId: string }, log: Log): Promise<number> {
  const on = { after: 0, limit: blockRows, first: 0 };
  for (let made = 0; ; ) {
    try {
      const derived = await db.asUser(of.userId, (q) => deriveBlock(q, of.runId, on));
      made += derived;
      if (derived < on.limit) return made;
      on.limit = Math.min(blockRows, on.limit * 2);
    } catch (error) {
      if (error instanceof AssayError) throw error;
      // One at a time, to leave out the one that does harm.
      if (on.limit === 1) {
        on.after = on.first;
        const problem = (error as Error).message;
        log.warn({ run: of.runId, line: on.first, problem }, 'a result cannot be compared');
      }
      on.limit = 1;
    }
  }
}

/**
 * Derives up to `limit` results behind the line `after`, and moves it; `first` is the first line of them. The turn is
 * taken first: no newer result of the same row can land between the reading and the writing.
 */
async function deriveBlock(
  q: PoolClient,
  runId: string,
  on: { after: number; limit: number; first: number },
): Promise<number> {
  await takeTurn(q);
  const run = await selectRun(q, 'run_id', runId);
  const { rows } = await q.query<Result>(selectLeftOver, [runId, on.after, on.limit]);
  if (run === null || rows.length === 0) return 0;
  on.first = rows[0]!.line;
  await deriveRows(q, run, rows);
  on.after = rows.at(-1)!.line;
  return rows.length;
}

/** The same by batch, for when one has ended; rows that were cancelled or expired have their end from there alone. */
export async function deriveOfBatch(db: Database, of: { userId: string; batchId: string }, log: Log): Promise<number> {
  const run = await db.asUser(of.userId, (q) => selectRun(q, 'batch_id', of.batchId));
  if (run === null) return 0;
  const made = await deriveMissing(db, run, log);
  await analyzeAfter({ db, log }, run.total, ['answers', 'item_states']);
  return made;
}

/** Makes the answers that are left over of all runs whose batch has results; for the start of the server. */
export async function deriveAllMissing(db: Database, log: Log): Promise<number> {
  const runs = await db.asSystem(async (q) => {
    // Counts are kept by both sides, so that a run without anything left over costs one look at its index.
    const { rows } = await q.query<{ runId: string; userId: string }>(
      `select r.run_id as "runId", r.user_id as "userId" from runs r join batches b on b.batch_id = r.batch_id
       where b.completed + b.failed > (select count(*) from answers a where a.run_id = r.run_id)
         or b.generation > 0
       order by r.created_at`,
    );
    return rows;
  });
  let made = 0;
  for (const run of runs) made += await deriveMissing(db, run, log);
  await analyzeAfter({ db, log }, made, ['answers', 'item_states']);
  return made;
}
