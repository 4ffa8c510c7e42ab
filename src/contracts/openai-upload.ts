/** OpenAI's upload object (a file sent in parts) and the bodies of /v1/uploads. */

import { z } from 'zod';
import { expiresAfter, unixSeconds } from './lists.ts';
import { fileObject, uploadPurpose } from './openai-file.ts';

export const uploadObject = z
  .object({
    id: z.string(),
    object: z.literal('upload'),
    bytes: z.number().int(),
    created_at: unixSeconds,
    expires_at: unixSeconds,
    filename: z.string(),
    purpose: z.string(),
    status: z.enum(['pending', 'completed', 'cancelled', 'expired']),
    file: fileObject.nullable(),
  })
  .meta({ description: 'An upload in parts.' });
export type UploadObject = z.output<typeof uploadObject>;

export const createUploadBody = z.object({
  bytes: z.number().int().min(1),
  filename: z.string().min(1).max(512),
  mime_type: z.string().min(1).max(256),
  purpose: uploadPurpose,
  expires_after: expiresAfter.optional(),
});
export type CreateUploadBody = z.output<typeof createUploadBody>;

export const uploadPart = z.object({
  id: z.string(),
  object: z.literal('upload.part'),
  created_at: unixSeconds,
  upload_id: z.string(),
});
export type UploadPart = z.output<typeof uploadPart>;

export const completeUploadBody = z.object({
  /** In the order in which the parts are joined. */
  part_ids: z.array(z.string()).min(1),
  /** Hex MD5 of the whole file. */
  md5: z
    .string()
    .regex(/^[0-9a-fA-F]{32}$/, 'must be 32 hex digits')
    .optional(),
});
export type CompleteUploadBody = z.output<typeof completeUploadBody>;
