/** /admin/annotations: golden, fix and wrong on a model's answer, undo, a change for all that a filter chooses, the list. */

import { z } from 'zod';
import { annotationObject, bulkAnnotation, newAnnotation } from '../../contracts/curation.ts';
import { pageLimit } from '../../contracts/lists.ts';
import { annotationKinds } from '../../contracts/workbench.ts';
import { AssayError } from '../../errors.ts';
import type { CurationRoom } from '../workbench-deps.ts';
import { errors, type RouteScope } from './describe-route.ts';

const tags = ['curation'];
const item = z.object({ dataset_id: z.string(), candidate_id: z.string() });
const answer = item.extend({ kind: z.enum(annotationKinds) });
const ofModel = z.object({ model_id: z.string() });
const response = { 200: annotationObject, ...errors };

const listQuery = z.object({
  dataset_id: z.string(),
  /** `next` of the page before. */
  after: z.coerce.number().int().nonnegative().optional(),
  limit: pageLimit(1000, 100),
});

export function annotationRoutes(app: RouteScope, { workbench }: { workbench: { curation: CurationRoom } }): void {
  const { curation } = workbench;
  app.post(
    '/admin/annotations/bulk',
    {
      schema: {
        tags,
        summary: 'Say golden or wrong of all answers of a model that a filter chooses; without confirm only counted',
        body: bulkAnnotation,
        response: { 200: z.object({ count: z.number().int(), done: z.boolean() }), ...errors },
      },
    },
    async (request) => curation.bulk(request.userId, request.body),
  );

  app.post(
    '/admin/annotations/undo/:dataset_id/:candidate_id',
    {
      schema: { tags, summary: 'Put back what was said before the last change', params: item, body: ofModel, response },
    },
    async (request) => {
      const { dataset_id: datasetId, candidate_id: candidateId } = request.params;
      return curation.undo(request.userId, { datasetId, candidateId, modelId: request.body.model_id });
    },
  );

  app.get(
    '/admin/annotations',
    {
      schema: {
        tags,
        summary: 'List what is said of the answers of a dataset, newest change first',
        querystring: listQuery,
        response: { 200: z.object({ data: z.array(annotationObject), next: z.number().int().nullable() }), ...errors },
      },
    },
    async (request) => {
      const { dataset_id: datasetId, after, limit } = request.query;
      return curation.annotations(request.userId, { datasetId, limit, ...(after === undefined ? {} : { after }) });
    },
  );
  answerRoutes(app, curation);
}

function answerRoutes(app: RouteScope, curation: CurationRoom): void {
  app.post(
    '/admin/annotations/:kind/:dataset_id/:candidate_id',
    {
      schema: {
        tags,
        summary: "Say golden, fix or wrong of a model's answer",
        params: answer,
        body: newAnnotation,
        response,
      },
    },
    async (request) => {
      const { kind, dataset_id: datasetId, candidate_id: candidateId } = request.params;
      return curation.annotate(request.userId, { kind, datasetId, candidateId, body: request.body });
    },
  );

  app.delete(
    '/admin/annotations/:kind/:dataset_id/:candidate_id',
    {
      schema: {
        tags,
        summary: 'Take back what is said of an answer; model_id stands in the body or in the query',
        params: answer,
        querystring: ofModel.partial(),
        body: ofModel.partial().nullish(),
        response,
      },
    },
    async (request) => {
      const { kind, dataset_id: datasetId, candidate_id: candidateId } = request.params;
      const modelId = request.body?.model_id ?? request.query.model_id;
      if (modelId === undefined) {
        const problem = 'is needed, in the body or in the query';
        throw new AssayError(
          'invalid_parameter',
          { param: 'model_id', problem, value: 'nothing' },
          { param: 'model_id' },
        );
      }
      return curation.clear(request.userId, { kind, datasetId, candidateId, modelId });
    },
  );
}
