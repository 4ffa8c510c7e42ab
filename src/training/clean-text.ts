/** Makes texts of trainers fit for PostgreSQL, which takes neither NUL nor half of a surrogate pair. */

const clean = (text: string): string => text.replaceAll('\0', '\uFFFD').toWellFormed();

/**
 * The same value with U+FFFD where a text, or a name in it, holds what PostgreSQL refuses: a model may say anything,
 * and one sample must not keep the others out.
 */
export function cleanValue<T>(value: T): T {
  if (typeof value === 'string') return clean(value) as T;
  if (Array.isArray(value)) return value.map(cleanValue) as T;
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [clean(name), cleanValue(each)])) as T;
}
