/** Reads from a request's headers whether it may be a repeat of an earlier one. */

import type { FastifyRequest } from 'fastify';
import { AssayError } from '../errors.ts';
import type { Repeat } from '../files/repeat.ts';

/** Longest Idempotency-Key. */
const KEY_MAX = 255;

/** Throws invalid_parameter for an empty or overlong Idempotency-Key. */
export function repeatOf(request: FastifyRequest, windowSeconds: number): Repeat {
  const key = request.headers['idempotency-key'];
  if (typeof key === 'string' && (key === '' || key.length > KEY_MAX)) {
    const problem = `must have 1 to ${KEY_MAX} characters`;
    throw new AssayError(
      'invalid_parameter',
      { param: 'Idempotency-Key', problem, value: key },
      { param: 'Idempotency-Key' },
    );
  }
  const retries = Number(request.headers['x-stainless-retry-count'] ?? 0);
  return {
    key: typeof key === 'string' ? key : null,
    retryCount: Number.isSafeInteger(retries) && retries > 0 ? retries : 0,
    arrivedAt: request.arrivedAt,
    windowSeconds,
  };
}
