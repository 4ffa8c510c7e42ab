/** The routes of the fake Label Studio: the statuses and shapes of version 1.23.2, as far as Assay calls it. */

import { type Authority, accessTokens } from './fake-label-studio-access.ts';
import { configFault, configFields } from './fake-label-studio-config.ts';
import {
  type Account,
  addAnnotation,
  addPrediction,
  addProject,
  addTask,
  type FakeAnnotation,
  type FakeProject,
  type FakeTask,
  type Json,
  removeAnnotation,
  removeProject,
  removeTask,
  type Store,
  stamp,
  touch,
} from './fake-label-studio-store.ts';
import * as views from './fake-label-studio-views.ts';

export interface FakeCall {
  method: string;
  path: string;
  query: URLSearchParams;
  body: unknown;
  authorization: string | undefined;
}

/** `html`: Django's own page instead of JSON. */
export interface FakeAnswer {
  status: number;
  body?: unknown;
  html?: boolean;
  type?: string;
}

/** What a route works with. */
export interface Behind {
  store: Store;
  authority: Authority;
  /** Tells the webhooks of a change, and waits until each has answered or its second is over. */
  tell(action: string, project: FakeProject, payload: Json): Promise<void>;
}

interface Asked extends FakeCall {
  behind: Behind;
  store: Store;
  account: Account;
  /** Numbers of the path. */
  ids: number[];
}

type Route = (asked: Asked) => FakeAnswer | Promise<FakeAnswer>;

const VERSION = '1.23.2';
const problem = (status: number, detail: string, more: Json = {}): FakeAnswer => {
  const id = '00000000-0000-4000-8000-000000000000';
  return { status, body: { id, status_code: status, version: VERSION, detail, exc_info: null, ...more } };
};
const invalid = (faults: Json): FakeAnswer => problem(400, 'Validation error', { validation_errors: faults });
const missing = (kind: string): FakeAnswer => problem(404, `No ${kind} matches the given query.`);
const page404: FakeAnswer = { status: 404, html: true };
const done = (body: unknown, status = 200): FakeAnswer => ({ status, body });
const gone: FakeAnswer = { status: 204 };
const asJson = (value: unknown): Json => (typeof value === 'object' && value !== null ? (value as Json) : {});

/** Who may call these without a token. */
const open = new Set(['GET /api/version', 'POST /api/token/refresh', 'POST /api/projects/validate']);

