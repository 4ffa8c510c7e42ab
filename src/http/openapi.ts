/** Serves the description of all routes, made from their schemas: /openapi.json, and as pages at /docs. */

import swagger from '@fastify/swagger';
import swaggerUi from '@fastify/swagger-ui';
import type { FastifyInstance } from 'fastify';
import { jsonSchemaTransform } from 'fastify-type-provider-zod';

/** Must be registered before the routes it describes. */
export async function describeApi(app: FastifyInstance): Promise<void> {
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'Assay',
        version: '1',
        description: "OpenAI's batch interface, and what Assay adds to it, for models on your own machines.",
      },
      components: { securitySchemes: { bearer: { type: 'http', scheme: 'bearer' } } },
      security: [{ bearer: [] }],
      tags: [
        { name: 'files', description: 'Files, uploaded whole or in parts.' },
        { name: 'batches', description: 'Many requests, run to the end whatever happens.' },
        { name: 'models', description: 'Models, and single requests to them.' },
        { name: 'operations', description: 'Keys, health and numbers of the server.' },
      ],
    },
    transform,
  });
  await app.register(async (scope) => {
    scope.addHook('onRoute', (route) => {
      route.config = { ...route.config, open: true };
    });
    await scope.register(swaggerUi, { routePrefix: '/docs' });
    scope.get('/openapi.json', { schema: { hide: true } }, async () => app.swagger());
  });
}

/** Ids that may hold a slash are wildcards to the router; clients and readers know them as `id`. */
const transform: typeof jsonSchemaTransform = (document) => {
  const described = jsonSchemaTransform(document);
  const params = described.schema?.params as { properties?: Record<string, unknown> } | undefined;
  if (!described.url.endsWith('/*') || !params?.properties) return described;
  const { '*': id, ...rest } = params.properties;
  const schema = { ...described.schema, params: { ...params, properties: { ...rest, id }, required: ['id'] } };
  return { schema, url: described.url.replace(/\*$/, ':id') };
};
