/** /v1/batches: OpenAI's routes, and Assay's own on top (requests, metrics, events, retry). */

import { Readable } from 'node:stream';
import { z } from 'zod';
import { asList, listOf } from '../../contracts/lists.ts';
import {
  batchMetrics,
  batchObject,
  createBatchBody,
  listBatchesQuery,
  listRequestsQuery,
  requestPage,
} from '../../contracts/openai-batch.ts';
import { batchEvents } from '../batch-events.ts';
import type { HttpDeps } from '../deps.ts';
import { repeatOf } from '../repeat-headers.ts';
import { errors, type RouteScope } from './describe-route.ts';

const params = z.object({ id: z.string() });
const tags = ['batches'];
const response = { 200: batchObject, ...errors };

export function batchRoutes(app: RouteScope, { batches, limits }: HttpDeps): void {
  app.post(
    '/v1/batches',
    { schema: { tags, summary: 'Create a batch', body: createBatchBody, response } },
    async (request) => {
      const { key, retryCount, arrivedAt } = repeatOf(request, limits.repeatWindowSeconds);
      return batches.create(request.userId, request.body, { key, retryCount, arrivedAt });
    },
  );

  app.get(
    '/v1/batches',
    {
      schema: {
        tags,
        summary: 'List batches, newest first; metadata[key]=value keeps those that carry it',
        querystring: listBatchesQuery,
        response: { 200: listOf(batchObject), ...errors },
      },
    },
    async (request) => {
      const { after, limit } = request.query;
      const metadata = metadataOf(request.query);
      return asList(await batches.list(request.userId, { after, limit, ...(metadata ? { metadata } : {}) }));
    },
  );

  app.get('/v1/batches/:id', { schema: { tags, summary: 'Get a batch', params, response } }, async (request) =>
    batches.get(request.userId, request.params.id),
  );

  app.post(
    '/v1/batches/:id/cancel',
    { schema: { tags, summary: 'Cancel a batch; what is done is kept', params, response } },
    async (request) => batches.cancel(request.userId, request.params.id),
  );

  app.post(
    '/v1/batches/:id/retry',
    { schema: { tags, summary: 'Run the failed requests of an ended batch again', params, response } },
    async (request) => batches.retry(request.userId, request.params.id),
  );
  watchRoutes(app, { batches, limits });
}

/** What is looked at while a batch runs. */
function watchRoutes(app: RouteScope, { batches, limits }: Pick<HttpDeps, 'batches' | 'limits'>): void {
  app.get(
    '/v1/batches/:id/metrics',
    { schema: { tags, summary: 'Progress, speed and cost', params, response: { 200: batchMetrics, ...errors } } },
    async (request) => batches.metrics(request.userId, request.params.id),
  );

  app.get(
    '/v1/batches/:id/requests',
    {
      schema: {
        tags,
        summary: 'The requests of a batch, by line: state, cost and attempts',
        params,
        querystring: listRequestsQuery,
        response: { 200: requestPage, ...errors },
      },
    },
    async (request) => {
      const page = await batches.requests(request.userId, request.params.id, request.query);
      return { object: 'list' as const, ...page };
    },
  );

  app.get(
    '/v1/batches/:id/events',
    {
      schema: {
        tags,
        summary: 'Server-sent events: batch and metrics on every change, until the batch has ended',
        params,
      },
    },
    async (request, reply) => {
      const { id } = request.params;
      // Asked once before the stream begins, so that an unknown batch is still a 404.
      await batches.get(request.userId, id);
      const events = batchEvents({ batches, userId: request.userId, id, limits, closing: app.closing });
      void reply.headers({
        'content-type': 'text/event-stream; charset=utf-8',
        'cache-control': 'no-store',
        'x-accel-buffering': 'no',
      });
      return reply.send(Readable.from(events, { highWaterMark: 1 }));
    },
  );
}

function metadataOf(query: Record<string, unknown>): Record<string, string> | null {
  const pairs = Object.entries(query).flatMap(([name, value]) => {
    const key = /^metadata\[(.*)\]$/.exec(name)?.[1];
    return key === undefined ? [] : [[key, String([value].flat().at(-1))] as const];
  });
  return pairs.length === 0 ? null : Object.fromEntries(pairs);
}
