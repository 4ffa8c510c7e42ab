/** /api/analyses: from a test set to named failure patterns and training data that aims at them. */

import type { Readable } from 'node:stream';
import { z } from 'zod';
import {
  type AnalysisFile,
  analysisEstimate,
  analysisFiles,
  analysisObject,
  failureMap,
  failurePage,
  failureQuery,
  newAnalysis,
  resumeAnalysis,
  wholeAnalysis,
} from '../../contracts/analyses.ts';
import { asList, listOf, pageAfter, pageLimit } from '../../contracts/lists.ts';
import { clusterOptions, labelOptions, patternComparison } from '../../contracts/mining.ts';
import { discard, stage } from '../../files/store.ts';
import { check } from '../check.ts';
import type { HttpDeps } from '../deps.ts';
import type { AnalysisRoom } from '../workbench-deps.ts';
import { errors, type RouteScope } from './describe-route.ts';

const tags = ['analyses'];
const params = z.object({ id: z.string() });
const analysis = { 200: analysisObject, ...errors };
const files = Object.values(analysisFiles).flat() as [AnalysisFile, ...AnalysisFile[]];

/** A query field that holds options as JSON. */
const asJson = z
  .string()
  .max(10_000)
  .transform((text, context): unknown => {
    try {
      return JSON.parse(text);
    } catch (error) {
      context.addIssue({ code: 'custom', message: `must be JSON: ${(error as Error).message}` });
      return z.NEVER;
    }
  });
const importQuery = z.object({
  name: z.string().min(1).max(200).optional(),
  /** Of 10: where a line says no `pass`, a score below it is a failure. */
  threshold: z.coerce.number().min(0).max(10).default(7),
  /** Options of clustering and of naming, as JSON. */
  cluster: asJson.optional(),
  label: asJson.optional(),
});

/** What these routes need of what the HTTP surface is handed. */
export type AnalysisRouteDeps = Pick<HttpDeps, 'store' | 'limits'> & { workbench: { analyses: AnalysisRoom } };

export async function analysisRoutes(app: RouteScope, deps: AnalysisRouteDeps): Promise<void> {
  const { analyses } = deps.workbench;
  startRoutes(app, analyses);
  changeRoutes(app, analyses);
  readRoutes(app, analyses);
  await app.register(async (scope) => importRoute(scope as RouteScope, deps));
}

function startRoutes(app: RouteScope, analyses: AnalysisRoom): void {
  app.post(
    '/api/analyses',
    {
      schema: {
        tags,
        summary:
          'Find out why models fail; asked for again with the same content it is the same analysis, which goes on',
        body: newAnalysis,
        response: analysis,
      },
    },
    async (request) => analyses.start(request.userId, request.body),
  );

  app.post(
    '/api/analyses/estimate',
    {
      schema: {
        tags,
        summary: 'What each step of such an analysis would take; nothing is begun',
        body: newAnalysis,
        response: { 200: analysisEstimate, ...errors },
      },
    },
    async (request) => analyses.estimate(request.userId, request.body),
  );

  app.get(
    '/api/analyses',
    {
      schema: {
        tags,
        summary: 'Analyses, the newest first',
        querystring: z.object({ after: pageAfter, limit: pageLimit(100, 20) }),
        response: { 200: listOf(analysisObject), ...errors },
      },
    },
    async (request) => asList(await analyses.list(request.userId, request.query)),
  );
}

function changeRoutes(app: RouteScope, analyses: AnalysisRoom): void {
  app.post(
    '/api/analyses/:id/cancel',
    { schema: { tags, summary: 'End an analysis; what its steps have done stays', params, response: analysis } },
    async (request) => analyses.cancel(request.userId, request.params.id),
  );

  app.post(
    '/api/analyses/:id/resume',
    {
      schema: {
        tags,
        summary: 'Go on with an analysis; with `from` that step and all behind it are done anew',
        params,
        body: resumeAnalysis,
        response: analysis,
      },
    },
    async (request) => analyses.resume(request.userId, request.params.id, request.body),
  );

  app.delete(
    '/api/analyses/:id',
    {
      schema: {
        tags,
        summary: 'Delete an analysis; its benchmarks and judge runs stay',
        params,
        response: { 200: z.object({ id: z.string(), deleted: z.literal(true) }), ...errors },
      },
    },
    async (request) => {
      await analyses.remove(request.userId, request.params.id);
      return { id: request.params.id, deleted: true as const };
    },
  );
}

function readRoutes(app: RouteScope, analyses: AnalysisRoom): void {
  app.get(
    '/api/analyses/:id',
    {
      schema: {
        tags,
        summary: 'An analysis with its steps, clusters and patterns',
        params,
        response: { 200: wholeAnalysis, ...errors },
      },
    },
    async (request) => analyses.get(request.userId, request.params.id),
  );

  app.get(
    '/api/analyses/:id/failures',
    {
      schema: {
        tags,
        summary: 'A page of the failures, of a cluster, a category or a model',
        params,
        querystring: failureQuery,
        response: { 200: failurePage, ...errors },
      },
    },
    async (request) => analyses.failures(request.userId, request.params.id, request.query),
  );

  app.get(
    '/api/analyses/:id/map',
    {
      schema: {
        tags,
        summary: 'Every failure as a point on a plane, alike ones near each other',
        params,
        querystring: z.object({ limit: z.coerce.number().int().min(1).max(50_000).default(50_000) }),
        response: { 200: failureMap, ...errors },
      },
    },
    async (request) => analyses.map(request.userId, request.params.id, request.query.limit),
  );

  app.get(
    '/api/analyses/:id/comparison',
    {
      schema: {
        tags,
        summary: 'Which patterns went and which came in a later judge run over the same items',
        params,
        querystring: z.object({ after: z.string(), before: z.string().optional() }),
        response: { 200: patternComparison, ...errors },
      },
    },
    async (request) => analyses.comparison(request.userId, { id: request.params.id, ...request.query }),
  );

  app.get(
    '/api/analyses/:id/files/:file',
    {
      schema: {
        tags,
        summary: 'A file of a step that has ended',
        params: params.extend({ file: z.enum(files) }),
        produces: ['application/jsonl', 'application/json'],
      },
    },
    async (request, reply) => {
      const { id, file } = request.params;
      const content = await analyses.file(request.userId, { id, file });
      return reply
        .header('content-type', file.endsWith('.json') ? 'application/json' : 'application/jsonl')
        .header('content-disposition', `attachment; filename="${file}"`)
        .send(content);
    },
  );
}

/** In a scope of its own, where a body of any type is a stream. */
function importRoute(app: RouteScope, { store, limits, workbench }: AnalysisRouteDeps): void {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', (_request, payload, done) => done(null, payload));
  const limit = { maxBytes: limits.fileMaxBytes, what: 'The body', setting: 'ASSAY_FILE_MAX_BYTES' };
  app.post(
    '/api/analyses/import',
    {
      schema: {
        tags,
        summary: 'Find patterns in answers that were judged elsewhere (JSON Lines, all or none)',
        consumes: ['application/x-ndjson'],
        querystring: importQuery,
        response: analysis,
      },
    },
    async (request) => {
      const { name, threshold } = request.query;
      const options = {
        cluster: check(clusterOptions, request.query.cluster ?? {}),
        label: check(labelOptions, request.query.label ?? {}),
      };
      const staged = await stage(store, (request.body ?? []) as Readable, limit);
      try {
        return await workbench.analyses.import(request.userId, { ...staged, ...options, name, threshold });
      } finally {
        await discard(staged);
      }
    },
  );
}
