/** Takes annotations that came from Label Studio in: a page of tasks at a time, each page one transaction. */

import { isDeepStrictEqual } from 'node:util';
import type { PoolClient } from 'pg';
import { takeTurn } from '../../../compare/turn.ts';
import type { Pulled } from '../../../contracts/label-studio.ts';
import type { LabelStudioDeps } from '../label-studio-deps.ts';
import type { AnnotationRow, ProjectRow } from '../rows.ts';
import type { RemoteTask } from '../wire/client.ts';
import type { Touched } from './answer-rows.ts';
import {
  beginReading,
  type Change,
  type Kept,
  type PagePlan,
  planGone,
  planTasks,
  type Reading,
} from './plan-changes.ts';
import { type Settled, settleAnswers } from './settle-answers.ts';
import { mendLabels, tellLabels } from './tell-labels.ts';

/** Annotations, and answers in review, that are looked at with one statement. */
const blockRows = 200;

export const nothingPulled: Pulled = {
  tasks: 0,
  created: 0,
  updated: 0,
  deleted: 0,
  applied: 0,
  conflicts: 0,
  in_review: 0,
  refused: 0,
  foreign: 0,
};

export function sumOf(a: Pulled, b: Pulled): Pulled {
  const names = Object.keys(nothingPulled) as (keyof Pulled)[];
  return Object.fromEntries(names.map((name) => [name, a[name] + b[name]])) as Pulled;
}

/**
 * Takes whole tasks, each with all annotations that it has: those kept here that are not among them count as deleted.
 * Tasks of other projects are counted and passed over. `reading` is from before they were read; the call's own when absent.
 */
export async function takeTasks(
  deps: LabelStudioDeps,
  userId: string,
  { project, tasks, reading }: { project: ProjectRow; tasks: RemoteTask[]; reading?: Reading },
): Promise<Pulled> {
  const since = reading ?? (await deps.db.asUser(userId, (q) => beginReading(q, project.project_id, null)));
  return takePage(deps, userId, { project, plan: (q) => planTasks(q, project, { tasks, reading: since }) });
}

/** Takes those that were `known` before a list of all annotations there was read, and that it has not, for deleted. */
export async function takeDeletions(
  deps: LabelStudioDeps,
  userId: string,
  { project, reading, there }: { project: ProjectRow; reading: Reading; there: ReadonlySet<string> },
): Promise<Pulled> {
  const gone = [...reading.known].filter((number) => !there.has(number));
  let sum = nothingPulled;
  for (let from = 0; from < gone.length; from += blockRows) {
    const block = gone.slice(from, from + blockRows);
    sum = sumOf(sum, await takePage(deps, userId, { project, plan: (q) => planGone(q, project, block) }));
  }
  return sum;
}

/** Looks at the answers anew on which annotators were apart: the rule of the project may be another one by now. */
export async function takeByRule(deps: LabelStudioDeps, userId: string, project: ProjectRow): Promise<Pulled> {
  let sum = nothingPulled;
  for (let after: string[] | null = ['', '']; after !== null; ) {
    const place: string[] = after;
    after = await deps.db.asUser(userId, async (q) => {
      await takeTurn(q);
      const { rows } = await q.query<Touched['task'] & { model_id: string }>(
        `select w.item_id, w.model_id, t.answers, t.sent_at from label_studio_answers w join label_studio_tasks t using (project_id, item_id)
         where w.project_id = $1 and w.state = 'review' and (w.item_id, w.model_id) > ($2, $3)
         order by w.item_id, w.model_id limit ${blockRows}`,
        [project.project_id, ...place],
      );
      const touched = rows.map(({ model_id, ...task }) => ({ task, models: [model_id] }));
      if (touched.length > 0) sum = sumOf(sum, pulledOf(await settleAnswers(q, userId, { project, touched })));
      const last = rows.at(-1);
      return rows.length < blockRows ? null : [last!.item_id, last!.model_id];
    });
  }
  return sum;
}

/**
 * Labels are told before the transaction, by a plan that is made again in it; were the annotations changed meanwhile, by
 * another pull, both are done anew.
 */
