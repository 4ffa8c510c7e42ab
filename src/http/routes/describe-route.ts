/** What all route files share: the app's type, the error answers and the description of a form. */

import type { IncomingMessage, ServerResponse } from 'node:http';
import type { FastifyBaseLogger, FastifyInstance, RawServerDefault } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { z } from 'zod';

/** The application with zod schemas giving the types of query, parameters and body. */
export type RouteScope = FastifyInstance<
  RawServerDefault,
  IncomingMessage,
  ServerResponse,
  FastifyBaseLogger,
  ZodTypeProvider
>;

/** OpenAI's error envelope. */
export const errorEnvelope = z
  .object({
    error: z.object({
      message: z.string(),
      type: z.string(),
      param: z.string().nullable(),
      code: z.string().nullable(),
    }),
  })
  .meta({ description: 'What went wrong, and the remedy.' });

/** Answers other than success, for a route's `response`. */
export const errors = { '4xx': errorEnvelope, '5xx': errorEnvelope };

/**
 * Route options for a multipart form with the file part `part`. The schema only describes it: the form is a stream
 * that the handler reads, so there is nothing to validate before.
 */
export function formBody<T extends z.ZodObject>(part: string, fields: T) {
  return {
    validatorCompiler: () => (value: unknown) => ({ value }),
    schema: {
      consumes: ['multipart/form-data'],
      body: fields.extend({ [part]: z.string().meta({ format: 'binary' }) }) as unknown as z.ZodUnknown,
    },
  };
}
