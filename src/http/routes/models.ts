/** /v1/models in OpenAI's shape, and /admin/models with all there is to know of each. */

import { z } from 'zod';
import { resetCeilingBody, tokenCeiling } from '../../contracts/gpu.ts';
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
/** With what was learned of it on GPUs, one entry a card. */
const listedModel = knownModel.extend({ ceilings: z.array(tokenCeiling) });

export function modelRoutes(app: RouteScope, deps: HttpDeps): void {
  const { models, ceilings } = deps;
  ceilingRoutes(app, deps);
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
        summary: 'List models with their settings, and what was learned of them on GPUs',
        response: { 200: z.object({ data: z.array(listedModel) }), ...errors },
      },
    },
    async (request) => {
      const learned = await ceilings.list(request.userId);
      const known = await models.list(request.userId);
      return { data: known.map((model) => ({ ...model, ceilings: learned(model) })) };
    },
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
      await ceilings.reset({ userId: request.userId, id: request.params['*'], scope: 'user' });
      return { id: request.params['*'], deleted: true as const };
    },
  );
}

function ceilingRoutes(app: RouteScope, { models, ceilings }: HttpDeps): void {
  app.post(
    '/admin/ceilings/reset',
    {
      schema: {
        tags,
        summary: 'Forget how many tokens of a model fitted on a GPU, so that it is learned anew',
        body: resetCeilingBody,
        response: { 200: z.object({ model_id: z.string(), forgotten: z.number().int() }), ...errors },
      },
    },
    async (request) => {
      const { model_id: id, card } = request.body;
      const { scope } = await models.find(request.userId, id);
      return { model_id: id, forgotten: await ceilings.reset({ userId: request.userId, id, scope }, card) };
    },
  );
}
