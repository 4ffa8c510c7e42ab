/** The step "outputs": has each model answer the test set once; answers that are there already are taken. */

import { setTimeout as sleep } from 'node:timers/promises';
import type { RunObject } from '../../contracts/runs.ts';
import { newestVersion } from '../../datasets/version-items.ts';
import { AssayError } from '../../errors.ts';
import type { AnalysisDeps } from '../analyses/analysis-deps.ts';
import type { Begun, Outcome, Step } from './step.ts';

const ended = new Set<RunObject['status']>(['completed', 'failed', 'cancelled', 'expired', 'imported']);
/** Runs whose answers are whole. */
const whole = new Set<RunObject['status']>(['queued', 'running', 'completed', 'imported']);

export const outputsStep: Step = {
  name: 'outputs',
  wanted: ({ settings }) => settings.model_ids !== undefined,
  async inputs({ deps, analysis }) {
    const { db, models } = deps;
    const { versionId } = await db.asUser(analysis.user_id, (q) =>
      newestVersion(q, analysis.user_id, analysis.test_dataset_id!),
    );
    const specs = [];
    for (const id of analysis.model_ids) {
      const { source, sha256, base_url, model, params, context } = await models.find(analysis.user_id, id);
      specs.push({ id, source, sha256, base_url, model, params, context });
    }
    return [versionId, specs, analysis.settings.outputs];
  },
  async run(begun) {
    const { deps, analysis } = begun;
    const runIds: string[] = [];
    let fresh = 0;
    for (const model of analysis.model_ids) {
      const there = await runOf(begun, model);
      runIds.push(there ?? (await startRun(begun, model)));
      if (there === null || !begun.earlier?.run_ids.includes(there)) fresh += 1;
      await begun.set({ run_ids: runIds });
    }
    const runs = await waitForRuns(begun, runIds);
    return {
      ...outcomeOf(runs),
      reused: fresh === 0,
      spent: await spentBy(deps, analysis.user_id, fresh === 0 ? [] : runs),
    };
  },
  async end({ deps, analysis }) {
    for (const id of analysis.run_ids) {
      const run = await deps.runs.get(analysis.user_id, id).catch(() => null);
      if (run !== null && !ended.has(run.status)) await deps.runs.cancel(analysis.user_id, id).catch(passConflict);
    }
  },
};

/** That it ended by itself meanwhile is no fault. */
function passConflict(error: unknown): void {
  if (!(error instanceof AssayError) || error.code !== 'conflict') throw error;
}

/** A run of the model that is there: of an earlier analysis with the same inputs, or begun for this one before a kill. */
async function runOf({ deps, analysis, earlier, since }: Begun, model: string): Promise<string | null> {
  const { rows } = await deps.db.asUser(analysis.user_id, (q) =>
    q.query<{ run_id: string }>(
      `select run_id from runs where user_id = $1 and dataset_id = $2 and coalesce(settings->>'model', model_id) = $3 and source = 'batch'
         and superseded_by is null and (run_id = any ($4) or created_at >= $5)
         and settings::jsonb->'params' = $6::jsonb and settings->>'template' is not distinct from $7
         and settings->>'limit' is not distinct from $8::text and settings->>'context' is not distinct from $9
       order by run_id = any ($4) desc, created_at limit 1`,
      [
        analysis.user_id,
        analysis.test_dataset_id,
        model,
        earlier?.run_ids ?? [],
        since,
        JSON.stringify(analysis.settings.outputs.params),
        analysis.settings.outputs.template ?? null,
        analysis.settings.outputs.limit ?? null,
        analysis.settings.outputs.context ?? null,
      ],
    ),
  );
  if (rows[0] === undefined) return null;
  const run = await deps.runs.get(analysis.user_id, rows[0].run_id);
  return whole.has(run.status) ? run.id : null;
}

/** What a cancelled run had answered is taken over, where the answers are deterministic and the step is not done anew. */
async function startRun({ deps, analysis, row }: Begun, model: string): Promise<string> {
  const runs = await deps.runs.start(analysis.user_id, {
    ...analysis.settings.outputs,
    dataset_id: analysis.test_dataset_id!,
    model_ids: [model],
    seed: 1,
    priority: 0,
    ...(row.anew === 0 ? { reuse: true } : {}),
  });
  return runs[0]!.id;
}

async function waitForRuns({ deps, analysis, hands }: Begun, runIds: string[]): Promise<RunObject[]> {
  for (;;) {
    hands.signal.throwIfAborted();
    const runs = await Promise.all(runIds.map((id) => deps.runs.get(analysis.user_id, id)));
    const sum = (field: 'completed' | 'failed' | 'total') => runs.reduce((all, run) => all + run[field], 0);
    hands.tell({ done: sum('completed') + sum('failed'), total: sum('total') });
    if (runs.every(({ status }) => ended.has(status))) return runs.map(usable);
    await sleep(deps.limits.pollMs, undefined, { signal: hands.signal }).catch(() => hands.signal.throwIfAborted());
  }
}

/** @throws AssayError conflict for a run that did not come to its end, or has no answer at all */
function usable(run: RunObject): RunObject {
  const cut = run.status === 'cancelled' || run.status === 'expired' || run.status === 'failed';
  if (!cut && run.completed > 0) return run;
  const what = cut ? `was ${run.status}` : `has no answer: all ${run.failed} requests failed`;
  throw new AssayError('conflict', {
    what: `Benchmark ${run.id} of ${run.model_id} ${what}`,
    remedy: 'See its batch for the reasons; resume the analysis to have it run again.',
  });
}

function outcomeOf(runs: RunObject[]): Outcome {
  const answers = runs.reduce((sum, run) => sum + run.completed, 0);
  const failed = runs.reduce((sum, run) => sum + run.failed, 0);
  return { counts: { answers, failed }, note: failed === 0 ? null : `${failed} requests failed; they are not judged` };
}

async function spentBy(deps: AnalysisDeps, userId: string, runs: RunObject[]): Promise<Outcome['spent']> {
  const { rows } = await deps.db.asUser(userId, (q) =>
    q.query<{ calls: number; prompt: string; completion: string }>(
      `select count(*)::int as calls, coalesce(sum(prompt_tokens), 0) as prompt, coalesce(sum(completion_tokens), 0) as completion
       from results where batch_id = any ($1)`,
      [runs.flatMap(({ batch_id }) => batch_id ?? [])],
    ),
  );
  const { calls, prompt, completion } = rows[0]!;
  return { calls, prompt: Number(prompt), completion: Number(completion), cost: null };
}
