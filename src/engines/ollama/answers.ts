/** Says Ollama's answers as OpenAI's: the lines of /api/chat and /api/generate, and the vectors of /api/embed. */

import { randomUUID } from 'node:crypto';
import { assemblerFor } from '../assemble.ts';
import { isObject, type Json } from '../json.ts';
import type { EventTranslator } from '../stream.ts';

/** Translates the lines of one answer of /api/chat or /api/generate. */
export function translateLines(): EventTranslator {
  const id = `chatcmpl-${randomUUID()}`;
  let calls = 0;
  let ended = false;

  const toolCalls = (message: Json): Json[] => {
    if (!Array.isArray(message.tool_calls)) return [];
    return message.tool_calls.filter(isObject).map((call) => {
      const named = isObject(call.function) ? call.function : {};
      const index = calls++;
      const id = typeof call.id === 'string' && call.id !== '' ? call.id : `call_${index}`;
      const said = { name: named.name, arguments: JSON.stringify(named.arguments ?? {}) };
      return { index, id, type: 'function', function: said };
    });
  };
  const choiceOf = (line: Json): Json => {
    const choice: Json = { index: 0, finish_reason: null };
    if (isObject(line.message)) choice.delta = deltaOf(line.message, toolCalls(line.message));
    else choice.text = line.response;
    if (Array.isArray(line.logprobs) && line.logprobs.length > 0) choice.logprobs = { content: line.logprobs };
    return choice;
  };

  return {
    translate(line) {
      const created = Math.floor(Date.parse(String(line.created_at)) / 1000);
      const choice = choiceOf(line);
      const chunk: Json = { id, created, choices: [choice] };
      if (line.done !== true) return [chunk];
      ended = true;
      // Without a reason the runner broke off: such an answer has no end.
      if (line.done_reason === 'stop' || line.done_reason === 'length')
        choice.finish_reason = line.done_reason === 'stop' && calls > 0 ? 'tool_calls' : line.done_reason;
      chunk.usage = usageOf(line);
      return [chunk];
    },
    done: () => ended,
  };
}

function deltaOf(message: Json, calls: Json[]): Json {
  const delta: Json = { role: 'assistant', content: message.content };
  if (message.thinking) delta.reasoning_content = message.thinking;
  if (calls.length > 0) delta.tool_calls = calls;
  return delta;
}

/** What of the prompt was cached is never said: `prompt_eval_count` counts all of it. It is left out where it is 0. */
function usageOf(line: Json): Json {
  const prompt = line.prompt_eval_count;
  const completion = typeof line.eval_count === 'number' ? line.eval_count : 0;
  if (typeof prompt !== 'number') return { completion_tokens: completion };
  return { prompt_tokens: prompt, completion_tokens: completion, total_tokens: prompt + completion };
}

/** An answer that came whole; null when `body` is none. */
export function translateWhole(body: Json, openAiPath: string): Json | null {
  if (body.done !== true) return null;
  const assembler = assemblerFor(openAiPath);
  for (const chunk of translateLines().translate(body)) assembler.add(chunk);
  return assembler.whole();
}

/** The answer of /api/embed as a list of embeddings; null when `body` is none. */
export function embeddingList(body: Json): Json | null {
  if (!Array.isArray(body.embeddings)) return null;
  const prompt = typeof body.prompt_eval_count === 'number' ? body.prompt_eval_count : 0;
  return {
    object: 'list',
    data: body.embeddings.map((embedding, index) => ({ object: 'embedding', index, embedding })),
    usage: { prompt_tokens: prompt, total_tokens: prompt },
  };
}
