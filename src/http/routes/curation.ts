/** Golden sets, example libraries and prompt templates. */

import { z } from 'zod';
import {
  exampleLibrary,
  exampleRequest,
  goldenSet,
  newGoldenSet,
  newTemplate,
  templateObject,
} from '../../contracts/curation.ts';
import type { CurationRoom } from '../workbench-deps.ts';
import { errors, type RouteScope } from './describe-route.ts';

const tags = ['curation'];
const params = z.object({ id: z.string() });
const deleted = z.object({ id: z.string(), deleted: z.literal(true) });

export function curationRoutes(app: RouteScope, { workbench }: { workbench: { curation: CurationRoom } }): void {
  const { curation } = workbench;
  app.post(
    '/admin/golden-sets',
    {
      schema: {
        tags,
        summary: 'Freeze golden answers and fixes under a name; the same name again makes its next version',
        body: newGoldenSet,
        response: { 200: goldenSet, ...errors },
      },
    },
    async (request) => curation.makeGoldenSet(request.userId, request.body),
  );

  app.get(
    '/admin/golden-sets',
    {
      schema: {
        tags,
        summary: 'List the golden sets of a dataset, newest first',
        querystring: z.object({ dataset_id: z.string() }),
        response: { 200: z.object({ data: z.array(goldenSet) }), ...errors },
      },
    },
    async (request) => ({ data: await curation.goldenSets(request.userId, request.query.dataset_id) }),
  );

  app.get(
    '/admin/golden-sets/:id/items',
    { schema: { tags, summary: 'The entries of a golden set as JSON lines', params } },
    async (request, reply) => {
      void reply.headers({
        'content-type': 'application/x-ndjson; charset=utf-8',
        'x-content-type-options': 'nosniff',
      });
      return reply.send(curation.goldenSetItems(request.userId, request.params.id));
    },
  );

  app.delete(
    '/admin/golden-sets/:id',
    { schema: { tags, summary: 'Delete a version of a golden set', params, response: { 200: deleted, ...errors } } },
    async (request) => {
      await curation.removeGoldenSet(request.userId, request.params.id);
      return { id: request.params.id, deleted: true as const };
    },
  );

  app.post(
    '/admin/examples/preview',
    {
      schema: {
        tags,
        summary: 'Choose an example library and show the prompt block that it becomes',
        body: exampleRequest,
        response: { 200: exampleLibrary, ...errors },
      },
    },
    async (request) => curation.examples(request.userId, request.body),
  );
  templateRoutes(app, curation);
}

function templateRoutes(app: RouteScope, curation: CurationRoom): void {
  app.get(
    '/admin/templates',
    {
      schema: {
        tags,
        summary: 'List prompt templates, by name',
        response: { 200: z.object({ data: z.array(templateObject) }), ...errors },
      },
    },
    async (request) => ({ data: await curation.templates(request.userId) }),
  );

  app.post(
    '/admin/templates',
    {
      schema: {
        tags,
        summary: 'Keep a prompt template; one of the same name is replaced',
        body: newTemplate,
        response: { 200: templateObject, ...errors },
      },
    },
    async (request) => curation.keepTemplate(request.userId, request.body),
  );

  app.delete(
    '/admin/templates/:id',
    { schema: { tags, summary: 'Delete a prompt template', params, response: { 200: deleted, ...errors } } },
    async (request) => {
      await curation.removeTemplate(request.userId, request.params.id);
      return { id: request.params.id, deleted: true as const };
    },
  );
}
