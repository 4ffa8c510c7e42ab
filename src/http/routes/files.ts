/** /v1/files: upload, list, get, content, delete. */

import { z } from 'zod';
import { asList, listOf } from '../../contracts/lists.ts';
import { createFileFields, fileDeleted, fileObject, listFilesQuery } from '../../contracts/openai-file.ts';
import { AssayError } from '../../errors.ts';
import { createFile } from '../../files/create.ts';
import { listFiles } from '../../files/list.ts';
import { deleteFile, findFile, getFile, openFile } from '../../files/read.ts';
import { fileObjectOf } from '../../files/rows.ts';
import { discard } from '../../files/store.ts';
import { check } from '../check.ts';
import type { HttpDeps } from '../deps.ts';
import { type Download, sendContent } from '../download.ts';
import { readForm } from '../form.ts';
import { repeatOf } from '../repeat-headers.ts';
import { errors, formBody, type RouteScope } from './describe-route.ts';

const params = z.object({ id: z.string() });

export function fileRoutes(app: RouteScope, deps: HttpDeps): void {
  const { db, store, limits } = deps;
  const limit = { maxBytes: limits.fileMaxBytes, what: 'The file', setting: 'ASSAY_FILE_MAX_BYTES' };

  app.post(
    '/v1/files',
    {
      ...formBody('file', createFileFields),
      schema: {
        ...formBody('file', createFileFields).schema,
        tags: ['files'],
        summary: 'Upload a file',
        response: { 200: fileObject, ...errors },
      },
    },
    async (request) => {
      const repeat = repeatOf(request, limits.repeatWindowSeconds);
      const form = await readForm(request, 'file', { store, limit });
      try {
        const { purpose, expires_after } = check(createFileFields, form.fields);
        const { filename, staged } = form;
        const expiresSeconds = expires_after?.seconds ?? null;
        return fileObjectOf(
          await createFile(db, store, { userId: request.userId, filename, purpose, expiresSeconds, staged, repeat }),
        );
      } finally {
        await discard(form.staged);
      }
    },
  );

  app.get(
    '/v1/files',
    {
      schema: {
        tags: ['files'],
        summary: 'List files',
        querystring: listFilesQuery,
        response: { 200: listOf(fileObject), ...errors },
      },
    },
    async (request) => {
      const page = await listFiles(db, request.userId, request.query);
      return asList({ data: page.data.map(fileObjectOf), has_more: page.has_more });
    },
  );

  app.get(
    '/v1/files/:id',
    { schema: { tags: ['files'], summary: 'Get a file', params, response: { 200: fileObject, ...errors } } },
    async (request) => fileObjectOf(await getFile(db, request.userId, request.params.id)),
  );

  app.delete(
    '/v1/files/:id',
    { schema: { tags: ['files'], summary: 'Delete a file', params, response: { 200: fileDeleted, ...errors } } },
    async (request) => {
      await deleteFile(db, store, request.userId, request.params.id);
      return { id: request.params.id, object: 'file' as const, deleted: true as const };
    },
  );

  app.get(
    '/v1/files/:id/content',
    { schema: { tags: ['files'], summary: 'Read the content of a file, or a range of it', params } },
    async (request, reply) => {
      const file = await contentOf(deps, request.userId, request.params.id);
      return sendContent(request, reply, file);
    },
  );
}

/** A file on disk, or the output or error file of a batch, which is streamed from its results also while it runs. */
async function contentOf({ db, store, batches }: HttpDeps, userId: string, id: string): Promise<Download> {
  const row = await findFile(db, userId, id);
  if (row?.content === 'disk') {
    const { file, read } = await openFile(db, store, userId, id);
    return { id, filename: file.filename, bytes: file.bytes, sha256: file.sha256, complete: true, read };
  }
  const virtual = await batches.output(userId, id);
  if (!virtual) throw new AssayError('not_found', { kind: 'file', id, list: '/v1/files' }, { param: 'id' });
  return { id, sha256: null, ...virtual };
}
