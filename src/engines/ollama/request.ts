/** Says a request in Ollama's own language (github.com/ollama/ollama docs/api.md), which alone can set the context. */

import type { EngineEndpoint, EngineRequest } from '../../contracts/engine.ts';
import { assemblerFor } from '../assemble.ts';
import { mergedBody, refuseUnknown, schemaOf, short, stopsOf } from '../chat-fields.ts';
import { isObject, type Json } from '../json.ts';
import { readLines } from '../ndjson.ts';
import { readStream } from '../stream.ts';
import { type AnswerForm, type Spoken, Unsayable } from '../wire.ts';
import { embeddingList, translateLines, translateWhole } from './answers.ts';
import { conversationOf } from './messages.ts';

/** Fields of OpenAI's, and of Ollama's Modelfile, that are `options` here. */
const optionNames = [
  'temperature',
  'top_p',
  'seed',
  'frequency_penalty',
  'presence_penalty',
  'top_k',
  'min_p',
  'typical_p',
  'repeat_penalty',
  'repeat_last_n',
  'num_keep',
] as const;

/** Fields of Ollama's that a model's params, or a row, may hold under their own names. */
const own = ['think', 'keep_alive', 'logprobs', 'top_logprobs'] as const;

const known = new Set<string>([
  ...optionNames,
  ...own,
  'options',
  'max_tokens',
  'max_completion_tokens',
  'stop',
  'tools',
  'response_format',
  'reasoning_effort',
  'prompt',
  'input',
  'dimensions',
]);

const streamForm = (path: string, openAiPath: string): AnswerForm => ({
  path,
  streams: (type) => type.startsWith('application/x-ndjson'),
  native: {
    cut: readLines,
    translator: translateLines,
    object: path === '/api/chat' ? 'chat.completion.chunk' : 'text_completion',
  },
  openStream: () => readStream({ assembler: assemblerFor(openAiPath), translator: translateLines(), cut: readLines }),
  whole: (body) => translateWhole(body, openAiPath),
});
const chatForm = streamForm('/api/chat', '/v1/chat/completions');
const generateForm = streamForm('/api/generate', '/v1/completions');
const embedForm: AnswerForm = {
  path: '/api/embed',
  streams: () => false,
  openStream: () => readStream({ assembler: assemblerFor('/v1/completions') }),
  whole: embeddingList,
};

/** @throws Unsayable for what Ollama has no word for */
export function speakOllama(endpoint: EngineEndpoint, request: EngineRequest): Spoken {
  const { body, maxTokens } = mergedBody(endpoint.params, request.body);
  const { encoding_format: encoding, echo, best_of: bestOf, tool_choice: choice, ...rest } = body;
  if (choice !== undefined && choice !== 'auto' && choice !== 'none')
    throw new Unsayable('tool_choice', `tool_choice: ${short(choice)} cannot be asked of Ollama; auto and none can`);
  refuseUnknown(rest, known, 'Ollama');
  const said = { model: endpoint.upstreamModel, keep_alive: -1, ...pick(body, own) };
  const options = optionsOf(body, { maxTokens, context: endpoint.contextTokens });
  switch (request.path) {
    case '/v1/chat/completions':
      return spoken(chatForm, { ...said, ...chatBody(body), options });
    case '/v1/completions':
      if (echo === true) throw new Unsayable('echo', 'echo: true cannot be asked of Ollama; leave the field out');
      if (bestOf !== undefined && bestOf !== 1)
        throw new Unsayable('best_of', `best_of: ${short(bestOf)} cannot be asked of Ollama; leave the field out`);
      return spoken(generateForm, { ...said, ...uncut, prompt: promptOf(body), raw: true, ...formatOf(body), options });
    case '/v1/embeddings':
      if (encoding !== undefined && encoding !== 'float')
        throw new Unsayable('encoding_format', `encoding_format: ${short(encoding)} is not given by Ollama; use float`);
      return spoken(embedForm, { ...said, ...pick(body, ['input', 'dimensions']), truncate: false, options });
    default:
      throw new Unsayable('url', `Ollama has no ${request.path}; ask /v1/chat/completions, or set engine: openai`);
  }
}

/** A prompt that does not fit is refused by Ollama instead of cut, and an answer that fills the context ends there. */
const uncut = { stream: true, truncate: false, shift: false };

const spoken = (form: AnswerForm, body: Json): Spoken => ({ path: form.path, body: JSON.stringify(body), form });

function chatBody(body: Json): Json {
  const offered = Array.isArray(body.tools) && body.tools.length > 0 && body.tool_choice !== 'none';
  const tools = offered ? { tools: body.tools } : {};
  const think = body.reasoning_effort === undefined ? {} : { think: thinkOf(body.reasoning_effort) };
  return { ...think, messages: conversationOf(body), ...tools, ...formatOf(body), ...uncut };
}

/** As Ollama's own OpenAI-compatible route reads it. */
function thinkOf(effort: unknown): boolean | string {
  if (effort === 'none') return false;
  if (effort === 'minimal') return 'low';
  if (effort === 'xhigh') return 'max';
  return String(effort);
}

function formatOf(body: Json): Json {
  const schema = schemaOf(body);
  if (schema === null) return {};
  return { format: schema === 'any' ? 'json' : schema };
}

function optionsOf(body: Json, by: { maxTokens: unknown; context: number | null }): Json {
  const options: Json = isObject(body.options) ? { ...body.options } : {};
  Object.assign(options, pick(body, optionNames));
  const stops = stopsOf(body);
  if (stops.length > 0) options.stop = stops;
  if (by.maxTokens !== undefined) options.num_predict = by.maxTokens;
  if (by.context !== null) options.num_ctx = by.context;
  return options;
}

function pick(body: Json, keys: readonly string[]): Json {
  const picked: Json = {};
  for (const key of keys) {
    if (body[key] !== undefined) picked[key] = body[key];
  }
  return picked;
}

function promptOf(body: Json): string {
  const { prompt } = body;
  if (typeof prompt === 'string') return prompt;
  if (Array.isArray(prompt) && prompt.length === 1 && typeof prompt[0] === 'string') return prompt[0];
  throw new Unsayable('prompt', `prompt must be one text for Ollama (got ${short(prompt)})`);
}
