/** Asks models on the durable path: the same calls become the same batch, whichever step of whichever analysis asks. */

import { createHash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { sendLines } from '../../batches/send-lines.ts';
import { answerOfOutput } from '../../compare/answer-of-output.ts';
import type { AnalysisStep } from '../../contracts/analyses.ts';
import type { ModelSpec } from '../../contracts/models.ts';
import { type Batch, finalStatuses } from '../../contracts/openai-batch.ts';
import { AssayError } from '../../errors.ts';
import { costOf } from '../../judge/passes/budget.ts';
import { findReady } from '../../judge/start-judging.ts';
import type { AnalysisDeps } from '../analyses/analysis-deps.ts';
import type { Ask, Call, Reply } from './ask.ts';

/** Metadata by which the batch of an ask is found. */
const ASK_KEY = 'assay_ask';

export interface AskFor {
  userId: string;
  analysisId: string;
  step: AnalysisStep;
  /** Set where the step is to be done anew: its calls are then other calls. */
  anew: string | null;
  signal: AbortSignal;
  /** Told while calls are under way. */
  waiting(on: { purpose: string; done: number; total: number }): void;
}

/** One ask under way. */
interface Asking {
  deps: AnalysisDeps;
  on: AskFor;
  key: string;
  model: ModelSpec;
  purpose: string;
}

export function openAsk(deps: AnalysisDeps, on: AskFor): Ask {
  return async ({ model: modelId, purpose, calls }) => {
    const model = await findReady(deps, on.userId, modelId);
    const asking = { deps, on, key: keyOf(model, on.anew, calls), model, purpose };
    const replies = new Map<string, Reply>();
    for (let round = 0; replies.size < calls.length; round++) {
      const left = calls.filter(({ id }) => !replies.has(id));
      const batchId = await batchOf(asking, round, left);
      await readInto(asking, await waitFor(asking, batchId), { round, left, replies });
    }
    return replies;
  };
}

/** What makes two asks the same: the model's weights or address, what it runs with, and the calls. */
function keyOf(model: ModelSpec, anew: string | null, calls: Call[]): string {
  const { id, engine, source, sha256, base_url, model: upstream, context, params } = model;
  const asked = [{ id, engine, source, sha256, base_url, upstream, context, params }, anew, calls];
  return createHash('sha256').update(JSON.stringify(asked)).digest('hex');
}

/** The batch of a round, the same one each time; each round after the first is for what an ended batch had left. */
async function batchOf(asking: Asking, round: number, left: Call[]): Promise<string> {
  const { deps, on, key } = asking;
  const { rows } = await deps.db.asUser(on.userId, (q) =>
    q.query<{ batch_id: string | null }>(
      `insert into analysis_asks (user_id, ask_key, round, model, purpose, calls, analysis_id, step)
       values ($1, $2, $3, $4, $5, $6, $7, $8)
       on conflict (user_id, ask_key, round) do update set purpose = excluded.purpose returning batch_id`,
      [on.userId, key, round, asking.model.id, asking.purpose, left.length, on.analysisId, on.step],
    ),
  );
  return rows[0]!.batch_id ?? send(asking, round, left);
}

async function send({ deps, on, key, model, purpose }: Asking, round: number, calls: Call[]): Promise<string> {
  const lines = async function* () {
    for (const { id, body } of calls) yield { custom_id: id, body: { ...body, model: model.id } };
  };
  const batchId = await sendLines(deps, on.userId, {
    endpoint: '/v1/chat/completions',
    filename: `${on.analysisId}-${on.step}-${key.slice(0, 8)}.jsonl`,
    metadata: { [ASK_KEY]: `${key}-${round}`, assay_analysis: on.analysisId, assay_purpose: purpose.slice(0, 500) },
    lines,
  });
  await deps.db.asUser(on.userId, (q) =>
    q.query('update analysis_asks set batch_id = $4 where user_id = $1 and ask_key = $2 and round = $3', [
      on.userId,
      key,
      round,
      batchId,
    ]),
  );
  return batchId;
}

/**
 * Waits for the end of the batch. One that somebody ends meanwhile is a conflict; one that was ended before is taken as it is, since then the
 * analysis was resumed.
 */
async function waitFor(asking: Asking, batchId: string): Promise<Batch> {
  const { deps, on, purpose } = asking;
  for (let seenGoing = false; ; seenGoing = true) {
    on.signal.throwIfAborted();
    const batch = await deps.batches.get(on.userId, batchId);
    const { completed, failed, total } = batch.request_counts;
    on.waiting({ purpose, done: completed + failed, total });
    if (batch.status === 'failed' || (seenGoing && (batch.status === 'cancelled' || batch.status === 'expired'))) {
      const problem = batch.errors?.data[0]?.message ?? `it was ${batch.status}`;
      throw new AssayError('conflict', {
        what: `Batch ${batchId} (${purpose}) did not run to its end: ${problem}`,
        remedy: 'Mend what is wrong, then resume the analysis.',
      });
    }
    if (finalStatuses.includes(batch.status)) return batch;
    await sleep(deps.limits.pollMs, undefined, { signal: on.signal }).catch(() => on.signal.throwIfAborted());
  }
}

interface ResultRow {
  custom_id: string;
  ok: boolean;
  error_code: string | null;
  output: string;
  prompt_tokens: number | null;
  completion_tokens: number | null;
  cached_tokens: number | null;
}

async function readInto(
  { deps, on, key, model }: Asking,
  batch: Batch,
  into: { round: number; left: Call[]; replies: Map<string, Reply> },
): Promise<void> {
  const { rows } = await deps.db.asUser(on.userId, (q) =>
    q.query<ResultRow>(
      `select custom_id, ok, error_code, output, prompt_tokens, completion_tokens, cached_tokens from results
       where batch_id = $1 order by line`,
      [batch.id],
    ),
  );
  const sum = { prompt: 0, completion: 0, cached: 0 };
  const asked = new Set(into.left.map(({ id }) => id));
  for (const row of rows) {
    sum.prompt += row.prompt_tokens ?? 0;
    sum.completion += row.completion_tokens ?? 0;
    sum.cached += row.cached_tokens ?? 0;
    if (asked.has(row.custom_id)) into.replies.set(row.custom_id, replyOf(row));
  }
  // A batch that ran to its end has a result for each call; what is wanting in it no other round would bring.
  if (batch.status === 'completed')
    for (const { id } of into.left) if (!into.replies.has(id)) into.replies.set(id, wanting(id));
  await deps.db.asUser(on.userId, (q) =>
    q.query(
      `update analysis_asks set prompt_tokens = $4, completion_tokens = $5, cost = $6
       where user_id = $1 and ask_key = $2 and round = $3`,
      [
        on.userId,
        key,
        into.round,
        sum.prompt,
        sum.completion,
        costOf({ [model.id]: model.price ?? null }, model.id, sum),
      ],
    ),
  );
}

function replyOf(row: ResultRow): Reply {
  const { content, finishReason } = row.ok ? answerOfOutput(row.output) : { content: null, finishReason: null };
  return {
    id: row.custom_id,
    text: content,
    error: row.ok ? (content === null ? 'no_content' : null) : (row.error_code ?? 'failed'),
    finishReason,
    promptTokens: row.prompt_tokens ?? 0,
    completionTokens: row.completion_tokens ?? 0,
  };
}

const wanting = (id: string): Reply => ({
  id,
  text: null,
  error: 'no_result',
  finishReason: null,
  promptTokens: 0,
  completionTokens: 0,
});
