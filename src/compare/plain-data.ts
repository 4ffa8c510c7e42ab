/** Makes parsed JSON safe to keep: bounded in depth, without NUL and lone surrogates, which PostgreSQL's jsonb refuses. */

/** Deeper answers are no answers. */
const MAX_DEPTH = 64;

/** A copy of `value` as plain data, whatever its keys are called; undefined when it is nested deeper than 64. */
export function plainData(value: unknown): unknown {
  return depthOf(value) > MAX_DEPTH ? undefined : copied(value);
}

/** Text as PostgreSQL can keep it. */
export function plainText(text: string): string {
  return (text.includes('\0') ? text.replaceAll('\0', '') : text).toWellFormed();
}

function depthOf(value: unknown): number {
  let depth = 0;
  let level: unknown[] = [value];
  while (level.length > 0 && depth <= MAX_DEPTH + 1) {
    const next: unknown[] = [];
    for (const each of level)
      if (typeof each === 'object' && each !== null)
        for (const inner of Array.isArray(each) ? each : Object.values(each)) next.push(inner);
    if (level.some((each) => typeof each === 'object' && each !== null)) depth += 1;
    level = next;
  }
  return depth;
}

function copied(value: unknown): unknown {
  if (typeof value === 'string') return plainText(value);
  if (typeof value === 'number') return Number.isFinite(value) ? value : null;
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(copied);
  // fromEntries defines own properties, so that "__proto__" is a key like any other.
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [plainText(name), copied(inner)]));
}
