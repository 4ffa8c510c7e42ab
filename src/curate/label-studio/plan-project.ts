/** Settles what a project would be: its models, its labeling configuration, what its controls mean, and a task of it. */

import type { PoolClient } from 'pg';
import type { Mapping, Preview, ProjectPlan } from '../../contracts/label-studio.ts';
import { newestVersion, type Version } from '../../datasets/version-items.ts';
import { AssayError } from '../../errors.ts';
import { readEntries } from '../entries.ts';
import { generateConfig } from './config/generate-config.ts';
import { knownFields } from './config/known-fields.ts';
import { checkMapping, mappingOf } from './config/read-config.ts';
import { clientOf } from './connection.ts';
import type { LabelStudioDeps } from './label-studio-deps.ts';
import { slotKeys } from './slot-key.ts';
import { makeTask } from './task/make-task.ts';

/** Characters that Label Studio takes for a title. */
const titleChars = 50;

export interface PlannedProject {
  version: Version;
  models: string[];
  title: string;
  labelConfig: string;
  mapping: Mapping;
}

/** @throws AssayError not_found (dataset), invalid_parameter (models), label_config_invalid, label_studio_… (a mapped project) */
export async function planProject(
  deps: LabelStudioDeps,
  q: PoolClient,
  { userId, plan }: { userId: string; plan: ProjectPlan & { remote_id?: number | undefined } },
): Promise<PlannedProject> {
  const version = await newestVersion(q, userId, plan.dataset_id);
  const models = await modelsOf(q, version, plan.models);
  const given = plan.remote_id === undefined ? null : await (await clientOf(deps, userId)).project(plan.remote_id);
  const title = given?.title ?? plan.title ?? (await titleOf(q, version));
  const own = plan.label_config ?? given?.labelConfig;
  if (own === undefined) {
    const fields = await knownFields(q, { versionId: version.versionId, models, most: deps.limits.knownValues });
    return { version, models, title, ...generateConfig({ models, blind: plan.blind, fields }) };
  }
  if (plan.mapping !== undefined) checkMapping(plan.mapping, own, models);
  return { version, models, title, labelConfig: own, mapping: plan.mapping ?? mappingOf(own, { models }) };
}

/** All that have a current run over the version, when none are named. @throws AssayError invalid_parameter */
async function modelsOf(q: PoolClient, version: Version, asked: string[] | undefined): Promise<string[]> {
  const { rows } = await q.query<{ model_id: string }>(
    'select distinct model_id from runs where version_id = $1 and superseded_by is null order by model_id',
    [version.versionId],
  );
  const there = rows.map((row) => row.model_id);
  const refuse = (problem: string, value: unknown) =>
    new AssayError('invalid_parameter', { param: 'models', problem, value }, { param: 'models' });
  if (asked === undefined) {
    if (there.length === 0) throw refuse('has none to take: no model has answered this dataset yet', version.datasetId);
    if (there.length > 26)
      throw refuse(`must name at most 26; ${there.length} have answered this dataset`, there.length);
    return there;
  }
  const unknown = asked.find((model) => !there.includes(model));
  if (unknown !== undefined)
    throw refuse(
      `names a model that has not answered this dataset; those that have: ${there.join(', ') || '(none)'}`,
      unknown,
    );
  return [...new Set(asked)];
}

async function titleOf(q: PoolClient, version: Version): Promise<string> {
  const { rows } = await q.query<{ name: string }>('select name from datasets where dataset_id = $1', [
    version.datasetId,
  ]);
  return [...`Assay: ${rows[0]!.name}`].slice(0, titleChars).join('');
}

/** The configuration and a task as they would be, of the first item on which the models differ. @throws as planProject */
export async function previewProject(deps: LabelStudioDeps, userId: string, plan: ProjectPlan): Promise<Preview> {
  const { labelConfig, mapping, task } = await deps.db.asUser(userId, async (q) => {
    const planned = await planProject(deps, q, { userId, plan });
    return { ...planned, task: await firstTask(deps, q, { planned, plan }) };
  });
  return { label_config: labelConfig, mapping, task, problem: await configProblem(deps, userId, labelConfig) };
}

async function firstTask(
  deps: LabelStudioDeps,
  q: PoolClient,
  { planned, plan }: { planned: PlannedProject; plan: ProjectPlan },
): Promise<unknown> {
  const { versionId, datasetId } = planned.version;
  const { rows } = await q.query<{ ordinal: number }>(
    `select i.ordinal from items i left join item_states s using (version_id, ordinal)
     where i.version_id = $1 order by coalesce(s.differs, false) desc, i.ordinal limit 1`,
    [versionId],
  );
  const models = { dataset_id: datasetId, models: planned.models };
  const filter = { ...models, filter: [], differs_at: [], agree_on: [], category: [], decided: [] };
  const entries = await readEntries(
    q,
    { versionId, datasetId, filter, kinds: null },
    rows.map((row) => row.ordinal),
  );
  if (entries[0] === undefined) return null;
  const project = { ...plan, project_id: 'lsp_preview', models: planned.models, mapping: planned.mapping };
  const slotKey = slotKeys(deps.sealer, project);
  return makeTask(entries[0], { project, score: 0, cluster: null, audit: false, slotKey }).task;
}

/** What Label Studio says of it; null where there is none to ask. */
async function configProblem(deps: LabelStudioDeps, userId: string, labelConfig: string): Promise<string | null> {
  try {
    return await (await clientOf(deps, userId)).configProblem(labelConfig);
  } catch (error) {
    if (error instanceof AssayError && error.code === 'label_studio_not_connected') return null;
    throw error;
  }
}