const routes: Record<string, Route> = {
  'GET /api/version': () =>
    done({
      release: VERSION,
      'label-studio-os-package': { version: VERSION, short_version: '1.23' },
      edition: 'Community',
    }),
  'GET /api/current-user/whoami': ({ account }) => done(views.accountView(account)),
  'GET /api/users': ({ store }) => done(store.accounts.map(views.accountView)),
  'POST /api/token': ({ account, behind }) => {
    const token = accessTokens.personal(behind.authority, account);
    const told = 'You already have a valid token. Please revoke it before creating a new one.';
    return token === null ? problem(409, told) : done({ token }, 201);
  },
  'POST /api/token/refresh': ({ behind, body }) => {
    const access = accessTokens.exchange(behind.authority, behind.store, String(asJson(body).refresh));
    return access === null ? problem(401, 'Token is invalid') : done({ access });
  },
  'GET /api/projects': listProjects,
  'POST /api/projects': makeProject,
  'POST /api/projects/validate': ({ body }) => {
    const fault = configFault(String(asJson(body).label_config ?? ''));
    return fault === null ? gone : done({ label_config: [fault] }, 400);
  },
  'GET /api/projects/#': (asked) => ofProject(asked, (project) => done(views.projectView(asked.store, project))),
  'DELETE /api/projects/#': (asked) =>
    ofProject(asked, (project) => {
      removeProject(asked.store, project.id);
      return gone;
    }),
  'POST /api/projects/#/import': importTasks,
  'GET /api/projects/#/export': exportTasks,
  'GET /api/tasks': listTasks,
  'GET /api/tasks/#': (asked) => ofTask(asked, (task) => done(views.taskView(asked.store, task, 'alone'))),
  'PATCH /api/tasks/#': (asked) =>
    ofTask(asked, (task) => {
      const { data, meta } = asJson(asked.body);
      if (data !== undefined) task.data = asJson(data);
      if (meta !== undefined) task.meta = asJson(meta);
      touch(task, null);
      return done(views.changedTaskView(asked.store, task));
    }),
  'DELETE /api/tasks/#': (asked) =>
    ofTask(asked, async (task) => {
      removeTask(asked.store, task);
      await asked.behind.tell('TASKS_DELETED', asked.store.projects.get(task.project)!, { tasks: [{ id: task.id }] });
      return gone;
    }),
  'POST /api/tasks/#/annotations': annotate,
  'PATCH /api/annotations/#': (asked) => ofAnnotation(asked, (annotation) => changeAnnotation(asked, annotation)),
  'DELETE /api/annotations/#': (asked) =>
    ofAnnotation(asked, (annotation) => deleteAnnotation(asked.behind, annotation)),
  'POST /api/predictions': makePrediction,
  'DELETE /api/predictions/#': ({ store, ids }) => {
    const prediction = store.predictions.get(ids[0]!);
    if (prediction === undefined) return missing('Prediction');
    const task = store.tasks.get(prediction.task)!;
    task.predictions = task.predictions.filter((one) => one !== prediction);
    store.predictions.delete(prediction.id);
    return gone;
  },
  'POST /api/webhooks': makeHook,
  'DELETE /api/webhooks/#': ({ store, ids }) => (store.hooks.delete(ids[0]!) ? gone : missing('Webhook')),
};

/** Answers a call as Label Studio would. */
export async function answerCall(behind: Behind, call: FakeCall): Promise<FakeAnswer> {
  const parts = call.path.split('/').filter((part) => part !== '');
  const ids = parts.filter((part) => /^\d+$/.test(part)).map(Number);
  const key = `${call.method} /${parts.map((part) => (/^\d+$/.test(part) ? '#' : part)).join('/')}`;
  const route = routes[key];
  if (route === undefined) return page404;
  const account = accessTokens.whose(behind.authority, behind.store, call.authorization);
  if (account === null && !open.has(key)) {
    const legacy = call.authorization?.startsWith('Token ') === true;
    return problem(401, legacy ? 'Invalid token.' : 'Authentication credentials were not provided.');
  }
  return route({ ...call, behind, store: behind.store, account: account ?? behind.store.accounts[0]!, ids });
}

function ofProject(asked: Asked, then: (project: FakeProject) => FakeAnswer): FakeAnswer {
  const project = asked.store.projects.get(asked.ids[0]!);
  return project === undefined ? missing('Project') : then(project);
}

function ofTask(
  asked: Asked,
  then: (task: FakeTask) => FakeAnswer | Promise<FakeAnswer>,
): FakeAnswer | Promise<FakeAnswer> {
  const task = asked.store.tasks.get(asked.ids[0]!);
  return task === undefined ? missing('Task') : then(task);
}

function ofAnnotation(
  asked: Asked,
  then: (one: FakeAnnotation) => Promise<FakeAnswer>,
): FakeAnswer | Promise<FakeAnswer> {
  const annotation = asked.store.annotations.get(asked.ids[0]!);
  return annotation === undefined ? missing('Annotation') : then(annotation);
}

function listProjects({ store, query }: Asked): FakeAnswer {
  const size = Math.min(Number(query.get('page_size') ?? 30), 100);
  const page = Number(query.get('page') ?? 1);
  // The newest first.
  const all = [...store.projects.values()].reverse();
  const wanted = query.get('include')?.split(',') ?? null;
  const results = all.slice((page - 1) * size, page * size).map((project) => {
    const view = Object.entries(views.projectView(store, project));
    return Object.fromEntries(view.filter(([name]) => wanted === null || wanted.includes(name)));
  });
  if (page > 1 && results.length === 0) return problem(404, 'Invalid page.');
  const next = page * size < all.length ? `/api/projects/?page=${page + 1}&page_size=${size}` : null;
  return done({ count: all.length, next, previous: null, results });
}

