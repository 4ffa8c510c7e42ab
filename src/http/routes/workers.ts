/** /admin/workers: which workers there are and what each does, for the one who runs the server. */

import { z } from 'zod';
import { workerObject } from '../../contracts/workers.ts';
import type { HttpDeps } from '../deps.ts';
import { ownerOnly } from '../owner-only.ts';
import { errors, type RouteScope } from './describe-route.ts';

export function workerRoutes(app: RouteScope, { workers }: HttpDeps): void {
  app.get(
    '/admin/workers',
    {
      schema: {
        tags: ['operations'],
        summary: 'Workers that were seen of late, on all machines, and what they do; for the local user',
        response: { 200: z.object({ data: z.array(workerObject) }), ...errors },
      },
    },
    async (request) => {
      ownerOnly(request.userId, 'see the workers');
      return { data: workers() };
    },
  );
}
