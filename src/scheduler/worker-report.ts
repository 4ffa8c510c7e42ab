/** What a worker tells about itself. */

import type { BatchActivity } from './activity.ts';
import type { ModelRun } from './run-state.ts';

/** What runs, and why something waits. */
export interface WorkerReport {
  batches: Record<string, BatchActivity>;
  /** By queue, which tells users' models of one name apart: why the model's rows wait; null while they run. */
  models: Record<string, string | null>;
  /** Ids of these models, by queue. */
  modelIds: Record<string, string>;
  /** Why nothing can be committed, or null. */
  storage: string | null;
}

/** `starting` holds, by queue, the models whose engine cannot be had yet. */
export function reportOf(
  batches: WorkerReport['batches'],
  by: { starting: Map<string, { model: string; reason: string }>; runs: Map<string, ModelRun>; storage: string | null },
): WorkerReport {
  const models: WorkerReport['models'] = {};
  const modelIds: WorkerReport['modelIds'] = {};
  for (const [queue, { model, reason }] of by.starting) {
    models[queue] = reason;
    modelIds[queue] = model;
  }
  for (const [queue, run] of by.runs) {
    models[queue] = run.gate.reason();
    modelIds[queue] = run.endpoint.modelId;
  }
  return { batches, models, modelIds, storage: by.storage };
}
