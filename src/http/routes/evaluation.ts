/** /api/evaluation: rubrics, judge runs over benchmarks, their judgments, figures and files. */

import { z } from 'zod';
import { judgeBudget, judgeEstimate, judgeRunObject, newJudgeRun, newRubric, rubric } from '../../contracts/judging.ts';
import { judgeSummary, judgment, judgmentQuery } from '../../contracts/judgments.ts';
import { asList, listOf, pageAfter, pageLimit } from '../../contracts/lists.ts';
import { judgeFiles } from '../../judge/figures/files.ts';
import type { JudgingRoom } from '../workbench-deps.ts';
import { errors, type RouteScope } from './describe-route.ts';

const tags = ['evaluation'];
const params = z.object({ id: z.string() });
const judgeRun = { 200: judgeRunObject, ...errors };
const threshold = z.coerce.number().min(0).max(10).optional();

/** What these routes need of what the HTTP surface is handed. */
export type EvaluationDeps = { workbench: { judging: JudgingRoom } };

export function evaluationRoutes(app: RouteScope, { workbench }: EvaluationDeps): void {
  const { judging } = workbench;
  rubricRoutes(app, judging);
  startRoutes(app, judging);
  readRoutes(app, judging);
  app.delete(
    '/api/evaluation/runs/:id',
    {
      schema: {
        tags,
        summary: 'Delete a judge run with its judgments; one that is going is ended first',
        params,
        response: { 200: z.object({ id: z.string(), deleted: z.literal(true) }), ...errors },
      },
    },
    async (request) => {
      await judging.remove(request.userId, request.params.id);
      return { id: request.params.id, deleted: true as const };
    },
  );
}

function rubricRoutes(app: RouteScope, judging: JudgingRoom): void {
  app.get(
    '/api/evaluation/rubrics',
    {
      schema: {
        tags,
        summary: 'Rubrics in their newest versions, the built-in ones first',
        response: { 200: z.object({ data: z.array(rubric) }), ...errors },
      },
    },
    async (request) => ({ data: await judging.rubrics(request.userId) }),
  );

  app.get(
    '/api/evaluation/rubrics/:id',
    {
      schema: {
        tags,
        summary: 'A rubric, in its newest version or the one asked for',
        params,
        querystring: z.object({ version: z.coerce.number().int().min(1).optional() }),
        response: { 200: rubric, ...errors },
      },
    },
    async (request) => judging.rubric(request.userId, request.params.id, request.query.version),
  );

  app.post(
    '/api/evaluation/rubrics',
    { schema: { tags, summary: 'Keep a new rubric', body: newRubric, response: { 200: rubric, ...errors } } },
    async (request) => judging.keepRubric(request.userId, request.body),
  );

  app.put(
    '/api/evaluation/rubrics/:id',
    {
      schema: {
        tags,
        summary: 'Keep the next version of a rubric; what was judged by the older one stays',
        params,
        body: newRubric,
        response: { 200: rubric, ...errors },
      },
    },
    async (request) => judging.keepRubric(request.userId, request.body, request.params.id),
  );
}

function startRoutes(app: RouteScope, judging: JudgingRoom): void {
  app.post(
    '/api/evaluation/runs',
    {
      schema: {
        tags,
        summary:
          'Judge the answers of a benchmark: by rules, by similarity, or by a model, one by one, many a call or in pairs',
        body: newJudgeRun,
        response: {
          200: judgeRunObject.extend({ batch_id: z.string().nullable(), estimate: judgeEstimate }),
          ...errors,
        },
      },
    },
    async (request) => {
      const estimate = await judging.estimate(request.userId, request.body);
      const started = await judging.start(request.userId, request.body);
      return { ...started, batch_id: started.batch_ids[0] ?? null, estimate };
    },
  );

  app.post(
    '/api/evaluation/estimate',
    {
      schema: {
        tags,
        summary: 'What such a judge run would take: calls, tokens, time, cost; nothing is asked or spent',
        body: newJudgeRun,
        response: { 200: judgeEstimate, ...errors },
      },
    },
    async (request) => judging.estimate(request.userId, request.body),
  );

  app.post(
    '/api/evaluation/runs/:id/cancel',
    { schema: { tags, summary: 'End a judge run; the verdicts there are stay', params, response: judgeRun } },
    async (request) => judging.cancel(request.userId, request.params.id),
  );

  app.post(
    '/api/evaluation/runs/:id/resume',
    {
      schema: {
        tags,
        summary: 'Go on with a judge run that was cancelled, failed, or was stopped by its budget',
        params,
        body: z.strictObject({ budget: judgeBudget.optional() }).nullish(),
        response: judgeRun,
      },
    },
    async (request) => judging.resume(request.userId, request.params.id, request.body?.budget),
  );
}

function readRoutes(app: RouteScope, judging: JudgingRoom): void {
  app.get(
    '/api/evaluation/runs',
    {
      schema: {
        tags,
        summary: 'List judge runs, newest first',
        querystring: z.object({ benchmark_id: z.string().optional(), after: pageAfter, limit: pageLimit(100, 20) }),
        response: { 200: listOf(judgeRunObject), ...errors },
      },
    },
    async (request) => {
      const { benchmark_id: benchmarkId, after, limit } = request.query;
      return asList(await judging.list(request.userId, { benchmarkId, after, limit }));
    },
  );

  app.get(
    '/api/evaluation/runs/:id',
    { schema: { tags, summary: 'A judge run, with its counts', params, response: judgeRun } },
    async (request) => judging.get(request.userId, request.params.id),
  );

  app.get(
    '/api/evaluation/runs/:id/summary',
    {
      schema: {
        tags,
        summary: 'Figures of a judge run at any threshold, by category and criterion; no judge is asked',
        params,
        querystring: z.object({ threshold }),
        response: { 200: judgeSummary, ...errors },
      },
    },
    async (request) => judging.summary(request.userId, request.params.id, request.query.threshold),
  );

  app.get(
    '/api/evaluation/judgments',
    {
      schema: {
        tags,
        summary: 'Judgments of a judge run, by the page',
        querystring: judgmentQuery,
        response: { 200: z.object({ data: z.array(judgment), next: z.string().nullable() }), ...errors },
      },
    },
    async (request) => judging.judgments(request.userId, request.query),
  );

  app.get(
    '/api/evaluation/runs/:id/files/:file',
    {
      schema: {
        tags,
        summary: 'A file of a judge run: judged_results.jsonl, failures.jsonl (below the threshold) or summary.json',
        params: params.extend({ file: z.enum(judgeFiles) }),
        querystring: z.object({ threshold }),
      },
    },
    async (request, reply) => {
      const { id, file } = request.params;
      const stream = await judging.file(request.userId, { id, file, ...request.query });
      const type = file === 'summary.json' ? 'application/json' : 'application/x-ndjson';
      return reply
        .headers({ 'content-type': `${type}; charset=utf-8`, 'x-content-type-options': 'nosniff' })
        .send(stream);
    },
  );
}
