/** /api/evaluation: the labelling queue, imported judgments, how far a judge can be trusted, and the ranking of models. */

import type { Readable } from 'node:stream';
import { z } from 'zod';
import { judgeRunObject } from '../../contracts/judging.ts';
import {
  judgmentImport,
  labelKept,
  labelPlace,
  labelQuery,
  labelTask,
  newLabel,
  ranking,
  rankingQuery,
  trustPanel,
  trustQuery,
} from '../../contracts/trust.ts';
import { AssayError } from '../../errors.ts';
import { discard, stage } from '../../files/store.ts';
import type { HttpDeps } from '../deps.ts';
import type { PeopleRoom } from '../workbench-deps.ts';
import { errors, type RouteScope } from './describe-route.ts';

const tags = ['evaluation'];

/** What these routes need of what the HTTP surface is handed. */
export type TrustDeps = Pick<HttpDeps, 'store' | 'limits'> & { workbench: { people: PeopleRoom } };

export async function trustRoutes(app: RouteScope, deps: TrustDeps): Promise<void> {
  const { people } = deps.workbench;
  labelRoutes(app, people);
  app.get(
    '/api/evaluation/runs/:id/trust',
    {
      schema: {
        tags,
        summary: "A judge's verdicts against people's: kappa, rates, confusion, corrected rate, biases",
        params: z.object({ id: z.string() }),
        querystring: trustQuery,
        response: { 200: trustPanel, ...errors },
      },
    },
    async (request) => people.trust(request.userId, request.params.id, request.query),
  );

  app.get(
    '/api/evaluation/ranking',
    {
      schema: {
        tags,
        summary: 'Rank the models of a dataset by the stored comparisons of their answers',
        querystring: rankingQuery,
        response: { 200: ranking, ...errors },
      },
    },
    async (request) => people.ranking(request.userId, request.query),
  );
  await app.register(async (scope) => importRoute(scope as RouteScope, deps));
}

function labelRoutes(app: RouteScope, people: PeopleRoom): void {
  app.post(
    '/api/evaluation/labels',
    {
      schema: {
        tags,
        summary: 'Keep what a person says of an answer, or of two; said again, the newer stands',
        body: newLabel,
        response: { 200: labelKept, ...errors },
      },
    },
    async (request) => people.label(request.userId, request.body),
  );

  app.delete(
    '/api/evaluation/labels',
    {
      schema: {
        tags,
        summary: "Take back a person's label of an answer",
        querystring: labelPlace,
        response: { 200: labelKept, ...errors },
      },
    },
    async (request) => people.takeBack(request.userId, request.query),
  );

  app.get(
    '/api/evaluation/labels/next',
    {
      schema: {
        tags,
        summary: 'The next answer to label, without anything a judge said and without the name of its model',
        querystring: labelQuery,
        response: { 200: labelTask, ...errors },
      },
    },
    async (request) => people.next(request.userId, request.query),
  );
}

/** In a scope of its own, where a body of any type is a stream. */
function importRoute(app: RouteScope, { store, limits, workbench }: TrustDeps): void {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', (_request, payload, done) => done(null, payload));
  const limit = { maxBytes: limits.fileMaxBytes, what: 'The body', setting: 'ASSAY_FILE_MAX_BYTES' };
  app.post(
    '/api/evaluation/judgments/import',
    {
      schema: {
        tags,
        summary: 'Import judgments made elsewhere, by people or a judge, as a judge run (JSON Lines, all or none)',
        consumes: ['application/x-ndjson'],
        querystring: judgmentImport,
        response: { 200: judgeRunObject, ...errors },
      },
    },
    async (request) => {
      const type = request.headers['content-type'] ?? '';
      if (type.startsWith('multipart/')) {
        const wanted = 'the lines themselves as the body (application/x-ndjson; curl --data-binary @FILE)';
        throw new AssayError('unsupported_media_type', { value: type.split(';')[0], wanted });
      }
      const body = (request.body ?? []) as Readable;
      const staged = await stage(store, body, limit);
      try {
        return await workbench.people.import(request.userId, { asked: request.query, ...staged });
      } finally {
        await discard(staged);
      }
    },
  );
}
