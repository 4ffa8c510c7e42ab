/** The list envelope of OpenAI's collections, and the query fields that page through one. */

import { z } from 'zod';

/** Unix time in seconds, as in all of OpenAI's objects. */
export const unixSeconds = z.number().int();

/** One page: clients ask for the next with `after` = last_id while has_more. */
export function listOf<T extends z.ZodType>(item: T) {
  return z.object({
    object: z.literal('list'),
    data: z.array(item),
    first_id: z.string().nullable(),
    last_id: z.string().nullable(),
    has_more: z.boolean(),
  });
}

/** `limit` of a list: 1 to `max`, `fallback` when absent. */
export const pageLimit = (max: number, fallback: number) => z.coerce.number().int().min(1).max(max).default(fallback);

/** `after` of a list: the id of the last object already seen. */
export const pageAfter = z.string().min(1).max(200).optional();

/** What a room answers for one page. */
export interface Page<T> {
  data: T[];
  has_more: boolean;
}

/** The envelope around a room's page. */
export function asList<T extends { id: string }>(page: Page<T>) {
  return {
    object: 'list' as const,
    data: page.data,
    first_id: page.data[0]?.id ?? null,
    last_id: page.data.at(-1)?.id ?? null,
    has_more: page.has_more,
  };
}

/** When an object made now ends: OpenAI's `expires_after` and `output_expires_after`, one hour to thirty days. */
export const expiresAfter = z.object({
  anchor: z.literal('created_at'),
  seconds: z.coerce.number().int().min(3600).max(2_592_000),
});
