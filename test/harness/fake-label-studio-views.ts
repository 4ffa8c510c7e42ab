/** How the fake Label Studio shows what it holds: each place of the interface has its own shape, as the real one's have. */

import type {
  Account,
  FakeAnnotation,
  FakeHook,
  FakePrediction,
  FakeProject,
  FakeTask,
  Json,
  Store,
} from './fake-label-studio-store.ts';

const counted = [
  'task_number',
  'finished_task_number',
  'total_predictions_number',
  'total_annotations_number',
  'num_tasks_with_annotations',
  'useful_annotation_number',
  'ground_truth_number',
  'skipped_annotations_number',
];
/** Nothing is counted in the answer that makes a project. */
export const uncounted: Json = Object.fromEntries(counted.map((name) => [name, null]));

export function projectView(store: Store, project: FakeProject): Json {
  const tasks = store.tasksOf.get(project.id) ?? [];
  const annotations = tasks.flatMap((task) => task.annotations);
  const taken = annotations.filter((one) => !one.was_cancelled).length;
  const zeroes = Object.fromEntries(counted.map((name) => [name, 0]));
  return {
    id: project.id,
    title: 'New Project',
    description: '',
    expert_instruction: '',
    show_instruction: false,
    maximum_annotations: 1,
    sampling: 'Sequential sampling',
    model_version: '',
    show_collab_predictions: true,
    evaluate_predictions_automatically: false,
    is_published: false,
    ...project.fields,
    ...zeroes,
    label_config: project.label_config,
    created_by: accountBrief(store.accounts[0]!),
    created_at: project.created_at,
    task_number: tasks.length,
    finished_task_number: tasks.filter((task) => isLabeled(store, task)).length,
    total_predictions_number: tasks.reduce((sum, task) => sum + task.predictions.length, 0),
    total_annotations_number: taken,
    num_tasks_with_annotations: tasks.filter((task) => task.annotations.length > 0).length,
    useful_annotation_number: taken,
    skipped_annotations_number: annotations.length - taken,
  };
}

const accountBrief = (account: Account): Json => ({
  id: account.id,
  first_name: '',
  last_name: '',
  email: account.email,
  avatar: null,
});

export function accountView(account: Account): Json {
  const meta = { title: 'Label Studio', email: 'owner@example.com' };
  // Who signed up by the form said that no news are wanted.
  const signedUp = account.id > 1;
  const names = {
    username: signedUp ? account.email.split('@')[0] : '',
    initials: account.email.slice(0, 2),
    phone: '',
    allow_newsletters: signedUp ? false : null,
  };
  return { ...accountBrief(account), ...names, active_organization: 1, active_organization_meta: meta };
}

export function predictionView(prediction: FakePrediction, project: number): Json {
  const { id, result, model_version, score, cluster, created_at, task } = prediction;
  const unset = { neighbors: null, mislabeling: 0, model: null, model_run: null };
  return {
    id,
    result,
    model_version,
    created_ago: '0 minutes',
    score,
    cluster,
    ...unset,
    created_at,
    updated_at: created_at,
    task,
    project,
  };
}

/** `completed_by` is a number, but an object where a task is shown alone. */
export function annotationView(
  store: Store,
  annotation: FakeAnnotation,
  shown: 'list' | 'alone' | 'export' | 'hook',
): Json {
  const task = store.tasks.get(annotation.task);
  const account = store.accounts[annotation.completed_by - 1]!;
  const { id, result, was_cancelled, lead_time, created_at, updated_at } = annotation;
  const kept = shown === 'export' || shown === 'hook';
  const first = task?.predictions[0];
  const more = kept
    ? {
        prediction: first === undefined ? {} : predictionView(first, task!.project),
        result_count: result.length,
        unique_id: `00000000-0000-4000-8000-${String(id).padStart(12, '0')}`,
      }
    : { created_username: ` ${account.email}, ${account.id}`, created_ago: '0 minutes' };
  return {
    id,
    result,
    ...more,
    completed_by: shown === 'alone' ? { ...accountBrief(account), initials: account.email.slice(0, 2) } : account.id,
    was_cancelled,
    ground_truth: false,
    created_at,
    updated_at,
    draft_created_at: null,
    lead_time,
    import_id: null,
    last_action: null,
    bulk_created: false,
    task: annotation.task,
    project: task?.project ?? null,
    updated_by: account.id,
    parent_prediction: null,
    parent_annotation: null,
    last_created_by: null,
  };
}

function taskBase(task: FakeTask): Json {
  const skipped = task.annotations.filter((one) => one.was_cancelled).length;
  return {
    id: task.id,
    data: task.data,
    meta: task.meta,
    created_at: task.created_at,
    updated_at: task.updated_at,
    inner_id: task.inner_id,
    total_annotations: task.annotations.length - skipped,
    cancelled_annotations: skipped,
    total_predictions: task.predictions.length,
    comment_count: 0,
    unresolved_comment_count: 0,
    last_comment_updated_at: null,
    project: task.project,
    comment_authors: [],
  };
}

export function taskView(store: Store, task: FakeTask, shown: 'list' | 'alone'): Json {
  const versions = [...new Set(task.predictions.map((one) => one.model_version))].join(',');
  const scores = task.predictions.flatMap((one) => one.score ?? []);
  return {
    ...taskBase(task),
    predictions: task.predictions.map((one) => predictionView(one, task.project)),
    annotations: task.annotations.map((one) => annotationView(store, one, shown)),
    drafts: [],
    annotators: [...new Set(task.annotations.map((one) => one.completed_by))],
    annotations_ids: task.annotations.map((one) => one.id).join(','),
    predictions_model_versions: versions,
    predictions_score: scores.length === 0 ? null : scores.reduce((sum, one) => sum + one, 0) / scores.length,
    completed_at: null,
    is_labeled: isLabeled(store, task),
    overlap: overlapOf(store, task),
    updated_by: task.updated_by === null ? [] : [{ user_id: task.updated_by }],
  };
}

/** The answer to a change. */
export function changedTaskView(store: Store, task: FakeTask): Json {
  return {
    ...taskBase(task),
    predictions: task.predictions.map((one) => predictionView(one, task.project)),
    annotations: task.annotations.map((one) => annotationView(store, one, 'list')),
    is_labeled: isLabeled(store, task),
    overlap: overlapOf(store, task),
    updated_by: task.updated_by,
  };
}

const overlapOf = (store: Store, task: FakeTask): number =>
  Number(store.projects.get(task.project)?.fields.maximum_annotations ?? 1);

/** As many annotators as the project wants have annotated it. */
function isLabeled(store: Store, task: FakeTask): boolean {
  const annotators = task.annotations.filter((one) => !one.was_cancelled).map((one) => one.completed_by);
  return new Set(annotators).size >= overlapOf(store, task);
}

export function exportView(store: Store, task: FakeTask): Json {
  return {
    ...taskBase(task),
    annotations: task.annotations.map((one) => annotationView(store, one, 'export')),
    drafts: [],
    predictions: task.predictions.map((one) => one.id),
    allow_skip: true,
    updated_by: task.updated_by,
  };
}

export const hookTaskView = (store: Store, task: FakeTask): Json => ({
  ...taskBase(task),
  is_labeled: isLabeled(store, task),
  allow_skip: true,
  overlap: overlapOf(store, task),
  precomputed_agreement: null,
  updated_by: task.updated_by,
  file_upload: null,
});

export const hookView = (hook: FakeHook): Json => ({ ...hook, organization: 1, updated_at: hook.created_at });
