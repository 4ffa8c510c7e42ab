/** Makes, shows, changes and removes the projects by which answers go to Label Studio and come back. */

import type { PoolClient } from 'pg';
import type { LabelProject, NewProject, ProjectChange } from '../../contracts/label-studio.ts';
import { AssayError } from '../../errors.ts';
import { clientOf } from './connection.ts';
import type { LabelStudioDeps } from './label-studio-deps.ts';
import { type PlannedProject, planProject } from './plan-project.ts';
import { projectObjects } from './project-object.ts';
import { hookOf, removeHook } from './pull/register-hook.ts';
import { newProjectId, type ProjectRow, selectProject } from './rows.ts';

/** The name under which the project's own order of uncertainty finds its scores. */
export const modelVersion = 'assay';

/**
 * A project there is made first and its row after it; when the row cannot be written, it is taken away again.
 * @throws AssayError not_found (dataset), invalid_parameter, label_config_invalid, label_studio_…, conflict (mapped already)
 */
export async function createProject(deps: LabelStudioDeps, userId: string, asked: NewProject): Promise<LabelProject> {
  checkKind(asked);
  const planned = await deps.db.asUser(userId, (q) => planProject(deps, q, { userId, plan: asked }));
  const row = {
    ...rowOf(userId, asked, planned),
    ...(asked.files_only ? noRemote : await makeThere(deps, userId, { asked, planned })),
  };
  try {
    await deps.db.asUser(userId, (q) => insertProject(q, row));
  } catch (error) {
    if (row.origin === 'made') await takeAway(deps, userId, row);
    throw mappedTwice(error, row) ?? error;
  }
  // It is there by now: a webhook that cannot be made at present is made by the next look at the project.
  if (!asked.files_only)
    await hookOf(deps, userId, row.project_id).catch((error: Error) =>
      deps.log.warn({ project: row.project_id, problem: error.message }, 'the webhook is made later'),
    );
  return getProject(deps, userId, row.project_id);
}

const noRemote = { origin: 'files' as const, remote_id: null, base_url: null };

function checkKind(asked: NewProject): void {
  if (!asked.files_only || asked.remote_id === undefined) return;
  const problem = 'maps a project in Label Studio, which one of files alone has not';
  throw new AssayError(
    'invalid_parameter',
    { param: 'remote_id', problem, value: asked.remote_id },
    { param: 'remote_id' },
  );
}

type NewRow = Pick<
  ProjectRow,
  | 'project_id'
  | 'user_id'
  | 'dataset_id'
  | 'title'
  | 'origin'
  | 'remote_id'
  | 'base_url'
  | 'models'
  | 'blind'
  | 'seed'
  | 'label_config'
  | 'mapping'
  | 'rule'
  | 'audit_share'
>;

function rowOf(userId: string, asked: NewProject, planned: PlannedProject): Omit<NewRow, keyof typeof noRemote> {
  return {
    project_id: newProjectId(),
    user_id: userId,
    dataset_id: asked.dataset_id,
    title: planned.title,
    models: planned.models,
    blind: asked.blind,
    seed: asked.seed,
    label_config: planned.labelConfig,
    mapping: planned.mapping,
    rule: asked.rule,
    audit_share: asked.audit_share,
  };
}

/** A mapped project keeps its own labeling configuration, which has been read by then. */
async function makeThere(
  deps: LabelStudioDeps,
  userId: string,
  { asked, planned }: { asked: NewProject; planned: PlannedProject },
): Promise<Pick<NewRow, keyof typeof noRemote>> {
  const client = await clientOf(deps, userId);
  const at = { base_url: client.baseUrl };
  if (asked.remote_id !== undefined) return { ...at, origin: 'mapped', remote_id: String(asked.remote_id) };
  const problem = await client.configProblem(planned.labelConfig);
  if (problem !== null) throw new AssayError('label_config_invalid', { problem: `Label Studio says: ${problem}` });
  const id = await client.createProject({ title: planned.title, labelConfig: planned.labelConfig, modelVersion });
  return { ...at, origin: 'made', remote_id: String(id) };
}

async function insertProject(q: PoolClient, row: NewRow): Promise<void> {
  await q.query(
    `insert into label_studio_projects (project_id, user_id, dataset_id, title, origin, remote_id, base_url, models, blind, seed,
       label_config, mapping, rule, audit_share)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)`,
    [
      row.project_id,
      row.user_id,
      row.dataset_id,
      row.title,
      row.origin,
      row.remote_id,
      row.base_url,
      row.models,
      row.blind,
      row.seed,
      row.label_config,
      JSON.stringify(row.mapping),
      row.rule,
      row.audit_share,
    ],
  );
}

async function takeAway(deps: LabelStudioDeps, userId: string, row: NewRow): Promise<void> {
  await clientOf(deps, userId)
    .then((client) => client.deleteProject(Number(row.remote_id)))
    .catch((error: Error) =>
      deps.log.warn(
        { remote_project: row.remote_id, problem: error.message },
        'an empty project stays in Label Studio',
      ),
    );
}

const UNIQUE_VIOLATION = '23505';

function mappedTwice(error: unknown, row: NewRow): AssayError | null {
  if ((error as { code?: string }).code !== UNIQUE_VIOLATION) return null;
  return new AssayError('conflict', {
    what: `Project ${row.remote_id} at ${row.base_url} is mapped already`,
    remedy: 'List the projects with GET /api/label-studio/projects, and remove the other first.',
  });
}

/** @throws AssayError not_found */
export async function getProject(deps: LabelStudioDeps, userId: string, id: string): Promise<LabelProject> {
  return deps.db.asUser(userId, async (q) => (await projectObjects(q, [await selectProject(q, id)]))[0]!);
}

/** Newest first; of one dataset, or of all. */
export async function listProjects(
  deps: LabelStudioDeps,
  userId: string,
  datasetId: string | null,
): Promise<LabelProject[]> {
  return deps.db.asUser(userId, async (q) => {
    const { rows } = await q.query<ProjectRow>(
      `select * from label_studio_projects where $1::text is null or dataset_id = $1 order by created_at desc, project_id limit 500`,
      [datasetId],
    );
    return projectObjects(q, rows);
  });
}

/** What was taken by the rule before stays; the next pull takes by the new one. @throws AssayError not_found */
export async function changeProject(
  deps: LabelStudioDeps,
  userId: string,
  { id, change }: { id: string; change: ProjectChange },
): Promise<LabelProject> {
  await deps.db.asUser(userId, async (q) => {
    const { project_id } = await selectProject(q, id);
    await q.query(
      `update label_studio_projects set rule = coalesce($2, rule), audit_share = coalesce($3, audit_share) where project_id = $1`,
      [project_id, change.rule ?? null, change.audit_share ?? null],
    );
  });
  return getProject(deps, userId, id);
}

/** It stays in Label Studio, without its webhook; what came from there stays here. @throws AssayError not_found */
export async function removeProject(deps: LabelStudioDeps, userId: string, id: string): Promise<void> {
  const project = await deps.db.asUser(userId, (q) => selectProject(q, id));
  await removeHook(deps, userId, project).catch((error: Error) =>
    deps.log.warn({ project: id, problem: error.message }, 'a webhook stays in Label Studio'),
  );
  await deps.db.asUser(userId, (q) =>
    q.query('delete from label_studio_projects where project_id = $1', [project.project_id]),
  );
}
