/** Begins analyses: checks what would keep one from its end, then writes it down, or goes on with the one that is there. */

import { createHash } from 'node:crypto';
import type { PoolClient } from 'pg';
import type { z } from 'zod';
import { analysisSteps, type NewAnalysis, type resumeAnalysis } from '../../contracts/analyses.ts';
import { newestVersion } from '../../datasets/version-items.ts';
import { AssayError } from '../../errors.ts';
import { selectJudgeRun } from '../../judge/passes/judge-run-row.ts';
import { findReady } from '../../judge/start-judging.ts';
import { selectRun } from '../../runs/run-row.ts';
import type { AnalysisDeps } from './analysis-deps.ts';
import { type AnalysisRow, type AnalysisSettings, newAnalysisId, selectAnalysis } from './analysis-row.ts';

const refused = (param: string, problem: string, value: unknown): AssayError =>
  new AssayError('invalid_parameter', { param, problem, value }, { param });

/**
 * Gives the id of the analysis: the one that was asked for with the same content before, which goes on, or a new one.
 * @throws AssayError not_found, model_not_found, engine_unavailable (a key is not set), invalid_parameter; nothing is written then
 */
export async function startAnalysis(deps: AnalysisDeps, userId: string, asked: NewAnalysis): Promise<string> {
  const settings = withDefaults(deps, asked);
  const source = await sourceOf(deps, userId, settings);
  await checkModels(deps, userId, settings);
  const hash = createHash('sha256')
    .update(JSON.stringify([settings, source.version]))
    .digest();
  return deps.db.asUser(userId, async (q) => {
    const id = await insertAnalysis(q, {
      user_id: userId,
      name: settings.name ?? source.name,
      content_hash: hash,
      source: 'assay',
      dataset_id: source.datasetId,
      model_ids: source.models,
      settings,
    });
    await goOn(q, id);
    return id;
  });
}

/** What an analysis is found by; `judge_run_ids` and failures are filled in by its steps, or by an import. */
type NewRow = Pick<AnalysisRow, 'user_id' | 'name' | 'source' | 'dataset_id' | 'model_ids' | 'settings'> & {
  content_hash: Buffer;
};

/** The id of the analysis with this content. */
export async function insertAnalysis(q: PoolClient, row: NewRow): Promise<string> {
  const { rows } = await q.query<{ analysis_id: string }>(
    `insert into analyses (analysis_id, user_id, name, content_hash, source, dataset_id, model_ids, settings)
     values ($1, $2, $3, $4, $5, $6, $7, $8)
     on conflict (user_id, content_hash) do update set name = analyses.name returning analysis_id`,
    [
      newAnalysisId(),
      row.user_id,
      row.name,
      row.content_hash,
      row.source,
      row.dataset_id,
      row.model_ids,
      JSON.stringify(row.settings),
    ],
  );
  const id = rows[0]!.analysis_id;
  await q.query(
    `insert into analysis_steps (analysis_id, step, user_id) select $1, step, $2 from unnest($3::text[]) as step on conflict do nothing`,
    [id, row.user_id, analysisSteps],
  );
  return id;
}

/** Has the steps looked at again, whatever came of them before. */
export async function goOn(q: PoolClient, id: string): Promise<void> {
  await q.query(`update analyses set status = 'running', problem = null, ended_at = null where analysis_id = $1`, [id]);
}

/** Goes on with an analysis that has ended, some of its steps to be done anew. @throws AssayError not_found, conflict, invalid_parameter, model_not_found */
export async function resumeStopped(
  deps: AnalysisDeps,
  userId: string,
  on: { id: string } & z.output<typeof resumeAnalysis>,
): Promise<void> {
  const analysis = await deps.db.asUser(userId, (q) => selectAnalysis(q, on.id));
  const settings: AnalysisSettings = { ...analysis.settings, ...(on.generate ? { generate: on.generate } : {}) };
  if (analysis.status === 'running' && (on.from !== undefined || on.generate !== undefined)) {
    throw new AssayError('conflict', {
      what: `Analysis ${on.id} is under way; its steps cannot be done anew meanwhile`,
      remedy: 'Wait for its end, or cancel it first.',
    });
  }
  if (
    analysis.source === 'import' &&
    on.from !== undefined &&
    analysisSteps.indexOf(on.from) < analysisSteps.indexOf('cluster')
  )
    throw refused('from', 'is a step that an import has not; its first is cluster', on.from);
  await checkModels(deps, userId, settings);
  await deps.db.asUser(userId, async (q) => {
    if (on.from !== undefined) {
      await q.query(
        `update analysis_steps set anew = anew + 1, status = 'waiting', inputs_hash = null where analysis_id = $1 and step = any ($2)`,
        [on.id, analysisSteps.slice(analysisSteps.indexOf(on.from))],
      );
    }
    await q.query('update analyses set settings = $2 where analysis_id = $1', [on.id, JSON.stringify(settings)]);
    await goOn(q, on.id);
  });
}

