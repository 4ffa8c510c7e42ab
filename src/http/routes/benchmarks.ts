/** /admin/benchmarks: estimate, start, follow, end and import runs of models over a dataset. */

import { z } from 'zod';
import { asList, listOf, pageAfter, pageLimit } from '../../contracts/lists.ts';
import { activeRun, estimate, importedRun, newRun, runObject } from '../../contracts/runs.ts';
import { discard } from '../../files/store.ts';
import { check } from '../check.ts';
import type { HttpDeps } from '../deps.ts';
import { readForm } from '../form.ts';
import type { RunRoom } from '../workbench-deps.ts';
import { errors, formBody, type RouteScope } from './describe-route.ts';

const tags = ['benchmarks'];
const params = z.object({ id: z.string() });
const importFields = z.object({ dataset_id: z.string(), model_id: z.string().min(1).max(200).optional() });
const benchmark = { 200: runObject, ...errors };

/** What these routes need of what the HTTP surface is handed. */
export type BenchmarkDeps = Pick<HttpDeps, 'store' | 'limits'> & { workbench: { runs: RunRoom } };

export function benchmarkRoutes(app: RouteScope, deps: BenchmarkDeps): void {
  const { runs } = deps.workbench;
  startRoutes(app, runs);
  importRoute(app, deps);
  readRoutes(app, runs);
  for (const [action, summary] of [
    ['cancel', 'End a benchmark; what is answered stays'],
    ['retry', 'Ask for the failed answers of an ended benchmark again'],
    ['again', 'Run the same benchmark anew; it takes the place of the old one'],
  ] as const) {
    app.post(
      `/admin/benchmarks/:id/${action}`,
      { schema: { tags, summary, params, response: benchmark } },
      async (request) => runs[action](request.userId, request.params.id),
    );
  }
  app.delete(
    '/admin/benchmarks/:id',
    {
      schema: {
        tags,
        summary: 'Delete a benchmark with its answers; the one it had superseded comes back',
        params,
        response: { 200: z.object({ id: z.string(), deleted: z.literal(true) }), ...errors },
      },
    },
    async (request) => {
      await runs.remove(request.userId, request.params.id);
      return { id: request.params.id, deleted: true as const };
    },
  );
}

function startRoutes(app: RouteScope, runs: RunRoom): void {
  app.post(
    '/admin/benchmarks/run',
    {
      schema: {
        tags,
        summary: 'Run one or several models over a dataset, each as a batch',
        body: newRun,
        response: { 200: z.object({ benchmarks: z.array(runObject) }), ...errors },
      },
    },
    async (request) => ({ benchmarks: await runs.start(request.userId, request.body) }),
  );

  app.post(
    '/admin/benchmarks/estimate',
    {
      schema: {
        tags,
        summary: 'What such a run would take: requests, tokens, time, cost',
        body: newRun,
        response: { 200: z.object({ estimates: z.array(estimate) }), ...errors },
      },
    },
    async (request) => ({ estimates: await runs.estimate(request.userId, request.body) }),
  );
}

function importRoute(app: RouteScope, { store, limits, workbench }: BenchmarkDeps): void {
  const limit = { maxBytes: limits.fileMaxBytes, what: 'The file', setting: 'ASSAY_FILE_MAX_BYTES' };
  app.post(
    '/admin/benchmarks/import',
    {
      ...formBody('file', importFields),
      schema: {
        ...formBody('file', importFields).schema,
        tags,
        summary: 'Import answers made elsewhere as a benchmark (JSONL, or a table with a column per model)',
        response: { 200: importedRun.extend({ runs: z.array(importedRun) }), ...errors },
      },
    },
    async (request) => {
      const form = await readForm(request, 'file', { store, limit });
      try {
        const { dataset_id, model_id } = check(importFields, form.fields);
        const imported = await workbench.runs.import(request.userId, {
          path: form.staged.path,
          filename: form.filename,
          sha256: form.staged.sha256,
          datasetId: dataset_id,
          modelId: model_id,
        });
        return { ...imported[0]!, runs: imported };
      } finally {
        await discard(form.staged);
      }
    },
  );
}

function readRoutes(app: RouteScope, runs: RunRoom): void {
  app.get(
    '/admin/benchmarks',
    {
      schema: {
        tags,
        summary: 'List benchmarks, newest first',
        querystring: z.object({ dataset_id: z.string().optional(), after: pageAfter, limit: pageLimit(100, 20) }),
        response: { 200: listOf(runObject), ...errors },
      },
    },
    async (request) => {
      const { dataset_id: datasetId, after, limit } = request.query;
      return asList(await runs.list(request.userId, { datasetId, after, limit }));
    },
  );

  app.get(
    '/admin/benchmarks/active',
    {
      schema: {
        tags,
        summary: 'Benchmarks that wait or run, oldest first, with their progress',
        response: { 200: z.array(activeRun), ...errors },
      },
    },
    async (request) => runs.active(request.userId),
  );

  app.get(
    '/admin/benchmarks/:id',
    { schema: { tags, summary: 'Get a benchmark', params, response: benchmark } },
    async (request) => runs.get(request.userId, request.params.id),
  );
}
