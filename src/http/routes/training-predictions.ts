/** /api/training/predictions: what a model in training said, by evaluation, by sample, and how samples went. */

import { z } from 'zod';
import {
  evaluations,
  movementPage,
  movementQuery,
  predictionPage,
  predictionQuery,
} from '../../contracts/predictions.ts';
import type { TrainingRoom } from '../workbench-deps.ts';
import { errors, type RouteScope } from './describe-route.ts';
import { evaluationExample, movementExample, predictionExample } from './training-examples.ts';

const tags = ['training'];
const params = z.object({ jobId: z.string() });

export function trainingPredictionRoutes(
  app: RouteScope,
  { workbench }: { workbench: { training: TrainingRoom } },
): void {
  const { training } = workbench;
  const page = { predictions: [predictionExample], total_count: 15, epoch_count: 3 };
  app.get(
    '/api/training/predictions/:jobId',
    {
      schema: {
        tags,
        summary: 'A page of the predictions of a job, by epoch, step and sample',
        params,
        querystring: predictionQuery,
        response: { 200: predictionPage.meta({ examples: [page] }), ...errors },
      },
    },
    async (request) => training.predictions(request.userId, request.params.jobId, request.query),
  );

  app.get(
    '/api/training/predictions/:jobId/epochs',
    {
      schema: {
        tags,
        summary: 'The evaluations of a job with their mean scores, by step',
        params,
        response: {
          200: evaluations.meta({ examples: [{ evaluations: [evaluationExample], epoch_count: 3 }] }),
          ...errors,
        },
      },
    },
    async (request) => training.evaluations(request.userId, request.params.jobId),
  );

  const counts = { learned: 3, forgotten: 0, flapping: 0, right: 1, wrong: 1, unknown: 0 };
  app.get(
    '/api/training/predictions/:jobId/samples',
    {
      schema: {
        tags,
        summary: 'How each sample went over the evaluations: learned, forgotten, flapping, always right or wrong',
        params,
        querystring: movementQuery,
        response: {
          200: movementPage.meta({ examples: [{ samples: [movementExample], total_count: 5, counts }] }),
          ...errors,
        },
      },
    },
    async (request) => training.samples(request.userId, request.params.jobId, request.query),
  );
}
