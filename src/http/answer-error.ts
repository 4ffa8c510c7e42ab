/** Turns whatever a request ended with into OpenAI's error envelope: validation, limits, syntax, faults of our own. */

import type { Socket } from 'node:net';
import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify';
import { AssayError, errorBody } from '../errors.ts';

/** Fastify's error handler: answers in OpenAI's shape, and logs what is Assay's own fault with its stack. */
export function answerError(error: unknown, request: FastifyRequest, reply: FastifyReply): void {
  const known = toAssayError(error, request);
  if (known.status >= 500) request.log.error({ err: error }, known.message);
  else request.log.debug({ code: known.code, problem: known.message }, 'refused');
  if (reply.raw.headersSent) {
    reply.raw.destroy();
    return;
  }
  drain(request);
  void reply.code(known.status).headers({ 'content-type': 'application/json; charset=utf-8' });
  if (known.status === 503 || known.status === 507) void reply.header('retry-after', '5');
  if (known.status === 401) void reply.header('www-authenticate', 'Bearer');
  void reply.serializer(JSON.stringify).send(errorBody(known));
}

/** A body that was refused half read must still be read to its end, or the client never gets to see the answer. */
function drain(request: FastifyRequest): void {
  if (request.raw.readableEnded || request.raw.destroyed) return;
  request.raw.unpipe();
  request.raw.resume();
}

/** The table's error for any thrown value. */
export function toAssayError(error: unknown, request: FastifyRequest): AssayError {
  if (error instanceof AssayError) return error;
  return fromFramework(error as FastifyError, request) ?? internal(error, request);
}

function internal(error: unknown, request: FastifyRequest): AssayError {
  // The kind of the error only: its message may hold names and values of the inside.
  const problem = error instanceof Error ? error.name : 'unknown fault';
  return new AssayError('internal_error', { problem, request: request.id }, { cause: error });
}

function fromFramework(error: FastifyError, request: FastifyRequest): AssayError | null {
  if (error?.validation?.[0]) return fromValidation(error, request);
  switch (error?.code) {
    case 'FST_ERR_CTP_BODY_TOO_LARGE': {
      const value = request.headers['content-length'] ?? 'more';
      const limit = request.routeOptions.bodyLimit;
      return new AssayError('payload_too_large', { what: 'The body', value, limit, setting: 'ASSAY_BODY_MAX_BYTES' });
    }
    case 'FST_ERR_CTP_INVALID_MEDIA_TYPE':
    case 'FST_INVALID_MULTIPART_CONTENT_TYPE': {
      const wanted = request.routeOptions.schema?.consumes?.[0] ?? 'application/json';
      return new AssayError('unsupported_media_type', { value: request.headers['content-type'] ?? '(none)', wanted });
    }
    case 'FST_ERR_BAD_URL':
    case 'FST_ERR_MAX_PARAM_LENGTH':
      return new AssayError('route_not_found', { method: request.method, path: request.url.slice(0, 200) });
    default:
      // What is left with a 4xx is a body that cannot be read: multipart syntax, wrong Content-Length and the like.
      return error?.statusCode !== undefined && error.statusCode >= 400 && error.statusCode < 500
        ? new AssayError('invalid_body', { problem: error.message }, { cause: error })
        : null;
  }
}

/** The first fault that the schema found, with the parameter's path and the value it had. */
function fromValidation(error: FastifyError, request: FastifyRequest): AssayError {
  const fault = error.validation![0]!;
  const path = fault.instancePath.split('/').filter((step) => step !== '');
  const place = { body: request.body, querystring: request.query, params: request.params, headers: request.headers };
  const source = place[error.validationContext as keyof typeof place] as unknown;
  const value = path.reduce<unknown>((at, step) => (at as Record<string, unknown> | null | undefined)?.[step], source);
  if (path.length === 0) return new AssayError('invalid_body', { problem: fault.message ?? 'wrong type' });
  const param = path.join('.');
  const problem = fault.message ?? 'not valid';
  return new AssayError('invalid_parameter', { param, problem, value: value ?? 'nothing' }, { param });
}

/** The answer to what is not even HTTP; Fastify calls it with the bare socket. */
export function answerClientError(error: NodeJS.ErrnoException, socket: Socket): void {
  if (error.code === 'ECONNRESET' || socket.destroyed || !socket.writable) {
    socket.destroy();
    return;
  }
  const problem = error.code === 'HPE_HEADER_OVERFLOW' ? 'the headers are too long' : 'it is not valid HTTP';
  const known = new AssayError('invalid_body', { problem });
  const text = JSON.stringify(errorBody(known));
  socket.end(
    `HTTP/1.1 ${known.status} Bad Request\r\ncontent-type: application/json\r\nconnection: close\r\ncontent-length: ${Buffer.byteLength(text)}\r\n\r\n${text}`,
  );
}
