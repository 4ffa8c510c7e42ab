/** Asks for a reply as one JSON object, and finds that object in what comes back. */

import { findJson, wholeJson } from '../../compare/find-json.ts';
import { withoutThoughts } from '../../compare/thoughts.ts';
import { doubledNames, timesNamed } from '../../judge/asking/doubled-names.ts';
import { isObject } from '../../judge/asking/verdict.ts';

type Json = Record<string, unknown>;

/** The object in a reply. */
export interface ReplyObject {
  value: Json;
  /** The name at which the reply was cut off; null when all is there. */
  cutAt: string | null;
  /** Whether `name` has more than one value, so that nobody knows which is meant. */
  doubled(name: string): boolean;
}

/** `response_format` for one object with these properties, all of them and no others. */
export function objectFormat(name: string, properties: Json): Json {
  const schema = { type: 'object', properties, required: Object.keys(properties), additionalProperties: false };
  return { type: 'json_schema', json_schema: { name, strict: true, schema } };
}

/** The object in `text` that has `sought`, else the last large one, or in words why there is none. */
export function objectIn(text: string, sought: string): ReplyObject | string {
  const whole = wholeJson(text);
  const said = whole === null ? withoutThoughts(text).trim() : text.replace(/^\uFEFF/, '').trim();
  if (said === '') return 'the reply is empty';
  const found = whole ?? findJson(said, sought);
  // The reply is not quoted: what it says may come from the texts of others, and the fault is told to the model.
  if (found === null || !isObject(found.value)) return 'there is no JSON object in the reply';
  const twice = whole === null ? null : new Set(doubledNames(said).map((path) => path.at(-1)));
  return {
    value: found.value,
    cutAt: found.truncated?.at(-1) ?? null,
    doubled: (name) => twice?.has(name) ?? timesNamed(said, name) > 1,
  };
}