function makeProject({ store, body }: Asked): FakeAnswer {
  const fields = asJson(body);
  const title = String(fields.title ?? '');
  const faults: Json = {};
  if (title.length < 3) faults.title = ['Ensure this field has at least 3 characters.'];
  if (title.length > 50) faults.title = ['Ensure this field has no more than 50 characters.'];
  const fault = configFault(String(fields.label_config ?? '<View></View>'));
  if (fault !== null) faults.label_config = [fault];
  if (Object.keys(faults).length > 0) return invalid(faults);
  return done({ ...views.projectView(store, addProject(store, fields)), ...views.uncounted }, 201);
}

function importTasks({ store, ids, body }: Asked): FakeAnswer {
  const project = store.projects.get(ids[0]!);
  // Refused before its answers are made into JSON.
  if (project === undefined) return page404;
  const tasks = Array.isArray(body) ? (body as Json[]) : [];
  if (tasks.length === 0) return invalid({ non_field_errors: ['load_tasks: No tasks added'] });
  const fields = configFields(project.label_config);
  const faults = tasks.flatMap((task, i) => {
    const field = fields.find((name) => !(name in asJson(task.data)));
    return field === undefined ? [] : [missingField(i, field, task)];
  });
  if (faults.length > 0) return invalid({ non_field_errors: faults });
  let predictions = 0;
  const made = tasks.map((given) => {
    const task = addTask(store, project.id, { data: asJson(given.data), meta: asJson(given.meta) });
    // Neither the choices nor the score of a prediction are looked at, and its cluster is not kept.
    for (const { cluster: _cluster, ...one } of (given.predictions as Json[] | undefined) ?? []) {
      addPrediction(store, task, one);
      predictions += 1;
    }
    return task.id;
  });
  const counts = { task_count: made.length, annotation_count: 0, prediction_count: predictions, duration: 0.01 };
  return done(
    { ...counts, file_upload_ids: [], could_be_tasks_list: false, found_formats: [], data_columns: [], task_ids: made },
    201,
  );
}

function missingField(at: number, field: string, task: Json): string {
  const assumed = '[assume: item["data"] = task root with values]';
  return `Error at item ${at}: "${field}" key is expected in task data ${assumed} :: ${asPython(task)}`;
}

