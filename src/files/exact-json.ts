/** Reads JSON without losing digits: whole numbers beyond 2^53 are kept as they are written, and written so again. */

/** A number that only JSON.stringify understands; TypeScript's library does not know it yet (ECMAScript, JSON.parse source text access). */
const { rawJSON } = JSON as unknown as { rawJSON(text: string): unknown };

/** A text that may hold such a number; any other is read without looking at each value. */
const long = /\d{16}/;

/** As JSON.parse. A whole number that a double cannot hold becomes an object that JSON.stringify writes as the number. */
export function parseExactly(text: string): unknown {
  if (!long.test(text)) return JSON.parse(text);
  const parse = JSON.parse as (
    text: string,
    revive: (key: string, value: unknown, context: { source?: string }) => unknown,
  ) => unknown;
  return parse(text, (_, value, { source }) => {
    const exact = typeof value !== 'number' || Number.isSafeInteger(value) || !/^-?\d+$/.test(source ?? '');
    return exact ? value : rawJSON(source!);
  });
}