async function takePage(
  deps: LabelStudioDeps,
  userId: string,
  { project, plan: planIn }: { project: ProjectRow; plan(q: PoolClient): Promise<PagePlan> },
): Promise<Pulled> {
  for (;;) {
    const plan = await deps.db.asUser(userId, planIn);
    const seen = { ...nothingPulled, tasks: plan.own, foreign: plan.foreign };
    if (plan.changes.length === 0) return seen;
    for (const problem of new Set(plan.problems))
      deps.log.debug({ project: project.project_id, problem }, 'an annotation was read in part');
    await tellLabels(deps, userId, plan);
    const taken = await deps.db.asUser(userId, async (q) => {
      await takeTurn(q);
      const now = await planIn(q);
      if (!isDeepStrictEqual(now.changes, plan.changes)) return { pulled: null, stored: now.stored };
      return { pulled: await keep(q, userId, { project, plan: now }), stored: now.stored };
    });
    if (taken.pulled !== null) return sumOf(seen, taken.pulled);
    await mendLabels(deps, userId, { plan, stored: taken.stored });
  }
}

async function keep(
  q: PoolClient,
  userId: string,
  { project, plan }: { project: ProjectRow; plan: PagePlan },
): Promise<Pulled> {
  await writeAnnotations(q, project, plan.changes);
  const settled = await settleAnswers(q, userId, { project, touched: touchedOf(project, plan) });
  const { changes } = plan;
  const fresh = (was: AnnotationRow | null) => was === null || was.deleted_at !== null;
  return {
    ...pulledOf(settled),
    created: changes.filter(({ was, now }) => now !== null && fresh(was)).length,
    updated: changes.filter(({ was, now }) => now !== null && !fresh(was)).length,
    deleted: changes.filter(({ now }) => now === null).length,
  };
}

const pulledOf = (settled: Settled): Pulled => ({ ...nothingPulled, ...settled });

/**
 * Answers of which a changed annotation says something else than it did. By the rule of the newest word also those of which
 * it says the same: it has been said again.
 */
function touchedOf(project: ProjectRow, { changes, tasks }: PagePlan): Touched[] {
  const touched = new Map<string, { task: Touched['task']; models: Set<string> }>();
  for (const { was, now } of changes) {
    for (const row of [was, now]) {
      const task = row === null ? undefined : tasks.get(row.item_id);
      if (row === null || task === undefined) continue;
      const of = touched.get(row.item_id) ?? { task, models: new Set<string>() };
      const again = project.rule === 'newest';
      for (const model of Object.keys(row.said))
        if (again || !isDeepStrictEqual(wordIn(was, model), wordIn(now, model))) of.models.add(model);
      touched.set(row.item_id, of);
    }
  }
  return [...touched.values()];
}

function wordIn(row: AnnotationRow | Kept | null, model: string) {
  if (row === null || row.skipped || ('deleted_at' in row && row.deleted_at !== null)) return null;
  const said = row.said[model];
  return said === undefined ? null : { annotator: row.annotator, item: row.item_id, said };
}

async function writeAnnotations(q: PoolClient, project: ProjectRow, changes: Change[]): Promise<void> {
  const { project_id: id, user_id: user } = project;
  const kept = changes.flatMap(({ now }) => now ?? []);
  if (kept.length > 0) {
    await q.query(
      `insert into label_studio_annotations
         (project_id, user_id, remote_id, item_id, annotator, said, best, raw, skipped, made_at, changed_at)
       select $1, $2, r.remote_id, r.item_id, r.annotator, r.said, r.best, r.raw, r.skipped, r.made_at, r.changed_at
       from jsonb_to_recordset($3::jsonb) as r (remote_id bigint, item_id text, annotator text, said jsonb, best text, raw jsonb,
         skipped boolean, made_at timestamptz, changed_at timestamptz)
       on conflict (project_id, remote_id) do update set item_id = excluded.item_id, annotator = excluded.annotator,
         said = excluded.said, best = excluded.best, raw = excluded.raw, skipped = excluded.skipped,
         made_at = excluded.made_at, changed_at = excluded.changed_at, deleted_at = null`,
      [id, user, JSON.stringify(kept)],
    );
  }
  const gone = changes.flatMap(({ was, now }) => (now === null ? was!.remote_id : []));
  if (gone.length === 0) return;
  await q.query(
    `update label_studio_annotations set deleted_at = clock_timestamp() where project_id = $1 and remote_id = any($2)`,
    [id, gone],
  );
}
