/** /api/label-studio/projects: what goes to Label Studio and comes back, by connection or as files; and the review queue. */

import { Readable } from 'node:stream';
import { z } from 'zod';
import {
  labelProject,
  newProject,
  newPush,
  openAnswer,
  projectChange,
  pulled,
  resolution,
  reviewQuery,
  reviewQueue,
} from '../../contracts/label-studio.ts';
import type { LabelStudioRoom } from '../workbench-deps.ts';
import { errors, formBody, type RouteScope } from './describe-route.ts';

const tags = ['label studio'];
const params = z.object({ id: z.string() });
const one = { 200: labelProject, ...errors };
const path = '/api/label-studio/projects';

export function labelProjectRoutes(
  app: RouteScope,
  { workbench }: { workbench: { labelStudio: LabelStudioRoom } },
): void {
  const { labelStudio } = workbench;
  makeRoutes(app, labelStudio);
  moveRoutes(app, labelStudio);
  openRoutes(app, labelStudio);
  fileRoutes(app, labelStudio);
  app.get(
    '/api/review-queue',
    {
      schema: {
        tags,
        summary: 'Items without a word of a person, the most useful first, and what labels have bought so far',
        querystring: reviewQuery,
        response: { 200: reviewQueue, ...errors },
      },
    },
    async (request) => labelStudio.reviewQueue(request.userId, request.query),
  );
}

function makeRoutes(app: RouteScope, labelStudio: LabelStudioRoom): void {
  app.get(
    path,
    {
      schema: {
        tags,
        summary: 'Projects, the newest first',
        querystring: z.object({ dataset_id: z.string().optional() }),
        response: { 200: z.object({ data: z.array(labelProject) }), ...errors },
      },
    },
    async (request) => ({ data: await labelStudio.projects(request.userId, request.query.dataset_id ?? null) }),
  );

  app.post(
    path,
    {
      schema: {
        tags,
        summary: 'Make a project there, map one that is there, or make one of files',
        body: newProject,
        response: one,
      },
    },
    async (request) => labelStudio.createProject(request.userId, request.body),
  );

  app.get(`${path}/:id`, { schema: { tags, summary: 'Get a project', params, response: one } }, async (request) =>
    labelStudio.project(request.userId, request.params.id),
  );

  app.patch(
    `${path}/:id`,
    { schema: { tags, summary: 'Change the rule or the audit share', params, body: projectChange, response: one } },
    async (request) => labelStudio.changeProject(request.userId, request.params.id, request.body),
  );

  app.delete(
    `${path}/:id`,
    {
      schema: {
        tags,
        summary: 'Take a project off the list here; it stays in Label Studio, and what was applied stays here',
        params,
        response: { 200: z.object({ id: z.string(), deleted: z.literal(true) }), ...errors },
      },
    },
    async (request) => {
      await labelStudio.removeProject(request.userId, request.params.id);
      return { id: request.params.id, deleted: true as const };
    },
  );
}

function moveRoutes(app: RouteScope, labelStudio: LabelStudioRoom): void {
  app.post(
    `${path}/:id/push`,
    {
      schema: {
        tags,
        summary: 'Send items as pre-labelled tasks; the work goes on behind',
        params,
        body: newPush,
        response: one,
      },
    },
    async (request) => labelStudio.push(request.userId, request.params.id, request.body),
  );

  app.post(
    `${path}/:id/push/cancel`,
    { schema: { tags, summary: 'Stop a push; what is there stays', params, response: one } },
    async (request) => labelStudio.cancelPush(request.userId, request.params.id),
  );

  app.post(
    `${path}/:id/pull`,
    { schema: { tags, summary: 'Take in what annotators have said', params, response: { 200: pulled, ...errors } } },
    async (request) => labelStudio.pull(request.userId, request.params.id),
  );
}

function openRoutes(app: RouteScope, labelStudio: LabelStudioRoom): void {
  app.get(
    `${path}/:id/open`,
    {
      schema: {
        tags,
        summary: 'Answers that wait for a person: conflicts, annotators who are apart, what cannot be taken',
        params,
        querystring: z.object({
          after: z.string().max(2000).optional(),
          limit: z.coerce.number().int().min(1).max(500).default(50),
        }),
        response: { 200: z.object({ data: z.array(openAnswer), next: z.string().nullable() }), ...errors },
      },
    },
    async (request) => labelStudio.openAnswers(request.userId, request.params.id, request.query),
  );

  app.post(
    `${path}/:id/resolve`,
    {
      schema: {
        tags,
        summary: 'Say which side, or whose word, is taken',
        params,
        body: resolution,
        response: { 200: z.object({ resolved: z.literal(true) }), ...errors },
      },
    },
    async (request) => {
      await labelStudio.resolve(request.userId, request.params.id, request.body);
      return { resolved: true as const };
    },
  );
}

function fileRoutes(app: RouteScope, labelStudio: LabelStudioRoom): void {
  app.get(
    `${path}/:id/tasks.json`,
    {
      schema: {
        tags,
        summary: "Tasks with predictions and annotations as a file that Label Studio's import takes",
        params,
        querystring: newPush
          .pick({ select: true })
          .extend({ limit: z.coerce.number().int().min(1).max(1_000_000).default(1000) }),
      },
    },
    async (request, reply) => {
      const file = await labelStudio.exportTasks(request.userId, request.params.id, request.query);
      void reply.headers({
        'content-type': 'application/json; charset=utf-8',
        'content-disposition': `attachment; filename="${request.params.id.replace(/\W/g, '')}.tasks.json"`,
        'x-content-type-options': 'nosniff',
      });
      return reply.send(Readable.from(file));
    },
  );

  app.post(
    `${path}/:id/annotations`,
    {
      ...formBody('file', z.object({})),
      schema: {
        ...formBody('file', z.object({})).schema,
        tags,
        summary: "Take in a file of Label Studio's export (JSON)",
        params,
        response: { 200: pulled, ...errors },
      },
    },
    async (request) => {
      // The room itself ends a file that is too large, with words that name the setting.
      const file = await request.file({ limits: { fileSize: Number.POSITIVE_INFINITY }, throwFileSizeLimit: false });
      return labelStudio.importAnnotations(request.userId, request.params.id, file?.file ?? null);
    },
  );
}
