/** Says before a run what it will take: requests, tokens, time and cost, each measured or null, and how it came about. */

import type { PoolClient } from 'pg';
import type { ModelSpec } from '../contracts/models.ts';
import type { Estimate, NewRun } from '../contracts/runs.ts';
import { itemsOf } from '../datasets/version-items.ts';
import { promptText } from '../prompts/prefix-key.ts';
import type { RunDeps } from './deps.ts';
import { formOf, planRun, type RunPlan } from './plan.ts';
import { renderRequest } from './render-request.ts';
import { askedModels } from './start.ts';

/** Items that are rendered to measure the prompts. */
const sampleRows = 200;
/** Batches of a model, newest first, whose tokens a character are believed. */
const ratioBatches = 20;
const charsPerToken = 4;

/** One estimate a model. Throws what a start of the same run would throw. */
export async function estimateRuns(deps: RunDeps, userId: string, asked: NewRun): Promise<Estimate[]> {
  const models = await askedModels(deps, userId, asked);
  const plan = await planRun(deps, userId, asked);
  return deps.db.asUser(userId, async (q) => {
    const chars = await promptChars(q, plan);
    const estimates: Estimate[] = [];
    for (const model of models) {
      estimates.push(estimateOf(plan, model, { chars, ...(await pastOf(q, plan, model.id)) }));
    }
    return estimates;
  });
}

/** Mean characters of a prompt, over items spread evenly over the run. */
async function promptChars(q: PoolClient, plan: RunPlan): Promise<{ mean: number; rows: number }> {
  const rows = Math.min(sampleRows, plan.total);
  const places = Array.from({ length: rows }, (_, i) => Math.floor((i * plan.total) / rows));
  const form = await formOf(q, plan);
  let sum = 0;
  for await (const page of itemsOf(
    q,
    plan.versionId,
    places.map((place) => plan.items?.[place] ?? place),
  )) {
    for (const item of page) sum += promptText(renderRequest(item, form).body).length;
  }
  return { mean: sum / rows, rows };
}

/** What earlier batches of a model tell; null where there are none. */
interface Past {
  tokensPerChar: number | null;
  /** Mean completion tokens of an answer of this model over this dataset. */
  completionTokens: number | null;
  rowsPerSecond: number | null;
  /** Of its last batch with an answer, over all of its run. */
  completionTokensPerSecond: number | null;
}

async function pastOf(q: PoolClient, plan: RunPlan, model: string): Promise<Past> {
  const { rows } = await q.query<Past>(
    `with recent as (
       select prompt_tokens, prompt_chars_done, completion_tokens, first_dispatch_at, last_commit_at, created_at
       from batches where user_id = $1 and model = $2 and completed > 0 order by created_at desc limit ${ratioBatches}
     )
     select
       (select sum(prompt_tokens)::float8 / nullif(sum(prompt_chars_done), 0)::float8 from recent where prompt_tokens > 0)
         as "tokensPerChar",
       (select sum(b.completion_tokens)::float8 / nullif(sum(b.completed), 0)::float8
        from runs r join batches b on b.batch_id = r.batch_id
        where r.dataset_id = $3 and r.model_id = $2 and b.completed > 0 and b.completion_tokens > 0) as "completionTokens",
       (select rows_per_s::float8 from model_rates where user_id = $1 and model_id = $2 and rows_per_s > 0) as "rowsPerSecond",
       (select completion_tokens / nullif(extract(epoch from last_commit_at - first_dispatch_at), 0)::float8
        from recent where completion_tokens > 0 and last_commit_at > first_dispatch_at
        order by created_at desc limit 1) as "completionTokensPerSecond"`,
    [plan.userId, model, plan.datasetId],
  );
  return rows[0]!;
}

function estimateOf(plan: RunPlan, model: ModelSpec, seen: Past & { chars: { mean: number; rows: number } }): Estimate {
  const { chars } = seen;
  const prompt = Math.round(plan.total * chars.mean * (seen.tokensPerChar ?? 1 / charsPerToken));
  const completion = completionOf(plan, seen);
  const time = secondsOf(plan.total, completion.tokens, seen);
  const cost = costOf(model, prompt, completion.tokens);
  const ratio =
    seen.tokensPerChar === null
      ? `${charsPerToken} characters a token, as this model has not run yet`
      : `${seen.tokensPerChar.toFixed(3)} tokens a character, as in this model's last batches`;
  return {
    model_id: model.id,
    requests: plan.total,
    prompt_tokens: prompt,
    completion_tokens: completion.tokens,
    seconds: time.seconds,
    cost: cost.usd,
    basis: `Prompts: ${chars.rows} of ${plan.total} rendered, ${ratio}. Answers: ${completion.basis}. Time: ${time.basis}. Cost: ${cost.basis}.`,
  };
}

function completionOf(plan: RunPlan, past: Past): { tokens: number | null; basis: string } {
  if (past.completionTokens !== null) {
    const mean = past.completionTokens.toFixed(1);
    return {
      tokens: Math.round(plan.total * past.completionTokens),
      basis: `${mean} tokens each, the mean of this model's earlier runs over this dataset`,
    };
  }
  const { max_completion_tokens, max_tokens } = plan.settings.params;
  const most = max_completion_tokens ?? max_tokens;
  if (typeof most === 'number' && most > 0) {
    return { tokens: Math.round(plan.total * most), basis: `at most ${most} tokens each, by the parameters` };
  }
  return { tokens: null, basis: 'unknown, as this model has not run over this dataset and max_tokens is not set' };
}

function secondsOf(rows: number, completion: number | null, past: Past): { seconds: number | null; basis: string } {
  if (past.completionTokens !== null && completion !== null && past.completionTokensPerSecond !== null) {
    const rate = past.completionTokensPerSecond;
    return { seconds: round(completion / rate), basis: `${rate.toFixed(1)} answer tokens a second in its last batch` };
  }
  if (past.rowsPerSecond !== null) {
    return {
      seconds: round(rows / past.rowsPerSecond),
      basis: `${past.rowsPerSecond.toFixed(2)} answers a second, as last measured for this model`,
    };
  }
  if (completion !== null && past.completionTokensPerSecond !== null) {
    const rate = past.completionTokensPerSecond;
    return { seconds: round(completion / rate), basis: `${rate.toFixed(1)} answer tokens a second in its last batch` };
  }
  return { seconds: null, basis: 'unknown, as this model has not been measured yet' };
}

const round = (seconds: number): number => Math.ceil(seconds * 10) / 10;

function costOf(model: ModelSpec, prompt: number, completion: number | null): { usd: number | null; basis: string } {
  const { prompt_per_million: perPrompt, completion_per_million: perCompletion } = model.price ?? {};
  if (model.price === undefined) return { usd: null, basis: 'no price is set for this model' };
  if (perPrompt === undefined || perCompletion === undefined) {
    return { usd: null, basis: 'the price of this model lacks prompt_per_million or completion_per_million' };
  }
  if (completion === null && perCompletion > 0)
    return { usd: null, basis: 'unknown without the tokens of the answers' };
  const usd = (prompt * perPrompt + (completion ?? 0) * perCompletion) / 1_000_000;
  return { usd, basis: `${perPrompt} and ${perCompletion} USD a million tokens in and out, nothing from the cache` };
}
