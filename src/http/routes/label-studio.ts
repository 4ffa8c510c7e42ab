/** /api/label-studio: the connection, what is there to map, and what a project would look like. */

import { z } from 'zod';
import {
  connectionObject,
  hookTaken,
  newConnection,
  preview,
  projectPlan,
  remoteProject,
} from '../../contracts/label-studio.ts';
import type { LabelStudioRoom } from '../workbench-deps.ts';
import { errors, type RouteScope } from './describe-route.ts';

const tags = ['label studio'];
const connection = { 200: connectionObject, ...errors };

export function labelStudioRoutes(
  app: RouteScope,
  { workbench }: { workbench: { labelStudio: LabelStudioRoom } },
): void {
  const { labelStudio } = workbench;
  const path = '/api/label-studio/connection';
  app.get(
    path,
    { schema: { tags, summary: 'The connection to Label Studio; the token is never shown', response: connection } },
    async (request) => labelStudio.connection(request.userId),
  );

  app.put(
    path,
    {
      schema: {
        tags,
        summary: 'Connect to Label Studio; address and token are tried before they are kept',
        body: newConnection,
        response: connection,
      },
    },
    async (request) => labelStudio.connect(request.userId, request.body),
  );

  app.delete(
    path,
    { schema: { tags, summary: 'Forget the connection; projects and annotations stay', response: connection } },
    async (request) => labelStudio.disconnect(request.userId),
  );

  app.get(
    '/api/label-studio/remote-projects',
    {
      schema: {
        tags,
        summary: 'Projects that are in Label Studio, to map one of them',
        response: { 200: z.object({ data: z.array(remoteProject) }), ...errors },
      },
    },
    async (request) => ({ data: await labelStudio.remoteProjects(request.userId) }),
  );

  app.post(
    '/api/label-studio/preview',
    {
      schema: {
        tags,
        summary: 'The labeling configuration and a task of a project, before it is made',
        body: projectPlan,
        response: { 200: preview, ...errors },
      },
    },
    async (request) => labelStudio.preview(request.userId, request.body),
  );

  hookRoute(app, labelStudio);
}

/** Label Studio has no key of this server: it shows the secret that its webhook was made with. */
function hookRoute(app: RouteScope, labelStudio: LabelStudioRoom): void {
  app.post(
    '/api/label-studio/hooks/:id',
    {
      config: { open: true },
      schema: {
        tags,
        summary: 'Where Label Studio tells of annotations; the secret of the webhook stands in x-assay-secret',
        params: z.object({ id: z.string() }),
        body: z.unknown(),
        response: { 200: hookTaken, ...errors },
      },
    },
    async (request) => {
      const secret = request.headers['x-assay-secret'];
      await labelStudio.hook(request.params.id, { secret: String(secret ?? ''), body: request.body });
      return { taken: true };
    },
  );
}
