/** The room of runs as the routes see it: each function of the room with what it needs already in its hands. */

import type { ActiveRun, Estimate, ImportedRun, NewRun, RunObject } from '../contracts/runs.ts';
import type { RunDeps } from './deps.ts';
import { cancelRun, removeRun, retryRun, stopAllSuperseded } from './end.ts';
import { estimateRuns } from './estimate.ts';
import { type AnswerUpload, importAnswers, resumeImports } from './import-answers.ts';
import { activeRuns, getRun, listRuns } from './read.ts';
import { resumeStarts, runAgain, startRuns } from './start.ts';

export interface Runs {
  estimate(userId: string, run: NewRun): Promise<Estimate[]>;
  start(userId: string, run: NewRun): Promise<RunObject[]>;
  import(userId: string, upload: AnswerUpload): Promise<ImportedRun[]>;
  list(
    userId: string,
    query: { datasetId?: string; after?: string; limit: number },
  ): Promise<{ data: RunObject[]; has_more: boolean }>;
  active(userId: string): Promise<ActiveRun[]>;
  get(userId: string, id: string): Promise<RunObject>;
  cancel(userId: string, id: string): Promise<RunObject>;
  retry(userId: string, id: string): Promise<RunObject>;
  again(userId: string, id: string): Promise<RunObject>;
  remove(userId: string, id: string): Promise<void>;
  /** Finishes what a killed server had begun; to be called once, at the start of the server. Faults go to the log. */
  resume(): Promise<void>;
}

export function openRuns(deps: RunDeps): Runs {
  const get = (userId: string, id: string) => getRun(deps, userId, id);
  return {
    estimate: (userId, run) => estimateRuns(deps, userId, run),
    async start(userId, run) {
      const ids = await startRuns(deps, userId, run);
      return Promise.all(ids.map((id) => get(userId, id)));
    },
    import: (userId, upload) => importAnswers(deps, userId, upload),
    list: (userId, query) => listRuns(deps, userId, query),
    active: (userId) => activeRuns(deps, userId),
    get,
    async cancel(userId, id) {
      await cancelRun(deps, userId, id);
      return get(userId, id);
    },
    async retry(userId, id) {
      await retryRun(deps, userId, id);
      return get(userId, id);
    },
    again: async (userId, id) => get(userId, await runAgain(deps, userId, id)),
    remove: (userId, id) => removeRun(deps, userId, id),
    async resume() {
      await resumeImports(deps);
      await resumeStarts(deps);
      await stopAllSuperseded(deps);
    },
  };
}
