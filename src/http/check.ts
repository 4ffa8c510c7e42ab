/** Checks a value that did not pass through a route's schema (form fields), with the same errors. */

import type { z } from 'zod';
import { AssayError } from '../errors.ts';

/** The parsed value. Throws invalid_parameter with the first fault's path and value. */
export function check<T extends z.ZodType>(schema: T, value: unknown): z.output<T> {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0]!;
  const param = issue.path.join('.');
  const found = issue.path.reduce<unknown>(
    (at, step) => (at as Record<PropertyKey, unknown> | undefined)?.[step],
    value,
  );
  throw new AssayError('invalid_parameter', { param, problem: issue.message, value: found ?? 'nothing' }, { param });
}
