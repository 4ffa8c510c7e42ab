/** Single requests to a model, through the same engines as batches: whole as JSON, or streamed as the engine sends it. */

import type { FastifyReply } from 'fastify';
import { z } from 'zod';
import { batchEndpoints } from '../../contracts/engine.ts';
import type { HttpDeps } from '../deps.ts';
import { engineFault } from '../engine-fault.ts';
import { type Passed, streamThrough } from '../stream-through.ts';
import { errors, type RouteScope } from './describe-route.ts';

const body = z.looseObject({ model: z.string().min(1).max(500), stream: z.boolean().nullish() });

export function passThroughRoutes(app: RouteScope, deps: HttpDeps): void {
  for (const path of batchEndpoints) {
    app.post(
      path,
      { schema: { tags: ['models'], summary: 'One request, passed through to the model', body, response: errors } },
      async (request, reply) => {
        const { models, engines, limits } = deps;
        const { userId } = request;
        const { model, stream } = request.body;
        const gone = new AbortController();
        reply.raw.on('close', () => gone.abort(new Error('The client went away.')));
        await models.find(userId, model);
        const endpoint = await engines.acquire(userId, model);
        const release = () => engines.release(userId, model);
        const passed = { endpoint, path, body: request.body, signal: gone.signal, timeoutMs: limits.requestTimeoutMs };
        try {
          return stream === true ? await streamed(reply, passed, release) : await whole(deps, reply, passed);
        } catch (error) {
          if (stream === true) release();
          // Nobody is left to be told.
          if (gone.signal.aborted) return reply.hijack();
          throw engineFault(error, { model, timeoutMs: limits.requestTimeoutMs });
        } finally {
          if (stream !== true) release();
        }
      },
    );
  }
}

async function whole({ engines }: HttpDeps, reply: FastifyReply, passed: Passed): Promise<FastifyReply> {
  const answer = await engines.complete(passed.endpoint, { ...passed, lane: null });
  return reply
    .code(answer.status)
    .header('content-type', 'application/json; charset=utf-8')
    .serializer(JSON.stringify)
    .send(answer.body);
}

/** The engine is held until the last byte is through, or the client is gone. */
async function streamed(reply: FastifyReply, passed: Passed, release: () => void): Promise<FastifyReply> {
  const upstream = await streamThrough(passed);
  upstream.body.once('close', release);
  return reply
    .code(upstream.status)
    .headers({ 'content-type': upstream.contentType, 'cache-control': 'no-store', 'x-accel-buffering': 'no' })
    .send(upstream.body);
}
