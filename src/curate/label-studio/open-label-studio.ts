/** The room of Label Studio as the routes see it: each function with what it needs already in its hands. */

import type { Readable } from 'node:stream';
import type {
  ConnectionObject,
  LabelProject,
  NewConnection,
  NewProject,
  NewPush,
  OpenAnswer,
  Preview,
  ProjectChange,
  ProjectPlan,
  Pulled,
  PushSelection,
  RemoteProject,
  Resolution,
  ReviewQuery,
  ReviewQueue,
} from '../../contracts/label-studio.ts';
import { reviewQueue } from '../review/review-queue.ts';
import { keepRound } from '../review/review-rounds.ts';
import { clientOf, connectionOf, connectLabelStudio, disconnect } from './connection.ts';
import { exportTasks } from './files/export-file.ts';
import { importAnnotations } from './files/import-file.ts';
import type { LabelStudioDeps } from './label-studio-deps.ts';
import { previewProject } from './plan-project.ts';
import { changeProject, createProject, getProject, listProjects, removeProject } from './projects.ts';
import { openHooks } from './pull/hook.ts';
import { openAnswers } from './pull/open-answers.ts';
import { openPolling } from './pull/polling.ts';
import { pullProject } from './pull/pull-project.ts';
import { resolveAnswer } from './pull/resolve.ts';
import { openPushes } from './push/open-pushes.ts';
import { selectProject } from './rows.ts';

/** Every function throws not_found for what the user does not own, and label_studio_… where Label Studio is spoken with. */
export interface LabelStudio {
  connection(userId: string): Promise<ConnectionObject>;
  connect(userId: string, asked: NewConnection): Promise<ConnectionObject>;
  disconnect(userId: string): Promise<ConnectionObject>;
  remoteProjects(userId: string): Promise<RemoteProject[]>;
  preview(userId: string, plan: ProjectPlan): Promise<Preview>;
  projects(userId: string, datasetId: string | null): Promise<LabelProject[]>;
  project(userId: string, id: string): Promise<LabelProject>;
  createProject(userId: string, asked: NewProject): Promise<LabelProject>;
  changeProject(userId: string, id: string, change: ProjectChange): Promise<LabelProject>;
  removeProject(userId: string, id: string): Promise<void>;
  /** Answers when it is planned; the sending goes on behind. */
  push(userId: string, id: string, asked: NewPush): Promise<LabelProject>;
  cancelPush(userId: string, id: string): Promise<LabelProject>;
  pull(userId: string, id: string): Promise<Pulled>;
  /** What Label Studio tells by webhook. @throws AssayError not_found also for a wrong secret */
  hook(projectId: string, told: { secret: string; body: unknown }): Promise<void>;
  openAnswers(
    userId: string,
    id: string,
    page: { after?: string | undefined; limit: number },
  ): Promise<{ data: OpenAnswer[]; next: string | null }>;
  resolve(userId: string, id: string, resolution: Resolution): Promise<void>;
  exportTasks(
    userId: string,
    id: string,
    asked: { select: PushSelection; limit: number },
  ): Promise<AsyncIterable<string>>;
  importAnnotations(userId: string, id: string, file: Readable | null): Promise<Pulled>;
  reviewQueue(userId: string, query: ReviewQuery): Promise<ReviewQueue>;
  /** Takes up pushes that a killed server had begun. */
  resume(): Promise<void>;
  stop(): Promise<void>;
}

export function openLabelStudio(deps: LabelStudioDeps): LabelStudio {
  const { db } = deps;
  const pushes = openPushes(deps, { holder: deps.holder });
  /** After labels have come in, the figures of what they bought are kept when they are due. */
  const roundOf = async (userId: string, id: string) => {
    const { dataset_id: datasetId } = await db.asUser(userId, (q) => selectProject(q, id));
    await keepRound(db, userId, { datasetId, every: deps.limits.roundLabels });
  };
  const hooks = openHooks(deps, roundOf);
  const polling = openPolling(deps, roundOf);
  return {
    connection: (userId) => connectionOf(deps, userId),
    connect: (userId, asked) => connectLabelStudio(deps, userId, asked),
    disconnect: (userId) => disconnect(deps, userId),
    remoteProjects: async (userId) => (await clientOf(deps, userId)).projects(),
    preview: (userId, plan) => previewProject(deps, userId, plan),
    projects: (userId, datasetId) => listProjects(deps, userId, datasetId),
    project: (userId, id) => getProject(deps, userId, id),
    createProject: (userId, asked) => createProject(deps, userId, asked),
    changeProject: (userId, id, change) => changeProject(deps, userId, { id, change }),
    removeProject: (userId, id) => removeProject(deps, userId, id),
    async push(userId, id, asked) {
      await pushes.start(userId, id, asked);
      return getProject(deps, userId, id);
    },
    async cancelPush(userId, id) {
      await pushes.cancel(userId, id);
      return getProject(deps, userId, id);
    },
    async pull(userId, id) {
      const brought = await pullProject(deps, userId, id);
      await roundOf(userId, id);
      return brought;
    },
    hook: (projectId, told) => hooks.take(projectId, told),
    openAnswers: (userId, id, page) =>
      db.asUser(userId, async (q) => openAnswers(q, (await selectProject(q, id)).project_id, page)),
    resolve: (userId, id, resolution) => resolveAnswer(deps, userId, { projectId: id, resolution }),
    exportTasks: (userId, id, asked) => exportTasks(deps, userId, { projectId: id, ...asked }),
    async importAnnotations(userId, id, file) {
      const brought = await importAnnotations(deps, userId, { projectId: id, file });
      await roundOf(userId, id);
      return brought;
    },
    reviewQueue: (userId, query) => reviewQueue(db, userId, query, deps.limits.roundLabels),
    resume: () => pushes.resume(),
    async stop() {
      await polling.stop();
      await hooks.stop();
      await pushes.stop();
    },
  };
}
