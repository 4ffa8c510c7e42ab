/** Opens a client of a Label Studio: what Assay asks of it, over its HTTP interface. */

import { AssayError } from '../../../errors.ts';
import { ask, askFor, failed, openWire, shaped, type Wire } from './ask.ts';
import { detailOf, faultsOf, sendCall, shownUrl } from './call.ts';
import type { LabelStudioClient, NewPrediction, NewTask } from './client.ts';
import { type LookUp, listAnnotated, listTasks, openAccounts } from './list-tasks.ts';
import { annotatorsOf, readTask } from './read-task.ts';
import * as shapes from './shapes.ts';

export { tokenKind } from './access.ts';

export interface LabelStudioAddress {
  /** Also with a path, where Label Studio lies under one. */
  baseUrl: string;
  token: string;
  /** Longest wait for one answer, ms. */
  timeoutMs: number;
  /** Of a call that does not reach Label Studio. */
  tries: number;
}

/** The oldest version whose interface is the one that is used here. */
export const OLDEST_VERSION = '1.13.0';
/** Annotators whose word is wanted of a task: with 1, Label Studio offers a task to nobody else once one has annotated it. */
const ANNOTATORS = 3;
const HOOK_ACTIONS = [
  'ANNOTATION_CREATED',
  'ANNOTATIONS_CREATED',
  'ANNOTATION_UPDATED',
  'ANNOTATIONS_DELETED',
  'TASKS_DELETED',
];

/** Nothing is asked yet. A POST whose answer is lost is never sent again: it ends as label_studio_unreachable. */
export function openLabelStudioClient(address: LabelStudioAddress): LabelStudioClient {
  const baseUrl = address.baseUrl.replace(/\/+$/, '');
  const wire = openWire({ ...address, baseUrl, token: address.token.trim() });
  const lookUp = openAccounts(wire);
  return {
    baseUrl,
    whoAmI: () => whoAmI(wire),
    ...projectCalls(wire),
    ...taskCalls(wire, lookUp),
    ...predictionCalls(wire),
    ...hookCalls(wire),
  };
}

async function whoAmI(wire: Wire): Promise<{ account: string; version: string }> {
  const asked = { method: 'GET', path: '/api/version/', what: 'tell its version' } as const;
  // Told to everyone: an address that is wrong is seen before a token is sent there.
  const answer = await sendCall(wire, asked, null);
  const problem = 'it is not at this address: /api/version/ does not answer as Label Studio does';
  const said = answer.status === 200 ? shaped(wire, asked, { schema: shapes.versionShape, answer }) : {};
  const version = said['label-studio-os-package']?.version ?? said.release;
  if (version === undefined) throw failed(wire, asked, `${problem} (status ${answer.status}: ${detailOf(answer)})`);
  if (isOlder(version, OLDEST_VERSION)) {
    throw new AssayError('label_studio_too_old', { url: shownUrl(wire), version, oldest: OLDEST_VERSION });
  }
  const me = { method: 'GET', path: '/api/current-user/whoami', what: 'tell whose token it is' } as const;
  const { email } = await askFor(wire, me, shapes.accountShape);
  return { account: email, version };
}

/** Whether version `one` comes before `other`; letters behind a number ("1.14.0.post0") do not count. */
export function isOlder(one: string, other: string): boolean {
  const [a, b] = [one, other].map((text) => text.split('.').map((part) => Number.parseInt(part, 10) || 0)) as [
    number[],
    number[],
  ];
  const at = b.findIndex((part, i) => part !== (a[i] ?? 0));
  return at >= 0 && (a[at] ?? 0) < b[at]!;
}

type ProjectCalls = 'projects' | 'project' | 'createProject' | 'deleteProject' | 'configProblem';

function projectCalls(wire: Wire): Pick<LabelStudioClient, ProjectCalls> {
  return {
    async projects() {
      const found = [];
      for (let page = 1; ; page += 1) {
        const path = `/api/projects/?page=${page}&page_size=100&include=id,title,task_number`;
        const { results, next } = await askFor(
          wire,
          { method: 'GET', path, what: 'list projects' },
          shapes.projectPage,
        );
        found.push(...results.map((one) => ({ remote_id: one.id, title: one.title, tasks: one.task_number ?? 0 })));
        if (next === null) return found;
      }
    },
    async project(id) {
      const asked = { method: 'GET', path: `/api/projects/${id}/`, what: `show project ${id}`, project: id } as const;
      const one = await askFor(wire, asked, shapes.projectShape);
      return { id: one.id, title: one.title, labelConfig: one.label_config ?? '', tasks: one.task_number ?? 0 };
    },
    async createProject({ title, labelConfig, modelVersion }) {
      const body = {
        title,
        label_config: labelConfig,
        sampling: 'Uncertainty sampling',
        model_version: modelVersion,
        maximum_annotations: ANNOTATORS,
        show_collab_predictions: true,
        evaluate_predictions_automatically: false,
      };
      const asked = { method: 'POST', path: '/api/projects/', body, what: `make project ${title}` } as const;
      return (await askFor(wire, asked, shapes.numbered)).id;
    },
    async deleteProject(id) {
      await ask(wire, { method: 'DELETE', path: `/api/projects/${id}/`, what: `delete project ${id}`, takes: [404] });
    },
    async configProblem(labelConfig) {
      const asked = { method: 'POST', path: '/api/projects/validate/', body: { label_config: labelConfig } } as const;
      const what = 'check a labeling configuration';
      const answer = await ask(wire, { ...asked, what, harmless: true, takes: [400] });
      if (answer.status !== 400) return null;
      const said = answer.json as { label_config?: unknown } | undefined;
      return said?.label_config === undefined ? detailOf(answer) : faultsOf(said.label_config);
    },
  };
}

