/** /api/training: training jobs, the tokens of their trainers, their metrics, data and model, and what predictions would cost. */

import { Readable } from 'node:stream';
import { z } from 'zod';
import { asList, listOf, pageAfter, pageLimit } from '../../contracts/lists.ts';
import {
  createdTrainingJob,
  jobToken,
  metricList,
  metricQuery,
  newJobToken,
  newTrainingJob,
  predictionEstimate,
  predictionEstimateRequest,
  trainedModel,
  trainingJob,
  trainingSettings,
} from '../../contracts/training.ts';
import { dataParts } from '../../training/training-data.ts';
import type { TrainingRoom } from '../workbench-deps.ts';
import { errors, type RouteScope } from './describe-route.ts';
import {
  estimateExample,
  jobExample,
  newJobExample,
  pointExample,
  settingsExample,
  tokenExample,
  tokenText,
} from './training-examples.ts';
import { ownJob } from './training-local.ts';

const tags = ['training'];
const params = z.object({ id: z.string() });
const deleted = z.object({ id: z.string(), deleted: z.literal(true) });
/** A job token is good for it, where it is about its own job. */
const forTrainers = { jobToken: true };
const job = { 200: trainingJob.meta({ examples: [jobExample] }), ...errors };

export function trainingJobRoutes(app: RouteScope, { workbench }: { workbench: { training: TrainingRoom } }): void {
  const { training } = workbench;
  makeRoutes(app, training);
  jobRoutes(app, training);
  tokenRoutes(app, training);
  fetchRoutes(app, training);
}

function makeRoutes(app: RouteScope, training: TrainingRoom): void {
  app.get(
    '/api/training/settings',
    {
      config: forTrainers,
      schema: {
        tags,
        summary: 'Defaults, limits and prices of predictions',
        response: { 200: trainingSettings.meta({ examples: [settingsExample] }), ...errors },
      },
    },
    async () => training.settings(),
  );

  app.post(
    '/api/training/estimate',
    {
      schema: {
        tags,
        summary: 'What the predictions of such a job would cost; nothing is begun',
        body: predictionEstimateRequest.meta({ examples: [estimateExample.asked] }),
        response: { 200: predictionEstimate.meta({ examples: [estimateExample.given] }), ...errors },
      },
    },
    async (request) => training.estimate(request.body),
  );

  app.post(
    '/api/training/jobs',
    {
      schema: {
        tags,
        summary: 'Make a training job; the token of its trainer is shown this once',
        body: newTrainingJob.meta({ examples: [newJobExample] }),
        response: {
          200: createdTrainingJob.meta({ examples: [{ ...jobExample, status: 'created', token: tokenText }] }),
          ...errors,
        },
      },
    },
    async (request) => training.create(request.userId, request.body),
  );

  app.get(
    '/api/training/jobs',
    {
      schema: {
        tags,
        summary: 'Training jobs, the newest first',
        querystring: z.object({ after: pageAfter, limit: pageLimit(100, 20) }),
        response: {
          200: listOf(trainingJob).meta({ examples: [asList({ data: [jobExample], has_more: false })] }),
          ...errors,
        },
      },
    },
    async (request) => asList(await training.list(request.userId, request.query)),
  );
}

function jobRoutes(app: RouteScope, training: TrainingRoom): void {
  app.get(
    '/api/training/jobs/:id',
    { config: forTrainers, schema: { tags, summary: 'Get a training job', params, response: job } },
    async (request) => training.get(request.userId, ownJob(request, request.params.id)),
  );

  app.delete(
    '/api/training/jobs/:id',
    {
      schema: {
        tags,
        summary: 'Delete a training job with its tokens, metrics and predictions',
        params,
        response: { 200: deleted.meta({ examples: [{ id: jobExample.id, deleted: true }] }), ...errors },
      },
    },
    async (request) => {
      await training.remove(request.userId, request.params.id);
      return { id: request.params.id, deleted: true as const };
    },
  );

  app.post(
    '/api/training/jobs/:id/model',
    {
      schema: {
        tags,
        summary: 'Name the registered model that a training job ended in',
        params,
        body: trainedModel.meta({ examples: [{ model_id: 'facts-lora' }] }),
        response: job,
      },
    },
    async (request) => training.nameModel(request.userId, request.params.id, request.body.model_id),
  );
}

function tokenRoutes(app: RouteScope, training: TrainingRoom): void {
  app.post(
    '/api/training/jobs/:id/tokens',
    {
      schema: {
        tags,
        summary: 'Make another token for the trainer of a job; it is shown this once',
        params,
        response: { 200: newJobToken.meta({ examples: [{ ...tokenExample, token: tokenText }] }), ...errors },
      },
    },
    async (request) => training.makeToken(request.userId, request.params.id),
  );

  app.get(
    '/api/training/jobs/:id/tokens',
    {
      schema: {
        tags,
        summary: 'List the tokens of a training job, revoked ones too',
        params,
        response: {
          200: z.object({ data: z.array(jobToken) }).meta({ examples: [{ data: [tokenExample] }] }),
          ...errors,
        },
      },
    },
    async (request) => ({ data: await training.tokens(request.userId, request.params.id) }),
  );

  app.delete(
    '/api/training/jobs/:id/tokens/:token_id',
    {
      schema: {
        tags,
        summary: 'Revoke a token of a training job',
        params: params.extend({ token_id: z.string() }),
        response: { 200: jobToken.meta({ examples: [{ ...tokenExample, revoked_at: 1_790_000_400 }] }), ...errors },
      },
    },
    async (request) => {
      const { id, token_id: tokenId } = request.params;
      return training.revokeToken(request.userId, { jobId: id, tokenId });
    },
  );
}

function fetchRoutes(app: RouteScope, training: TrainingRoom): void {
  app.get(
    '/api/training/jobs/:id/metrics',
    {
      schema: {
        tags,
        summary: 'Loss, learning rate and the like by step, drawn evenly where there are more than the limit',
        params,
        querystring: metricQuery,
        response: { 200: metricList.meta({ examples: [{ metrics: [pointExample], total_count: 20 }] }), ...errors },
      },
    },
    async (request) => training.metrics(request.userId, request.params.id, request.query),
  );

  app.get(
    '/api/training/jobs/:id/data/:part',
    {
      config: forTrainers,
      schema: {
        tags,
        summary: 'The rows to train on (train), or those that samples are drawn from (samples), as JSON lines',
        params: params.extend({ part: z.enum(dataParts) }),
        produces: ['application/x-ndjson'],
      },
    },
    async (request, reply) => {
      const { id, part } = request.params;
      const rows = await training.data(request.userId, ownJob(request, id), part);
      void reply.headers({
        'content-type': 'application/x-ndjson; charset=utf-8',
        'content-disposition': `attachment; filename="${part}.jsonl"`,
        'x-content-type-options': 'nosniff',
        'cache-control': 'no-store',
      });
      if (request.method !== 'HEAD') return reply.send(rows);
      rows.destroy();
      return reply.send(Readable.from([]));
    },
  );
}
