/** Tells whether two JSON values are the same, whatever the order of their names: Label Studio's database may change it. */

import { createHash } from 'node:crypto';

/** sha256 of the value as JSON with the names of objects in order. */
export const contentHash = (value: unknown): Buffer =>
  createHash('sha256')
    .update(JSON.stringify(ordered(value)))
    .digest();

function ordered(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(ordered);
  const entries = Object.entries(value).filter(([, inner]) => inner !== undefined);
  // As a list: as an object, names that are numbers would move to the front, and "__proto__" would be lost.
  return ['object', ...entries.sort(([a], [b]) => (a < b ? -1 : 1)).flatMap(([name, inner]) => [name, ordered(inner)])];
}