/** Where no embeddings model is named the server's own is; what is spelled out is what the analysis is found by. */
function withDefaults({ limits }: AnalysisDeps, asked: NewAnalysis): AnalysisSettings {
  const model = asked.cluster.model === undefined ? limits.embeddingsModel : asked.cluster.model;
  return { ...asked, cluster: { ...asked.cluster, model } };
}

interface Source {
  name: string;
  datasetId: string;
  models: string[];
  /** What the analysis begins with, as it is now. */
  version: unknown;
}

async function sourceOf(deps: AnalysisDeps, userId: string, asked: AnalysisSettings): Promise<Source> {
  if (asked.judge_run_ids !== undefined) {
    const beside = asked.dataset_id !== undefined ? 'dataset_id' : asked.model_ids !== undefined ? 'model_ids' : null;
    if (beside !== null)
      throw refused(beside, 'is not taken beside judge_run_ids, which say it already', asked[beside]);
    return sourceOfJudgeRuns(deps, userId, asked.judge_run_ids);
  }
  if (asked.dataset_id === undefined)
    throw refused('dataset_id', 'names the dataset; give it with model_ids, or give judge_run_ids instead', 'none');
  if (asked.model_ids === undefined)
    throw refused('model_ids', 'names the models whose failures are looked for', 'none');
  const { datasetId, versionId } = await deps.db.asUser(userId, (q) => newestVersion(q, userId, asked.dataset_id!));
  const dataset = await deps.datasets.get(userId, datasetId);
  const models = [...new Set(asked.model_ids)];
  return { name: `${models.join(', ')} on ${dataset.name}`.slice(0, 200), datasetId, models, version: versionId };
}

async function sourceOfJudgeRuns(deps: AnalysisDeps, userId: string, ids: string[]): Promise<Source> {
  return deps.db.asUser(userId, async (q) => {
    const runs = [];
    for (const id of ids) runs.push(await selectJudgeRun(q, id));
    const [first] = runs;
    const apart = runs.find((run) => run.dataset_id !== first!.dataset_id);
    if (apart !== undefined)
      throw refused(
        'judge_run_ids',
        `must be over one dataset; ${apart.judge_run_id} is over ${apart.dataset_id}`,
        ids[0],
      );
    const pair = runs.find((run) => run.mode === 'pairwise');
    if (pair !== undefined)
      throw refused(
        'judge_run_ids',
        'compares two answers, which makes neither a failure; take another one',
        pair.judge_run_id,
      );
    const going = runs.find((run) => run.status === 'running');
    if (going !== undefined) throw refused('judge_run_ids', 'is under way; wait for its end', going.judge_run_id);
    const models: string[] = [];
    for (const run of runs) models.push((await selectRun(q, run.run_id)).model_id);
    const names = [...new Set(models)];
    return {
      name: `Failures of ${names.join(', ')}`.slice(0, 200),
      datasetId: first!.dataset_id,
      models: names,
      version: ids,
    };
  });
}

/** Every model that a step will ask is there and has its key, before anything runs. */
export async function checkModels(deps: AnalysisDeps, userId: string, asked: AnalysisSettings): Promise<void> {
  const { judge, label, generate, cluster } = asked;
  const named = [
    ...(asked.model_ids ?? []),
    ...(asked.model_ids === undefined ? [] : (judge.judge_models ?? [judge.judge_model])),
    cluster.model,
    label.model,
    label.judge,
    generate?.model,
    generate?.answer_model,
    generate?.judge,
  ];
  for (const name of new Set(named)) if (name != null) await findReady(deps, userId, name);
  await checkChats(deps, userId, asked);
  if (
    asked.model_ids !== undefined &&
    judge.mode !== 'rules' &&
    judge.mode !== 'metrics' &&
    judge.judge_models === undefined &&
    judge.judge_model === undefined
  )
    throw refused('judge.judge_model', `names the model that judges; mode ${judge.mode} needs one`, 'none');
  if (label.judge !== undefined && label.model === null)
    throw refused('label.judge', 'tests the names that label.model gives; name that too', label.judge);
}

/** An embeddings model cannot be talked to, and another cannot embed. */
async function checkChats(deps: AnalysisDeps, userId: string, asked: AnalysisSettings): Promise<void> {
  const { label, generate } = asked;
  for (const [param, name] of [
    ['label.model', label.model],
    ['generate.model', generate?.model],
  ] as const) {
    if (name == null) continue;
    if ((await deps.models.find(userId, name)).embeddings)
      throw refused(param, 'is an embeddings model, which writes no text', name);
  }
}