type TaskCalls = 'importTasks' | 'tasks' | 'annotatedTasks' | 'task' | 'updateTask' | 'deleteTask';

function taskCalls(wire: Wire, lookUp: LookUp): Pick<LabelStudioClient, TaskCalls> {
  return {
    importTasks: (projectId, tasks) => importTasks(wire, projectId, tasks),
    tasks: (projectId) => listTasks(wire, projectId, lookUp),
    annotatedTasks: (projectId) => listAnnotated(wire, projectId, lookUp),
    async task(id) {
      const asked = { method: 'GET', path: `/api/tasks/${id}/?resolve_uri=false`, what: `show task ${id}` } as const;
      const answer = await ask(wire, { ...asked, takes: [404] });
      if (answer.status === 404) return null;
      const one = shaped(wire, asked, { schema: shapes.taskShape, answer });
      return readTask(one, await lookUp(annotatorsOf([one])));
    },
    async updateTask(id, change) {
      await ask(wire, { method: 'PATCH', path: `/api/tasks/${id}/`, body: change, what: `change task ${id}` });
    },
    async deleteTask(id) {
      await ask(wire, { method: 'DELETE', path: `/api/tasks/${id}/`, what: `delete task ${id}`, takes: [404] });
    },
  };
}

async function importTasks(wire: Wire, projectId: number, tasks: NewTask[]): Promise<number[]> {
  if (tasks.length === 0) return [];
  const path = `/api/projects/${projectId}/import?return_task_ids=true`;
  const what = `import ${tasks.length} tasks`;
  const asked = { method: 'POST', path, body: tasks, what, project: projectId } as const;
  const { task_ids: numbers } = await askFor(wire, asked, shapes.imported);
  if (numbers?.length === tasks.length) return numbers;
  const problem =
    numbers === undefined
      ? 'it imports in the background, as its Enterprise edition does; Assay speaks with the Community edition'
      : `it made ${numbers.length} tasks`;
  throw failed(wire, asked, problem);
}

function predictionCalls(wire: Wire): Pick<LabelStudioClient, 'createPrediction' | 'deletePrediction'> {
  return {
    async createPrediction(taskId, prediction: NewPrediction) {
      const body = { task: taskId, ...prediction };
      const what = `keep a prediction for task ${taskId}`;
      return (await askFor(wire, { method: 'POST', path: '/api/predictions/', body, what }, shapes.numbered)).id;
    },
    async deletePrediction(id) {
      const what = `delete prediction ${id}`;
      await ask(wire, { method: 'DELETE', path: `/api/predictions/${id}/`, what, takes: [404] });
    },
  };
}

function hookCalls(wire: Wire): Pick<LabelStudioClient, 'createHook' | 'deleteHook'> {
  return {
    async createHook(projectId, { url, headers }) {
      const when = { send_payload: true, send_for_all_actions: false, is_active: true, actions: HOOK_ACTIONS };
      const body = { project: projectId, url, headers, ...when };
      const what = `call ${url} when annotations change`;
      // An address of its own network is forbidden with 403: the token is not at fault.
      const asked = { method: 'POST', path: '/api/webhooks/', body, what, forbids: true } as const;
      const answer = await ask(wire, { ...asked, takes: [400] });
      if (answer.status !== 400) return shaped(wire, asked, { schema: shapes.numbered, answer }).id;
      const why = detailOf(answer);
      // Of a project that is not there, it says that its number is invalid.
      if (!/^project: Invalid pk/.test(why)) throw failed(wire, asked, why);
      throw new AssayError('label_studio_gone', { project: projectId, url: shownUrl(wire) });
    },
    async deleteHook(id) {
      await ask(wire, { method: 'DELETE', path: `/api/webhooks/${id}/`, what: `delete webhook ${id}`, takes: [404] });
    },
  };
}
