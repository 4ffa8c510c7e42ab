/** Takes a batch's input in: one streaming pass that lists every fault or puts all rows in, ordered and ready to run. */

import type { PoolClient } from 'pg';
import { statedAnswer } from '../contracts/answer-length.ts';
import { CONTEXT_KEY } from '../contracts/context.ts';
import { DEDUPE_KEY } from '../contracts/dedupe.ts';
import type { BatchEndpoint } from '../contracts/engine.ts';
import { REUSE_KEY } from '../contracts/reuse.ts';
import type { Database } from '../db/database.ts';
import { AssayError } from '../errors.ts';
import { type Line, readLines } from '../files/lines.ts';
import type { BatchFault, BatchRow } from './batch-row.ts';
import { checkLine, type LineContext } from './check-line.ts';
import { duplicateIds, type SeenIds, seenIds } from './duplicate-ids.ts';
import { openLineSet } from './line-set.ts';
import {
  type BoundCounter,
  type KeptKeys,
  keepKeys,
  type LaneOrder,
  type OrderedRows,
  orderRows,
  type SlotOrder,
  type TextRuns,
} from './order.ts';
import { type Reused, reuseAnswers, reuseKey, reuseScope } from './reuse.ts';
import { openRowSink, type SinkRow } from './row-sink.ts';
import { isDeterministic, setTwinsAside, without } from './twins.ts';

/** Faults listed at most; reading stops when there are as many. */
const maxFaults = 100;

export interface IntakeDeps {
  db: Database;
  /** Opens the input file; throws not_found when it is gone. */
  openInput(userId: string, fileId: string): Promise<AsyncIterable<Buffer>>;
  /**
   * Throws model_not_found. `slots` are those that have a cache each, null where the engine has none. `identity` tells the
   * model with its parameters from any other of its id, for batches that take over answers of earlier ones; null where
   * that is not known.
   */
  checkModel(userId: string, model: string): Promise<{ slots: number | null; identity(): Promise<string | null> }>;
  promptText(body: Record<string, unknown>): string;
  prefixKey(prompt: string): Buffer;
  /** Whether identical rows with deterministic answers are asked once, unless the batch says otherwise. */
  dedupe: boolean;
  boundCounter(slots: number): BoundCounter;
  laneOrder(slots: number, rows: number): LaneOrder;
  textRuns(rows: number): TextRuns;
  /** Whether the model's engine gains from rows that begin alike running next to each other. */
  groupingHelps(q: PoolClient, model: string): Promise<boolean>;
  /** Puts the rows, in the order in which they should run, into the queue; inside the same transaction. */
  schedule(q: PoolClient, batch: BatchRow, rows: OrderedRows): Promise<void>;
  /** Told when a batch is in with answers of earlier ones, maybe all it needs. */
  reused(userId: string, batchId: string): Promise<void>;
  limits: { maxRequests(batch: BatchRow): number; lineMaxBytes: number };
}

/**
 * Validates the batch `batchId` and moves it to in_progress (all rows in, chunks cut) or failed (faults listed), in one
 * transaction: a kill in the middle leaves the batch in validating, and the next start begins it again. A batch whose rows
 * all have the answers of earlier ones is finalizing then.
 * @returns whether it is taken in now. Throws disk_full and database_unavailable, after which it may be called again.
 */
export async function takeIn(deps: IntakeDeps, userId: string, batchId: string): Promise<boolean> {
  try {
    const reused = await deps.db.asUser(userId, async (q) => {
      const found = await q.query<BatchRow>(
        `select * from batches where batch_id = $1 and status = 'validating' for update skip locked`,
        [batchId],
      );
      const batch = found.rows[0];
      if (batch === undefined) return null;
      const taken = await copyIn(deps, q, batch);
      if (taken.faults.length > 0) throw new FaultyInput(taken.faults, taken.model);
      return begin(deps, q, { batch, taken });
    });
    if (reused !== null && reused > 0) await deps.reused(userId, batchId);
    return reused !== null;
  } catch (error) {
    if (!(error instanceof FaultyInput)) throw error;
    await fail(deps.db, userId, { batchId, model: error.model, faults: error.faults });
    return false;
  }
}

