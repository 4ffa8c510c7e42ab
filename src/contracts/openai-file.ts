/** OpenAI's file object and the bodies and queries of /v1/files (openai-openapi, `OpenAIFile`). */

import { z } from 'zod';
import { expiresAfter, pageAfter, pageLimit, unixSeconds } from './lists.ts';

/** Purposes a client may upload for. */
export const uploadPurposes = ['batch', 'fine-tune', 'assistants', 'vision', 'user_data', 'evals'] as const;
export const uploadPurpose = z.enum(uploadPurposes);
export type UploadPurpose = z.output<typeof uploadPurpose>;

/** Purposes a file may have; output and error files of a batch are made by the server. */
export const filePurpose = z.enum([...uploadPurposes, 'batch_output']);
export type FilePurpose = z.output<typeof filePurpose>;

export const fileObject = z
  .object({
    id: z.string(),
    object: z.literal('file'),
    bytes: z.number().int(),
    created_at: unixSeconds,
    expires_at: unixSeconds.optional(),
    filename: z.string(),
    purpose: z.string(),
    status: z.literal('processed'),
    status_details: z.null(),
  })
  .meta({ description: 'A file.' });
export type FileObject = z.output<typeof fileObject>;

/** The form fields of an upload beside the file part itself; the file part may come before or after them. */
export const createFileFields = z.object({ purpose: uploadPurpose, expires_after: expiresAfter.optional() });
export type CreateFileFields = z.output<typeof createFileFields>;

export const listFilesQuery = z.object({
  after: pageAfter,
  limit: pageLimit(10_000, 10_000),
  order: z.enum(['asc', 'desc']).default('desc'),
  purpose: filePurpose.optional(),
});
export type ListFilesQuery = z.output<typeof listFilesQuery>;

export const fileDeleted = z.object({ id: z.string(), object: z.literal('file'), deleted: z.literal(true) });
