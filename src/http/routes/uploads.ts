/** /v1/uploads: a file sent in parts. */

import { z } from 'zod';
import { completeUploadBody, createUploadBody, uploadObject, uploadPart } from '../../contracts/openai-upload.ts';
import { addPart, cancelUpload, completeUpload, createUpload, requirePending } from '../../files/uploads.ts';
import type { HttpDeps } from '../deps.ts';
import { readForm } from '../form.ts';
import { repeatOf } from '../repeat-headers.ts';
import { errors, formBody, type RouteScope } from './describe-route.ts';

const params = z.object({ id: z.string() });

export function uploadRoutes(app: RouteScope, { db, store, limits }: HttpDeps): void {
  const room = { db, store, maxBytes: limits.uploadMaxBytes, expiresSeconds: limits.uploadExpiresSeconds };
  const limit = { maxBytes: limits.uploadPartMaxBytes, what: 'The part', setting: 'ASSAY_UPLOAD_PART_MAX_BYTES' };
  const response = { 200: uploadObject, ...errors };
  const part = formBody('data', z.object({}));

  app.post(
    '/v1/uploads',
    { schema: { tags: ['files'], summary: 'Open an upload in parts', body: createUploadBody, response } },
    async (request) => {
      const repeat = repeatOf(request, limits.repeatWindowSeconds);
      return createUpload(room, request.userId, { body: request.body, repeat });
    },
  );

  app.post(
    '/v1/uploads/:id/parts',
    {
      ...part,
      schema: {
        ...part.schema,
        tags: ['files'],
        summary: 'Add a part',
        params,
        response: { 200: uploadPart, ...errors },
      },
    },
    async (request) => {
      const { id } = request.params as z.output<typeof params>;
      await requirePending(room, request.userId, id);
      const { staged } = await readForm(request, 'data', { store, limit });
      return addPart(room, request.userId, { uploadId: id, staged });
    },
  );

  app.post(
    '/v1/uploads/:id/complete',
    { schema: { tags: ['files'], summary: 'Join the parts to a file', params, body: completeUploadBody, response } },
    async (request) => completeUpload(room, request.userId, { uploadId: request.params.id, body: request.body }),
  );

  app.post(
    '/v1/uploads/:id/cancel',
    { schema: { tags: ['files'], summary: 'Give up an upload', params, response } },
    async (request) => cancelUpload(room, request.userId, request.params.id),
  );
}