/** Orders the rows, takes over what is answered already, and schedules the rest; gives how many rows were taken over. */
async function begin(deps: IntakeDeps, q: PoolClient, on: { batch: BatchRow; taken: Taken }): Promise<number> {
  const { batch, taken } = on;
  const { batch_id: batchId, user_id: userId } = batch;
  const endpoint = batch.endpoint as BatchEndpoint;
  const order = await orderRows(q, {
    batchId,
    rows: taken.rows,
    keys: taken.keys,
    counter: deps.boundCounter(taken.slots ?? 1),
    grouping: await deps.groupingHelps(q, taken.model!),
    slots: taken.slots === null ? null : slotOrder(deps, taken.slots, taken.rows),
  });
  const scope = await scopeOf(batch, taken);
  const trimmed = batch.metadata?.[CONTEXT_KEY] !== undefined;
  const reused = scope === null ? nothingReused() : await reuseAnswers(q, { batchId, userId, scope, trimmed });
  const count = reused.lines.size;
  await q.query(
    `update batches set in_progress_at = now(), model = $2, total = $3, prompt_chars = $4, prefix_bound = $5,
       prefix_bound_per_slot = $6, reuse_scope = $7, reused = $8::integer, completed = $8::integer, output_bytes = $9,
       status = case when $8::integer = $3::integer then 'finalizing' else 'in_progress' end,
       finalizing_at = case when $8::integer = $3::integer then now() end
     where batch_id = $1`,
    [
      batchId,
      taken.model,
      taken.rows,
      order.promptChars - reused.chars,
      order.bound.whole,
      order.bound.perSlot,
      scope,
      count,
      reused.outputBytes,
    ],
  );
  if (count === taken.rows) return count;
  const open = without(order.rows, reused.lines);
  const aside = order.repeats && deps.dedupe && batch.metadata?.[DEDUPE_KEY] !== 'off';
  const rows = aside ? await setTwinsAside(q, { batchId, userId, endpoint, answered: reused.lines }, open) : open;
  await deps.schedule(q, { ...batch, model: taken.model, total: taken.rows }, rows);
  return count;
}

const slotOrder = ({ laneOrder, textRuns, promptText }: IntakeDeps, slots: number, rows: number): SlotOrder => ({
  slots,
  lanes: laneOrder(slots, rows),
  texts: textRuns(rows),
  promptText,
});

const asksReuse = (batch: BatchRow): boolean => batch.metadata?.[REUSE_KEY] === 'true';

const nothingReused = (): Reused => ({ lines: openLineSet(), outputBytes: 0, chars: 0 });

/** Null where the batch takes no part in taking answers over. */
async function scopeOf(batch: BatchRow, taken: Taken): Promise<Buffer | null> {
  const model = asksReuse(batch) ? await taken.identity() : null;
  return model === null
    ? null
    : reuseScope({ endpoint: batch.endpoint, context: batch.metadata?.[CONTEXT_KEY], model });
}

/** Rolls the transaction back and carries the faults out of it. */
class FaultyInput extends Error {
  readonly faults: BatchFault[];
  readonly model: string | null;
  constructor(faults: BatchFault[], model: string | null) {
    super('the input has faults');
    this.faults = faults;
    this.model = model;
  }
}

async function fail(
  db: Database,
  userId: string,
  end: { batchId: string; model: string | null; faults: BatchFault[] },
) {
  await db.asUser(userId, (q) =>
    q.query(
      `update batches set status = 'failed', failed_at = now(), model = $2, errors = $3 where batch_id = $1 and status = 'validating'`,
      [end.batchId, end.model, JSON.stringify(end.faults)],
    ),
  );
}

interface Taken {
  rows: number;
  faults: BatchFault[];
  model: string | null;
  slots: number | null;
  identity(): Promise<string | null>;
  keys: KeptKeys;
  ids: SeenIds;
}

const nothing = (): Taken => ({
  ...{ rows: 0, faults: [], model: null, slots: null, identity: async () => null },
  ...{ keys: keepKeys(), ids: seenIds() },
});

