/** Says a chat completion as a request of Anthropic's Messages API (platform.claude.com/docs/en/api/messages). */

import type { EngineEndpoint, EngineRequest } from '../../contracts/engine.ts';
import { assemblerFor } from '../assemble.ts';
import { mergedBody, refuseUnknown, schemaOf, short, stopsOf, toolsOf } from '../chat-fields.ts';
import { isObject, type Json } from '../json.ts';
import { readEvents } from '../sse.ts';
import { readStream } from '../stream.ts';
import { type AnswerForm, type NativeStream, type Spoken, Unsayable } from '../wire.ts';
import { translateEvents, translateMessage } from './events.ts';
import { conversationOf } from './messages.ts';

/** The header that says which version of the API is spoken. */
export const anthropicVersion = '2023-06-01';

/** The API has no default: an answer ends here when neither the row nor the model's params say where. */
const MAX_TOKENS = 4096;

/** Fields of the Messages API that a model's params, or a row, may hold under their own names. */
const own = ['thinking', 'top_k', 'cache_control', 'inference_geo', 'temperature', 'top_p'] as const;

const known = new Set<string>([
  ...own,
  'max_tokens',
  'max_completion_tokens',
  'stop',
  'tools',
  'tool_choice',
  'parallel_tool_calls',
  'response_format',
  'reasoning_effort',
  'output_config',
]);

const native: NativeStream = { cut: readEvents, translator: translateEvents, object: 'chat.completion.chunk' };

const form: AnswerForm = {
  path: '/v1/messages',
  streams: (type) => type.startsWith('text/event-stream'),
  native,
  openStream: () =>
    readStream({ assembler: assemblerFor('/v1/chat/completions'), translator: translateEvents(), cut: readEvents }),
  whole: (body) => (body.type === 'message' ? translateMessage(body) : null),
};

/** @throws Unsayable for what the Messages API has no word for */
export function speakAnthropic(endpoint: EngineEndpoint, request: EngineRequest): Spoken {
  if (request.path !== '/v1/chat/completions')
    throw new Unsayable('url', `Anthropic answers /v1/chat/completions only (got ${request.path})`);
  const body = { ...anthropicBody(endpoint, request.body), stream: true };
  return { path: '/v1/messages', body: JSON.stringify(body), form };
}

/** The body of POST /v1/messages without `stream`. @throws Unsayable */
export function anthropicBody(endpoint: EngineEndpoint, row: Json): Json {
  const { body, maxTokens } = mergedBody(endpoint.params, row);
  refuseUnknown(body, known, 'Anthropic’s Messages API');
  const said: Json = {
    model: endpoint.upstreamModel,
    max_tokens: maxTokens ?? MAX_TOKENS,
    ...conversationOf(body),
  };
  for (const key of own) {
    if (body[key] !== undefined) said[key] = body[key];
  }
  const stops = stopsOf(body);
  if (stops.length > 0) said.stop_sequences = stops;
  if (typeof body.user === 'string') said.metadata = { user_id: body.user };
  if (body.service_tier === 'standard_only' || body.service_tier === 'auto') said.service_tier = body.service_tier;
  addTools(said, body);
  const output = outputConfig(body);
  if (Object.keys(output).length > 0) said.output_config = output;
  if (body.reasoning_effort === 'none') said.thinking ??= { type: 'disabled' };
  return said;
}

function addTools(said: Json, body: Json): void {
  const tools = toolsOf(body);
  if (tools.length === 0) return;
  said.tools = tools.map(({ parameters, ...tool }) => ({ ...tool, input_schema: parameters }));
  const choice = toolChoice(body.tool_choice);
  if (body.parallel_tool_calls === false && choice?.type !== 'none') {
    said.tool_choice = { ...(choice ?? { type: 'auto' }), disable_parallel_tool_use: true };
  } else if (choice !== null) {
    said.tool_choice = choice;
  }
}

function toolChoice(choice: unknown): Json | null {
  if (choice === undefined) return null;
  if (choice === 'auto' || choice === 'none') return { type: choice };
  if (choice === 'required') return { type: 'any' };
  if (isObject(choice) && isObject(choice.function)) return { type: 'tool', name: choice.function.name };
  throw new Unsayable('tool_choice', `tool_choice: ${short(choice)} is not auto, none, required or a function`);
}

/** A schema is `output_config.format`; there is no JSON without a schema. */
function outputConfig(body: Json): Json {
  const config: Json = isObject(body.output_config) ? { ...body.output_config } : {};
  const schema = schemaOf(body);
  if (schema === 'any') {
    const remedy = 'use json_schema, or leave it out and ask for JSON in the prompt';
    throw new Unsayable('response_format', `response_format: json_object is not offered by Anthropic; ${remedy}`);
  }
  if (schema !== null) config.format = { type: 'json_schema', schema };
  const effort = body.reasoning_effort;
  if (typeof effort === 'string' && effort !== 'none') config.effort = effort === 'minimal' ? 'low' : effort;
  return config;
}