/** A value as Python prints it, as far as tasks need it. */
function asPython(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(asPython).join(', ')}]`;
  if (typeof value === 'string') return `'${value}'`;
  if (typeof value !== 'object' || value === null) return String(value);
  return `{${Object.entries(value)
    .map(([name, each]) => `'${name}': ${asPython(each)}`)
    .join(', ')}}`;
}

function exportTasks({ store, ids, query }: Asked): FakeAnswer {
  const tasks = store.tasksOf.get(ids[0]!);
  if (tasks === undefined) return page404;
  const all = query.get('download_all_tasks') === 'true';
  const chosen = tasks.filter((task) => all || task.annotations.length > 0);
  return { status: 200, body: chosen.map((task) => views.exportView(store, task)), type: 'application/.json' };
}

interface Condition {
  filter: string;
  operator: string;
  value: number;
}

function listTasks({ store, query }: Asked): FakeAnswer {
  const tasks = store.tasksOf.get(Number(query.get('project')));
  if (tasks === undefined) return missing('Project');
  const wanted = asJson(JSON.parse(query.get('query') ?? '{}'));
  const conditions = (asJson(wanted.filters).items ?? []) as Condition[];
  const chosen = tasks.filter((task) => conditions.every((one) => holds(task, one)));
  const size = Number(query.get('page_size') ?? 100);
  const page = Number(query.get('page') ?? 1);
  const shown = chosen.slice((page - 1) * size, page * size);
  if (page > 1 && shown.length === 0) return problem(404, 'Invalid page.');
  const totals = {
    total_annotations: chosen.reduce(
      (sum, task) => sum + task.annotations.filter((one) => !one.was_cancelled).length,
      0,
    ),
    total_predictions: chosen.reduce((sum, task) => sum + task.predictions.length, 0),
  };
  return done({ ...totals, total: chosen.length, tasks: shown.map((task) => views.taskView(store, task, 'list')) });
}

function holds(task: FakeTask, { filter, operator, value }: Condition): boolean {
  if (operator !== 'greater') throw new Error(`the fake does not know the operator ${operator}`);
  if (filter === 'filter:tasks:id') return task.id > value;
  if (filter === 'filter:tasks:annotations_ids') return task.annotations.some((one) => one.id > value);
  throw new Error(`the fake does not filter by ${filter}`);
}

function annotate(asked: Asked): FakeAnswer | Promise<FakeAnswer> {
  return ofTask(asked, async (task) => {
    const { result, was_cancelled, lead_time } = asJson(asked.body);
    if (!Array.isArray(result)) return invalid({ result: ['annotation "result" field in annotation must be list'] });
    const given = { by: asked.account, result, skipped: was_cancelled === true, leadTime: lead_time as number | null };
    const annotation = await makeAnnotation(asked.behind, task, given);
    return done(views.annotationView(asked.store, annotation, 'list'), 201);
  });
}

/** Keeps an annotation and tells the webhooks. */
export async function makeAnnotation(
  behind: Behind,
  task: FakeTask,
  given: Parameters<typeof addAnnotation>[2],
): Promise<FakeAnnotation> {
  const annotation = addAnnotation(behind.store, task, given);
  await tellOf(behind, 'ANNOTATION_CREATED', annotation);
  return annotation;
}

export async function tellOf(behind: Behind, action: string, annotation: FakeAnnotation): Promise<void> {
  const task = behind.store.tasks.get(annotation.task)!;
  const shown = views.annotationView(behind.store, annotation, 'hook');
  const payload = { annotation: shown, task: views.hookTaskView(behind.store, task) };
  await behind.tell(action, behind.store.projects.get(task.project)!, payload);
}

async function changeAnnotation(asked: Asked, annotation: FakeAnnotation): Promise<FakeAnswer> {
  const { result, was_cancelled } = asJson(asked.body);
  if (Array.isArray(result)) annotation.result = result;
  if (typeof was_cancelled === 'boolean') annotation.was_cancelled = was_cancelled;
  annotation.updated_at = stamp();
  touch(asked.store.tasks.get(annotation.task)!, asked.account);
  await tellOf(asked.behind, 'ANNOTATION_UPDATED', annotation);
  return done(views.annotationView(asked.store, annotation, 'list'));
}

export async function deleteAnnotation(behind: Behind, annotation: FakeAnnotation): Promise<FakeAnswer> {
  const task = removeAnnotation(behind.store, annotation);
  const project = behind.store.projects.get(task.project)!;
  await behind.tell('ANNOTATIONS_DELETED', project, { annotations: [{ id: annotation.id }] });
  return gone;
}

function makePrediction({ store, body }: Asked): FakeAnswer {
  const given = asJson(body);
  const task = store.tasks.get(Number(given.task));
  if (task === undefined) return invalid({ task: [`Invalid pk "${given.task}" - object does not exist.`] });
  return done(views.predictionView(addPrediction(store, task, given), task.project), 201);
}

function makeHook({ store, body }: Asked): FakeAnswer {
  const given = asJson(body);
  const project = Number(given.project);
  if (!store.projects.has(project))
    return invalid({ project: [`Invalid pk "${given.project}" - object does not exist.`] });
  const hook = {
    id: store.next('hook'),
    project,
    url: String(given.url),
    headers: asJson(given.headers) as Record<string, string>,
    send_payload: given.send_payload !== false,
    send_for_all_actions: given.send_for_all_actions !== false,
    is_active: given.is_active !== false,
    actions: (given.actions as string[] | undefined) ?? [],
    created_at: stamp(),
  };
  store.hooks.set(hook.id, hook);
  return done(views.hookView(hook), 201);
}
