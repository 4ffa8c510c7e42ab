/** Reads the fields of a chat body that engines with a language of their own need said in their words. */

import { isObject, type Json } from './json.ts';
import { Unsayable } from './wire.ts';

/** Fields that are ours, or that ask for nothing in the answer. `seed` is a wish even where it is taken. */
const idle = new Set([
  'model',
  'messages',
  'stream',
  'stream_options',
  'store',
  'metadata',
  'service_tier',
  'safety_identifier',
  'prompt_cache_key',
  'prompt_cache_retention',
  'user',
  'seed',
]);

const isEmpty = (value: unknown): boolean => isObject(value) && Object.keys(value).length === 0;

/** Values that say the same as a field left out. */
const neutral: Record<string, (value: unknown) => boolean> = {
  n: (value) => value === 1,
  logprobs: (value) => value === false,
  top_logprobs: (value) => value === 0,
  presence_penalty: (value) => value === 0,
  frequency_penalty: (value) => value === 0,
  logit_bias: isEmpty,
  modalities: (value) => Array.isArray(value) && value.length === 1 && value[0] === 'text',
  parallel_tool_calls: () => true,
  response_format: (value) => isObject(value) && value.type === 'text',
};

/** @throws Unsayable for the first field that is neither among `known` nor without effect */
export function refuseUnknown(body: Json, known: ReadonlySet<string>, engine: string): void {
  for (const key in body) {
    const value = body[key];
    if (value === null || value === undefined || known.has(key) || idle.has(key)) continue;
    if (neutral[key]?.(value) !== true)
      throw new Unsayable(key, `${key}: ${short(value)} cannot be asked of ${engine}; leave the field out`);
  }
}

/** A value as it stands in a message. */
export const short = (value: unknown): string => (JSON.stringify(value) ?? String(value)).slice(0, 100);

/** @throws Unsayable when `messages` is not a list of objects, or is empty */
export function messagesOf(body: Json): Json[] {
  const { messages } = body;
  if (!Array.isArray(messages) || messages.length === 0)
    throw new Unsayable('messages', 'messages must hold at least one message');
  messages.forEach((message, i) => {
    if (!isObject(message)) throw new Unsayable(`messages[${i}]`, `messages[${i}] must be an object`);
  });
  return messages as Json[];
}

export interface Part {
  kind: 'text' | 'image';
  /** The text, or the image's address (https:, data:). */
  value: string;
}

/** The parts of a message's content; `at` names the message. @throws Unsayable for audio, files and the like */
export function partsOf(content: unknown, at: string): Part[] {
  if (content === null || content === undefined) return [];
  if (typeof content === 'string') return [{ kind: 'text', value: content }];
  if (!Array.isArray(content)) throw new Unsayable(`${at}.content`, `${at}.content must be a text or a list of parts`);
  return content.map((part, i) => partOf(part, `${at}.content[${i}]`));
}

function partOf(part: unknown, at: string): Part {
  if (isObject(part)) {
    if (part.type === 'text' && typeof part.text === 'string') return { kind: 'text', value: part.text };
    if (part.type === 'refusal' && typeof part.refusal === 'string') return { kind: 'text', value: part.refusal };
    const image = part.type === 'image_url' ? part.image_url : null;
    const url = isObject(image) ? image.url : image;
    if (typeof url === 'string') return { kind: 'image', value: url };
  }
  const type = isObject(part) ? short(part.type) : short(part);
  throw new Unsayable(`${at}.type`, `${at}.type: ${type} cannot be sent to this engine; text and image_url can`);
}

/** The parts' text alone. @throws Unsayable when there is an image */
export function textOf(content: unknown, at: string): string {
  const parts = partsOf(content, at);
  if (parts.some((part) => part.kind === 'image'))
    throw new Unsayable(`${at}.content`, `${at}.content must hold text only`);
  return parts.map((part) => part.value).join('\n');
}

/** Media type and base64 text of a data: address; null for another. */
export function dataUrl(url: string): { type: string; base64: string } | null {
  const match = /^data:([^;,]*);base64,(.*)$/s.exec(url);
  return match === null ? null : { type: match[1]!, base64: match[2]! };
}

export interface ToolCall {
  id: string;
  name: string;
  arguments: Json;
}

/** The calls an assistant's message made. @throws Unsayable when their arguments are not a JSON object */
export function toolCallsOf(message: Json, at: string): ToolCall[] {
  if (!Array.isArray(message.tool_calls)) return [];
  return message.tool_calls.map((call, i) => {
    const place = `${at}.tool_calls[${i}].function`;
    const named = isObject(call) && isObject(call.function) ? call.function : {};
    if (typeof named.name !== 'string') throw new Unsayable(`${place}.name`, `${place}.name must be a text`);
    return { id: String((call as Json).id ?? ''), name: named.name, arguments: argumentsOf(named.arguments, place) };
  });
}

function argumentsOf(text: unknown, at: string): Json {
  let value: unknown = null;
  try {
    value = text === '' || text === undefined ? {} : JSON.parse(String(text));
  } catch {
    // Told below.
  }
  if (isObject(value)) return value;
  throw new Unsayable(`${at}.arguments`, `${at}.arguments must be the text of a JSON object (got ${short(text)})`);
}

export interface ToolSpec {
  name: string;
  description: string | undefined;
  parameters: Json;
  strict: boolean | undefined;
}

/** The functions a body offers. @throws Unsayable for tools of another type */
export function toolsOf(body: Json): ToolSpec[] {
  if (!Array.isArray(body.tools)) return [];
  return body.tools.map((tool, i) => {
    const named = isObject(tool) && tool.type === 'function' && isObject(tool.function) ? tool.function : null;
    if (named === null || typeof named.name !== 'string')
      throw new Unsayable(`tools[${i}]`, `tools[${i}] must be of type function, with a name`);
    return {
      name: named.name,
      description: typeof named.description === 'string' ? named.description : undefined,
      parameters: isObject(named.parameters) ? named.parameters : { type: 'object', properties: {} },
      strict: typeof named.strict === 'boolean' ? named.strict : undefined,
    };
  });
}

/** The stop texts of a body, a single one or a list. */
export function stopsOf(body: Json): string[] {
  const { stop } = body;
  if (typeof stop === 'string') return [stop];
  return Array.isArray(stop) ? stop.filter((text) => typeof text === 'string') : [];
}

/** The JSON schema a body asks for; 'any' for JSON without one, null for none. @throws Unsayable for another type */
export function schemaOf(body: Json): Json | 'any' | null {
  const format = body.response_format;
  if (!isObject(format) || format.type === 'text') return null;
  if (format.type === 'json_object') return isObject(format.schema) ? format.schema : 'any';
  const described = format.type === 'json_schema' ? format.json_schema : null;
  if (isObject(described) && isObject(described.schema)) return described.schema;
  const problem =
    format.type === 'json_schema' ? 'needs json_schema.schema' : `type ${short(format.type)} is not known`;
  throw new Unsayable('response_format', `response_format: ${problem}`);
}

/**
 * The row's fields over the model's, null as if absent. A row's max_tokens goes over a model's max_completion_tokens, and
 * the other way round, as they are two names of one thing.
 */
export function mergedBody(params: Json, row: Json): { body: Json; maxTokens: unknown } {
  const body: Json = {};
  for (const from of [params, row]) {
    for (const key in from) {
      if (from[key] !== null && from[key] !== undefined) body[key] = from[key];
    }
  }
  const limit = (of: Json): unknown => of.max_completion_tokens ?? of.max_tokens;
  return { body, maxTokens: limit(row) ?? limit(params) };
}
