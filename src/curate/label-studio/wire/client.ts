/** What Assay asks of a Label Studio: its projects, tasks, predictions, annotations and webhooks, as values of our own. */

import type { RemoteProject } from '../../../contracts/label-studio.ts';

/** One entry of the `result` of a prediction or an annotation, as Label Studio writes it. */
export interface RemoteResult {
  id?: string;
  from_name: string;
  to_name: string;
  type: string;
  /** The page says whether a person made it: "manual", "prediction" (left as it was) or "prediction-changed". */
  origin?: string;
  value: Record<string, unknown>;
}

export interface RemoteAnnotation {
  id: number;
  taskId: number;
  /** E-mail address of who made it; "user NUMBER" where only the number is told. */
  annotator: string;
  result: RemoteResult[];
  /** The annotator passed the task over. */
  skipped: boolean;
  madeAt: Date;
  changedAt: Date;
  /** The whole annotation as it came. */
  raw: Record<string, unknown>;
}

export interface RemoteTask {
  id: number;
  data: Record<string, unknown>;
  meta: Record<string, unknown>;
  changedAt: Date;
  annotations: RemoteAnnotation[];
  predictions: RemotePrediction[];
}

export interface RemotePrediction {
  id: number;
  modelVersion: string;
}

/** A prediction that goes out: `score` of [0, 1]; Label Studio's uncertainty order shows the least first. */
export interface NewPrediction {
  model_version: string;
  score: number;
  result: RemoteResult[];
  cluster?: number;
}

/** A task that goes out, as an import takes it. */
export interface NewTask {
  data: Record<string, unknown>;
  meta: Record<string, unknown>;
  predictions: NewPrediction[];
}

/**
 * Every function throws AssayError: label_studio_unreachable (no connection, or it answers 5xx after the tries allowed),
 * label_studio_refused (401 or 403), label_studio_gone (404 of a project), label_studio_failed (any other answer that is none).
 * No message holds the token.
 */
export interface LabelStudioClient {
  baseUrl: string;
  /** Who the token is, and which version answers. @throws AssayError label_studio_too_old */
  whoAmI(): Promise<{ account: string; version: string }>;
  projects(): Promise<RemoteProject[]>;
  project(id: number): Promise<{ id: number; title: string; labelConfig: string; tasks: number }>;
  /** Orders by uncertainty of the predictions of `modelVersion`. Gives its number. */
  createProject(project: { title: string; labelConfig: string; modelVersion: string }): Promise<number>;
  deleteProject(id: number): Promise<void>;
  /** Why Label Studio does not take the configuration; null when it does. */
  configProblem(labelConfig: string): Promise<string | null>;
  /** Imports all or none of them. Gives their numbers in the order of `tasks`. */
  importTasks(projectId: number, tasks: NewTask[]): Promise<number[]>;
  /** All tasks of a project page by page, with data and meta, annotations and predictions. */
  tasks(projectId: number): AsyncGenerator<RemoteTask[]>;
  /** Tasks that are annotated, skipped ones too, page by page. */
  annotatedTasks(projectId: number): AsyncGenerator<RemoteTask[]>;
  /** null: there is none (any more). */
  task(id: number): Promise<RemoteTask | null>;
  updateTask(id: number, change: { data?: Record<string, unknown>; meta?: Record<string, unknown> }): Promise<void>;
  /** One that is gone already is no error. */
  deleteTask(id: number): Promise<void>;
  createPrediction(taskId: number, prediction: NewPrediction): Promise<number>;
  deletePrediction(id: number): Promise<void>;
  /** Tells `url` of annotations made, changed and deleted, with `headers`. Gives its number. */
  createHook(projectId: number, hook: { url: string; headers: Record<string, string> }): Promise<number>;
  deleteHook(id: number): Promise<void>;
}
