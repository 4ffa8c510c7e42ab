/** The results grid and its figures. */

import { z } from 'zod';
import { agreement, gridFilter, gridPage, gridQuery, stats, wholeItem } from '../../contracts/workbench.ts';
import type { HttpDeps } from '../deps.ts';
import { errors, type RouteScope } from './describe-route.ts';

const tags = ['workbench'];
const itemQuery = z.object({ dataset_id: z.string(), candidate_id: z.string() });
const agreementQuery = gridFilter.extend({ field: z.string().min(1).max(200).optional() });

export function workbenchRoutes(app: RouteScope, { workbench }: HttpDeps): void {
  if (workbench === undefined) return;
  const { grid } = workbench;

  app.get(
    '/admin/workbench/results',
    {
      schema: {
        tags,
        summary: 'A page of the grid: items with the answers of all models, filtered and sorted',
        querystring: gridQuery,
        response: { 200: gridPage, ...errors },
      },
    },
    async (request) => grid.page(request.userId, request.query),
  );

  app.get(
    '/admin/workbench/item',
    {
      schema: {
        tags,
        summary: 'Everything there is of one item',
        querystring: itemQuery,
        response: { 200: wholeItem, ...errors },
      },
    },
    async (request) => grid.item(request.userId, request.query.dataset_id, request.query.candidate_id),
  );

  app.get(
    '/admin/workbench/stats',
    {
      schema: {
        tags,
        summary: 'Decisions, latencies, tokens and annotations of the items that a filter chooses',
        querystring: gridFilter,
        response: { 200: stats, ...errors },
      },
    },
    async (request) => grid.stats(request.userId, request.query),
  );

  app.get(
    '/admin/workbench/agreement',
    {
      schema: {
        tags,
        summary: 'How far the models agree, on the decision or on a field, and who is right where there is a truth',
        querystring: agreementQuery,
        response: { 200: agreement, ...errors },
      },
    },
    async (request) => {
      const { field, ...filter } = request.query;
      return grid.agreement(request.userId, { filter, ...(field === undefined ? {} : { field }) });
    },
  );
}
