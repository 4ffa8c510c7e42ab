/** Shows projects with what became of them: tasks there, annotators and their agreement, and what waits for a person. */

import type { PoolClient } from 'pg';
import type { LabelProject } from '../../contracts/label-studio.ts';
import { annotatorsOf, verdictAgreement } from './pull/agreement.ts';
import { pushObject } from './push/push-object.ts';
import type { ProjectRow } from './rows.ts';

interface Counts {
  project_id: string;
  sent: number;
  audit: number;
  annotated: number;
  annotations: number;
  conflicts: number;
  in_review: number;
  refused: number;
}

const seconds = (at: Date): number => Math.floor(at.getTime() / 1000);

export async function projectObjects(q: PoolClient, projects: ProjectRow[]): Promise<LabelProject[]> {
  const counts = await countsOf(
    q,
    projects.map((project) => project.project_id),
  );
  const objects: LabelProject[] = [];
  for (const project of projects) {
    const of = counts.get(project.project_id)!;
    objects.push({
      ...plainFields(project),
      tasks: { sent: of.sent, annotated: of.annotated, audit: of.audit },
      annotations: of.annotations,
      annotators: await annotatorsOf(q, project.project_id),
      agreement: await verdictAgreement(q, project.project_id),
      conflicts: of.conflicts,
      in_review: of.in_review,
      refused: of.refused,
    });
  }
  return objects;
}

type Counted = 'tasks' | 'annotations' | 'annotators' | 'agreement' | 'conflicts' | 'in_review' | 'refused';

function plainFields(project: ProjectRow): Omit<LabelProject, Counted> {
  return {
    id: project.project_id,
    dataset_id: project.dataset_id,
    title: project.title,
    origin: project.origin,
    remote_id: project.remote_id === null ? null : Number(project.remote_id),
    url: project.remote_id === null ? null : `${project.base_url}/projects/${project.remote_id}/data`,
    models: project.models,
    blind: project.blind,
    seed: project.seed,
    rule: project.rule,
    audit_share: project.audit_share,
    label_config: project.label_config,
    mapping: project.mapping,
    push: project.push === null ? null : pushObject(project.push),
    webhook: project.hook_id !== null,
    pulled_at: project.pulled_at === null ? null : seconds(project.pulled_at),
    problem: project.problem,
    created_at: seconds(project.created_at),
  };
}

async function countsOf(q: PoolClient, ids: string[]): Promise<Map<string, Counts>> {
  const { rows } = await q.query<Counts>(
    `select p.project_id,
       (select count(*) from label_studio_tasks t where t.project_id = p.project_id and t.state = 'sent')::int as sent,
       (select count(*) from label_studio_tasks t where t.project_id = p.project_id and t.audit and t.state <> 'gone')::int as audit,
       (select count(distinct a.item_id) from label_studio_annotations a
        where a.project_id = p.project_id and a.deleted_at is null and not a.skipped)::int as annotated,
       (select count(*) from label_studio_annotations a
        where a.project_id = p.project_id and a.deleted_at is null and not a.skipped)::int as annotations,
       (select count(*) from label_studio_answers w where w.project_id = p.project_id and w.state = 'conflict')::int as conflicts,
       (select count(*) from label_studio_answers w where w.project_id = p.project_id and w.state = 'review')::int as in_review,
       (select count(*) from label_studio_answers w where w.project_id = p.project_id and w.state = 'refused')::int as refused
     from unnest($1::text[]) as p (project_id)`,
    [ids],
  );
  return new Map(rows.map((row) => [row.project_id, row]));
}
