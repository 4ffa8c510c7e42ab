/** /admin/settings: the effective configuration, secrets left out. */

import { z } from 'zod';
import type { HttpDeps } from '../deps.ts';
import { errors, type RouteScope } from './describe-route.ts';

const setting = z.object({
  name: z.string(),
  value: z.unknown(),
  /** flag, environment, assay.yaml or default. */
  source: z.string(),
  unit: z.string(),
  description: z.string(),
});

export function settingsRoutes(app: RouteScope, { workbench }: HttpDeps): void {
  if (workbench === undefined) return;
  app.get(
    '/admin/settings',
    {
      schema: {
        tags: ['operations'],
        summary: 'The effective settings and where each comes from; secrets are not shown',
        response: { 200: z.object({ data: z.array(setting) }), ...errors },
      },
    },
    async () => ({ data: workbench.settings() }),
  );
}
