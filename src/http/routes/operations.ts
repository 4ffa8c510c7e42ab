/** Health, readiness and numbers of the server. */

import { z } from 'zod';
import type { HttpDeps } from '../deps.ts';
import type { RouteScope } from './describe-route.ts';

const tags = ['operations'];
const ready = z.object({ ready: z.boolean(), problems: z.array(z.string()) });

export function operationRoutes(app: RouteScope, { readiness, registry }: HttpDeps): void {
  app.get(
    '/healthz',
    {
      config: { open: true },
      schema: { tags, summary: 'Whether the process answers', response: { 200: z.object({ ok: z.literal(true) }) } },
    },
    async () => ({ ok: true as const }),
  );

  app.get(
    '/readyz',
    {
      config: { open: true },
      schema: { tags, summary: 'Whether work can be taken; what is missing', response: { 200: ready, 503: ready } },
    },
    async (_request, reply) => {
      const state = await readiness();
      return reply.code(state.ready ? 200 : 503).send(state);
    },
  );

  app.get('/metrics', { schema: { tags, summary: 'Numbers for Prometheus' } }, async (_request, reply) =>
    reply.header('content-type', registry.contentType).send(await registry.metrics()),
  );
}
