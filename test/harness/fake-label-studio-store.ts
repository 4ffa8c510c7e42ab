/** What the fake Label Studio holds in memory: accounts, projects, tasks, annotations, predictions and webhooks. */

import { randomBytes } from 'node:crypto';

export type Json = Record<string, unknown>;

export interface Account {
  id: number;
  email: string;
  legacyToken: string;
  personalToken: string | null;
}

export interface FakeProject {
  id: number;
  fields: Json;
  label_config: string;
  created_at: string;
}

export interface FakeTask {
  id: number;
  project: number;
  inner_id: number;
  data: Json;
  meta: Json;
  created_at: string;
  updated_at: string;
  updated_by: number | null;
  annotations: FakeAnnotation[];
  predictions: FakePrediction[];
}

export interface FakeAnnotation {
  id: number;
  task: number;
  completed_by: number;
  result: unknown[];
  was_cancelled: boolean;
  lead_time: number | null;
  created_at: string;
  updated_at: string;
}

export interface FakePrediction {
  id: number;
  task: number;
  result: unknown;
  model_version: string;
  score: number | null;
  cluster: number | null;
  created_at: string;
}

export interface FakeHook {
  id: number;
  project: number;
  url: string;
  headers: Record<string, string>;
  send_payload: boolean;
  send_for_all_actions: boolean;
  is_active: boolean;
  actions: string[];
  created_at: string;
}

/** Tables by number. Numbers are given once and never again. */
export interface Store {
  accounts: Account[];
  projects: Map<number, FakeProject>;
  tasks: Map<number, FakeTask>;
  tasksOf: Map<number, FakeTask[]>;
  annotations: Map<number, FakeAnnotation>;
  predictions: Map<number, FakePrediction>;
  hooks: Map<number, FakeHook>;
  next(kind: 'project' | 'task' | 'annotation' | 'prediction' | 'hook'): number;
}

export function newStore(): Store {
  const given = { project: 0, task: 0, annotation: 0, prediction: 0, hook: 0 };
  const store: Store = {
    accounts: [],
    projects: new Map(),
    tasks: new Map(),
    tasksOf: new Map(),
    annotations: new Map(),
    predictions: new Map(),
    hooks: new Map(),
    next: (kind) => {
      given[kind] += 1;
      return given[kind];
    },
  };
  addAccount(store, 'owner@example.com');
  return store;
}

export function addAccount(store: Store, email: string): Account {
  const found = store.accounts.find((account) => account.email === email);
  if (found !== undefined) return found;
  const legacyToken = randomBytes(20).toString('hex');
  const account = { id: store.accounts.length + 1, email, legacyToken, personalToken: null };
  store.accounts.push(account);
  return account;
}

/** Label Studio tells microseconds. */
export const stamp = (at = new Date()): string => at.toISOString().replace('Z', '000Z');

export function addProject(store: Store, fields: Json): FakeProject {
  const id = store.next('project');
  const project = { id, fields, label_config: String(fields.label_config ?? '<View></View>'), created_at: stamp() };
  store.projects.set(id, project);
  store.tasksOf.set(id, []);
  return project;
}

export function removeProject(store: Store, id: number): void {
  for (const task of [...(store.tasksOf.get(id) ?? [])]) removeTask(store, task);
  for (const hook of [...store.hooks.values()]) if (hook.project === id) store.hooks.delete(hook.id);
  store.projects.delete(id);
  store.tasksOf.delete(id);
}

export function addTask(store: Store, project: number, { data, meta }: { data: Json; meta: Json }): FakeTask {
  const id = store.next('task');
  const siblings = store.tasksOf.get(project)!;
  const at = stamp();
  const numbers = { id, project, inner_id: (siblings.at(-1)?.inner_id ?? 0) + 1, updated_by: null };
  const task = { ...numbers, data, meta, created_at: at, updated_at: at, annotations: [], predictions: [] };
  store.tasks.set(id, task);
  siblings.push(task);
  return task;
}

export function removeTask(store: Store, task: FakeTask): void {
  for (const one of task.annotations) store.annotations.delete(one.id);
  for (const one of task.predictions) store.predictions.delete(one.id);
  store.tasks.delete(task.id);
  const siblings = store.tasksOf.get(task.project)!;
  siblings.splice(siblings.indexOf(task), 1);
}

export function addPrediction(store: Store, task: FakeTask, given: Json): FakePrediction {
  const prediction = {
    id: store.next('prediction'),
    task: task.id,
    result: given.result,
    model_version: String(given.model_version ?? 'undefined'),
    score: typeof given.score === 'number' ? given.score : null,
    cluster: typeof given.cluster === 'number' ? given.cluster : null,
    created_at: stamp(),
  };
  task.predictions.push(prediction);
  store.predictions.set(prediction.id, prediction);
  return prediction;
}

export interface Annotating {
  by: Account;
  result: unknown[];
  skipped?: boolean | undefined;
  leadTime?: number | null | undefined;
  at?: Date | undefined;
}

export function addAnnotation(store: Store, task: FakeTask, given: Annotating): FakeAnnotation {
  const at = stamp(given.at);
  const annotation = {
    id: store.next('annotation'),
    task: task.id,
    completed_by: given.by.id,
    result: given.result,
    was_cancelled: given.skipped ?? false,
    lead_time: given.leadTime ?? null,
    created_at: at,
    updated_at: at,
  };
  task.annotations.push(annotation);
  store.annotations.set(annotation.id, annotation);
  touch(task, given.by);
  return annotation;
}

export function removeAnnotation(store: Store, annotation: FakeAnnotation): FakeTask {
  const task = store.tasks.get(annotation.task)!;
  task.annotations = task.annotations.filter((one) => one !== annotation);
  store.annotations.delete(annotation.id);
  touch(task, null);
  return task;
}

export function touch(task: FakeTask, by: Account | null): void {
  task.updated_at = stamp();
  if (by !== null) task.updated_by = by.id;
}
