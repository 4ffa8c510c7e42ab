/** /api/training/local: what trainers send, with the token of their job or a key of their user. */

import type { FastifyRequest } from 'fastify';
import { newPredictions, stored } from '../../contracts/predictions.ts';
import { newMetrics, trainingJob, trainingProgress } from '../../contracts/training.ts';
import { AssayError } from '../../errors.ts';
import { noJob } from '../../training/job-row.ts';
import type { TrainingRoom } from '../workbench-deps.ts';
import { errors, type RouteScope } from './describe-route.ts';
import {
  jobExample,
  newMetricsExample,
  newPredictionsExample,
  progressExample,
  storedExample,
} from './training-examples.ts';

const tags = ['training'];
const config = { jobToken: true };
const kept = { 200: stored.meta({ examples: [storedExample] }), ...errors };

/** A job token is good for its own job; any other is not there for it. @throws AssayError not_found */
export function ownJob({ jobId }: FastifyRequest, id: string): string {
  if (jobId !== null && jobId !== id) throw noJob(id);
  return id;
}

export function trainingLocalRoutes(app: RouteScope, { workbench }: { workbench: { training: TrainingRoom } }): void {
  const { training } = workbench;
  const maxRows = () => training.settings().limits.max_predictions_per_call;

  app.post(
    '/api/training/local/predictions',
    {
      config,
      preValidation: async (request) => rowsWithin(request, 'predictions', maxRows()),
      schema: {
        tags,
        summary: 'Keep the predictions of one evaluation, or a part of it; sent again, those that are there stay',
        body: newPredictions.meta({ examples: [newPredictionsExample] }),
        response: kept,
      },
    },
    async (request) => {
      ownJob(request, request.body.job_id);
      return training.addPredictions(request.userId, request.body);
    },
  );

  app.post(
    '/api/training/local/metrics',
    {
      config,
      preValidation: async (request) => rowsWithin(request, 'metrics', maxRows()),
      schema: {
        tags,
        summary: "Keep lines of the trainer's log; sent again, those that are there stay",
        body: newMetrics.meta({ examples: [newMetricsExample] }),
        response: kept,
      },
    },
    async (request) => {
      ownJob(request, request.body.job_id);
      return training.addMetrics(request.userId, request.body);
    },
  );

  app.post(
    '/api/training/local/status',
    {
      config,
      schema: {
        tags,
        summary: 'Say how far the trainer is; what is left out stays as it was',
        body: trainingProgress.meta({ examples: [progressExample] }),
        response: { 200: trainingJob.meta({ examples: [jobExample] }), ...errors },
      },
    },
    async (request) => {
      ownJob(request, request.body.job_id);
      return training.tell(request.userId, request.body);
    },
  );
}

/** Before the schema, which knows a fixed bound only: a trainer that is told 413 sends halves. @throws AssayError payload_too_large */
function rowsWithin(request: FastifyRequest, field: 'predictions' | 'metrics', limit: number): void {
  const rows = (request.body as Record<string, unknown> | null | undefined)?.[field];
  if (!Array.isArray(rows) || rows.length <= limit) return;
  throw new AssayError('payload_too_large', {
    what: `A call with ${rows.length} ${field}`,
    value: request.headers['content-length'] ?? 'some',
    limit: `${limit} ${field}`,
    setting: 'PREDICTIONS_API_MAX_ROWS',
  });
}
