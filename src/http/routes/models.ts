/** /v1/models in OpenAI's shape, and /admin/models with all there is to know of each. */

import { z } from 'zod';
import { listOf, unixSeconds } from '../../contracts/lists.ts';
import { modelSpec } from '../../contracts/models.ts';
import type { HttpDeps } from '../deps.ts';
import { errors, type RouteScope } from './describe-route.ts';

const tags = ['models'];
const modelObject = z.object({
  id: z.string(),
  object: z.literal('model'),
  created: unixSeconds,
  owned_by: z.string(),
});
const knownModel = z.looseObject({ id: z.string(), engine: z.string(), scope: z.enum(['shared', 'user']) });

export function modelRoutes(app: RouteScope, { models }: HttpDeps): void {
  // The registry keeps no date of its own for what came from a file.
  const created = Math.floor(Date.now() / 1000);
  const asObject = (spec: { id: string; engine: string; scope: string }) => ({
    id: spec.id,
    object: 'model' as const,
    created,
    owned_by: spec.scope === 'user' ? 'user' : spec.engine,
  });

  app.get(
    '/v1/models',
    { schema: { tags, summary: 'List models', response: { 200: listOf(modelObject), ...errors } } },
    async (request) => {
      const data = (await models.list(request.userId)).map(asObject);
      return {
        object: 'list' as const,
        data,
        first_id: data[0]?.id ?? null,
        last_id: data.at(-1)?.id ?? null,
        has_more: false,
      };
    },
  );

  app.get(
    '/v1/models/*',
    {
      schema: {
        tags,
        summary: 'Get a model',
        params: z.object({ '*': z.string() }),
        response: { 200: modelObject, ...errors },
      },
    },
    async (request) => asObject(await models.find(request.userId, request.params['*'])),
  );

  app.get(
    '/admin/models',
    {
      schema: {
        tags,
        summary: 'List models with their settings',
        response: { 200: z.object({ data: z.array(knownModel) }), ...errors },
      },
    },
    async (request) => ({ data: await models.list(request.userId) }),
  );

  app.post(
    '/admin/models',
    {
      schema: {
        tags,
        summary: 'Add a model',
        body: modelSpec,
        response: { 200: knownModel, ...errors },
      },
    },
    async (request) => models.add(request.userId, request.body),
  );

  app.delete(
    '/admin/models/*',
    {
      schema: {
        tags,
        summary: 'Remove a model',
        params: z.object({ '*': z.string() }),
        response: { 200: z.object({ id: z.string(), deleted: z.literal(true) }), ...errors },
      },
    },
    async (request) => {
      await models.remove(request.userId, request.params['*']);
      return { id: request.params['*'], deleted: true as const };
    },
  );
}