async function copyIn(deps: IntakeDeps, q: PoolClient, batch: BatchRow): Promise<Taken> {
  const source = await openSource(deps, batch);
  if (source instanceof AssayError) return { ...nothing(), faults: [toFault(source)] };
  const keyed = asksReuse(batch);
  const sink = openRowSink(q, { batchId: batch.batch_id, userId: batch.user_id, keyed });
  const context: LineContext = { endpoint: batch.endpoint as BatchEndpoint, model: null, modelLine: 0 };
  const taken = nothing();
  const maxRequests = deps.limits.maxRequests(batch);
  try {
    for await (const lines of readLines(source, { maxBytes: deps.limits.lineMaxBytes })) {
      for (const line of lines) {
        const row = take(deps, line, { context, taken, keyed });
        const wait = row === undefined ? undefined : sink.write(row);
        if (wait !== undefined) await wait;
        if (taken.rows > maxRequests) {
          taken.faults.push(toFault(new AssayError('too_many_requests', { limit: maxRequests }, { line: line.line })));
        }
        if (taken.faults.length >= maxFaults || taken.rows > maxRequests) break;
      }
      if (taken.faults.length >= maxFaults || taken.rows > maxRequests) break;
    }
  } finally {
    await sink.end();
  }
  taken.model = context.model;
  if (taken.rows === 0 && taken.faults.length === 0) taken.faults.push(toFault(new AssayError('empty_file')));
  if (context.model !== null) await checkModel(deps, batch, { context, taken });
  if (taken.faults.length < maxFaults && taken.ids.mayRepeat())
    taken.faults.push(...(await duplicateIds(q, batch.batch_id, maxFaults - taken.faults.length)).map(toFault));
  taken.faults.sort((a, b) => (a.line ?? 0) - (b.line ?? 0));
  taken.faults.splice(maxFaults);
  return taken;
}

async function openSource(deps: IntakeDeps, batch: BatchRow): Promise<AsyncIterable<Buffer> | AssayError> {
  try {
    return await deps.openInput(batch.user_id, batch.input_file_id);
  } catch (error) {
    if (error instanceof AssayError && error.code === 'not_found') {
      return new AssayError('input_file_gone', { id: batch.input_file_id }, { param: 'input_file_id' });
    }
    throw error;
  }
}

function take(
  deps: IntakeDeps,
  line: Line,
  into: { context: LineContext; taken: Taken; keyed: boolean },
): SinkRow | undefined {
  if (line.fault !== undefined) {
    into.taken.faults.push(toFault(line.fault));
    return undefined;
  }
  try {
    const row = checkLine(line.line, line.text, into.context);
    into.taken.rows += 1;
    const prompt = deps.promptText(row.parsed);
    const prefixKey = deps.prefixKey(prompt).toString('hex');
    into.taken.keys.add({ line: line.line, key: prefixKey, promptChars: prompt.length }, statedAnswer(row.parsed));
    into.taken.ids.add(row.customId);
    const key = into.keyed && isDeterministic(into.context.endpoint, row.parsed) ? reuseKey(row.body) : null;
    return {
      line: line.line,
      customId: row.customId,
      prefixKey,
      promptChars: prompt.length,
      body: row.body,
      reuseKey: key,
    };
  } catch (error) {
    if (!(error instanceof AssayError)) throw error;
    into.taken.faults.push(toFault(error));
    return undefined;
  }
}

async function checkModel(
  deps: IntakeDeps,
  batch: BatchRow,
  into: { context: LineContext; taken: Taken },
): Promise<void> {
  try {
    Object.assign(into.taken, await deps.checkModel(batch.user_id, into.context.model!));
  } catch (error) {
    if (!(error instanceof AssayError) || error.code !== 'model_not_found') throw error;
    into.taken.faults.push({ ...toFault(error), line: into.context.modelLine, param: 'body.model' });
  }
}

/** A message quotes the input, maybe cut inside a character; jsonb takes neither NUL nor half a surrogate pair. */
function toFault(error: AssayError): BatchFault {
  const message = error.message.toWellFormed().replaceAll('\0', '\ufffd');
  return { code: error.code, message, param: error.param, line: error.line };
}
