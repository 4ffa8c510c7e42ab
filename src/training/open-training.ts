/** The room of training as the routes see it: each function with what it needs already in its hands. */

import type { Readable } from 'node:stream';
import type { z } from 'zod';
import type {
  Evaluations,
  MovementPage,
  MovementQuery,
  NewPredictions,
  PredictionPage,
  PredictionQuery,
  Stored,
} from '../contracts/predictions.ts';
import type {
  CreatedTrainingJob,
  JobToken,
  MetricList,
  MetricQuery,
  NewJobToken,
  NewMetrics,
  NewTrainingJob,
  PredictionEstimate,
  predictionEstimateRequest,
  TrainingJob,
  TrainingProgress,
  TrainingSettings,
} from '../contracts/training.ts';
import { AssayError } from '../errors.ts';
import { createJob } from './create-job.ts';
import { estimatePredictions } from './estimate.ts';
import { listEvaluations } from './evaluations.ts';
import { checkJob, listJobs, lockJob, selectJob } from './job-row.ts';
import { listTokens, makeToken, revokeToken } from './job-tokens.ts';
import { readMetrics, storeMetrics } from './metrics.ts';
import { sampleMovements } from './movements.ts';
import { predictionPage } from './prediction-page.ts';
import { settlePredictions } from './prediction-settings.ts';
import { tellProgress } from './progress.ts';
import { storePredictions } from './store-predictions.ts';
import { type DataPart, trainingData } from './training-data.ts';
import type { TrainingDeps } from './training-deps.ts';

/** Every function throws not_found for a job that the user does not own. */
export interface Training {
  settings(): TrainingSettings;
  estimate(asked: z.output<typeof predictionEstimateRequest>): PredictionEstimate;
  /** With a first token, which is shown this once. */
  create(userId: string, asked: NewTrainingJob): Promise<CreatedTrainingJob>;
  list(
    userId: string,
    query: { after?: string | undefined; limit: number },
  ): Promise<{ data: TrainingJob[]; has_more: boolean }>;
  get(userId: string, id: string): Promise<TrainingJob>;
  /** With its tokens, metrics and predictions. */
  remove(userId: string, id: string): Promise<void>;
  metrics(userId: string, id: string, query: MetricQuery): Promise<MetricList>;
  tokens(userId: string, id: string): Promise<JobToken[]>;
  makeToken(userId: string, id: string): Promise<NewJobToken>;
  revokeToken(userId: string, of: { jobId: string; tokenId: string }): Promise<JobToken>;
  /** Names the registered model that the job ended in. */
  nameModel(userId: string, id: string, modelId: string): Promise<TrainingJob>;
  /** JSON lines {id, messages}. */
  data(userId: string, id: string, part: DataPart): Promise<Readable>;
  /** What a trainer sends; sent again, what is there stays. */
  addMetrics(userId: string, sent: NewMetrics): Promise<Stored>;
  addPredictions(userId: string, sent: NewPredictions): Promise<Stored>;
  tell(userId: string, says: TrainingProgress): Promise<TrainingJob>;
  predictions(userId: string, id: string, query: PredictionQuery): Promise<PredictionPage>;
  evaluations(userId: string, id: string): Promise<Evaluations>;
  samples(userId: string, id: string, query: MovementQuery): Promise<MovementPage>;
}

export function openTraining(deps: TrainingDeps): Training {
  const { db, limits } = deps;
  return {
    settings: () => settingsOf(deps),
    estimate: (asked) => estimatePredictions(deps, asked),
    create: (userId, asked) => createJob(deps, userId, asked),
    list: (userId, query) => db.asUser(userId, (q) => listJobs(q, query)),
    get: (userId, id) => db.asUser(userId, (q) => selectJob(q, id)),
    remove: (userId, id) =>
      db.asUser(userId, async (q) => {
        await checkJob(q, id);
        await q.query('delete from training_jobs where job_id = $1', [id]);
      }),
    metrics: (userId, id, query) => db.asUser(userId, (q) => readMetrics(q, id, query)),
    tokens: (userId, id) =>
      db.asUser(userId, async (q) => {
        await checkJob(q, id);
        return listTokens(q, id);
      }),
    makeToken: (userId, id) =>
      db.asUser(userId, async (q) => {
        await checkJob(q, id);
        return makeToken(q, { userId, jobId: id });
      }),
    revokeToken: (userId, of) =>
      db.asUser(userId, async (q) => {
        await checkJob(q, of.jobId);
        return revokeToken(q, of);
      }),
    nameModel: (userId, id, modelId) => nameModel(deps, userId, { id, modelId }),
    data: async (userId, id, part) =>
      trainingData(deps, userId, { job: await db.asUser(userId, (q) => selectJob(q, id)), part }),
    addMetrics: (userId, sent) => db.asUser(userId, (q) => storeMetrics(q, userId, sent)),
    addPredictions: async (userId, sent) => {
      if (!deps.defaults.enabled) throw new AssayError('predictions_disabled');
      return db.asUser(userId, (q) => storePredictions(q, userId, sent));
    },
    tell: (userId, says) => db.asUser(userId, (q) => tellProgress(q, says)),
    predictions: (userId, id, query) =>
      db.asUser(userId, (q) => predictionPage(q, id, { ...query, limit: query.limit ?? limits.pageRows })),
    evaluations: (userId, id) => db.asUser(userId, (q) => listEvaluations(q, id)),
    samples: (userId, id, query) => db.asUser(userId, (q) => sampleMovements(q, id, query)),
  };
}

const settingsOf = ({ defaults, limits, warnAboveUsd }: TrainingDeps): TrainingSettings => ({
  predictions: settlePredictions({ defaults, limits }, {}, 'predictions'),
  limits: {
    max_sample_count: limits.maxSampleCount,
    min_step_interval: limits.minStepInterval,
    max_length: limits.maxLength,
    max_predictions_per_call: limits.maxRows,
  },
  warn_above_usd: warnAboveUsd,
});

/** @throws AssayError not_found, model_not_found */
async function nameModel(
  { db, models }: TrainingDeps,
  userId: string,
  { id, modelId }: { id: string; modelId: string },
): Promise<TrainingJob> {
  await db.asUser(userId, (q) => checkJob(q, id));
  await models.find(userId, modelId);
  return db.asUser(userId, async (q) => {
    await lockJob(q, id);
    await q.query('update training_jobs set model_id = $2 where job_id = $1', [id, modelId]);
    return selectJob(q, id);
  });
}
