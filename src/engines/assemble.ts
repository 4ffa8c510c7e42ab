/** Puts the chunks of a streamed chat or text completion together to what the same answer looks like unstreamed. */

import { isObject, type Json } from './json.ts';

/** Collects the events of one answer. */
export interface Assembler {
  add(event: Json): void;
  /** Whether nothing more can come; `done` when the stream's own end mark came. */
  ended(done: boolean): boolean;
  /** The whole answer; null while an end is missing. */
  whole(): Json | null;
}

/** The assembler of an endpoint; chunks as documented in OpenAI's API reference ("streaming"). */
export function assemblerFor(path: string): Assembler {
  if (path === '/v1/responses') return assembleResponse();
  return path === '/v1/chat/completions'
    ? assembleChoices('chat.completion', addDelta, () => ({ message: { role: 'assistant', content: null } }))
    : assembleChoices('text_completion', addText, () => ({ text: '' }));
}

function assembleChoices(
  object: string,
  addPart: (choice: Json, chunk: Json) => void,
  empty: (index: number) => Json,
): Assembler {
  const answer: Json = { id: undefined, object, created: undefined, model: undefined };
  const choices: Json[] = [];
  return {
    add(event) {
      for (const key in event) {
        if (key !== 'choices' && key !== 'object' && event[key] !== null) answer[key] = event[key];
      }
      const parts = event.choices;
      if (!Array.isArray(parts)) return;
      for (const part of parts) {
        if (!isObject(part)) continue;
        const index = typeof part.index === 'number' ? part.index : 0;
        let choice = choices.find((c) => c.index === index);
        if (choice === undefined) {
          choice = { index, ...empty(index), logprobs: null, finish_reason: null };
          choices.push(choice);
        }
        addPart(choice, part);
        addRest(choice, part);
      }
    },
    ended: (done) => done && choices.length > 0 && choices.every((c) => c.finish_reason !== null),
    whole() {
      if (choices.length === 0 || choices.some((c) => c.finish_reason === null)) return null;
      choices.sort((a, b) => (a.index as number) - (b.index as number));
      for (const choice of choices) finishToolCalls(choice.message);
      answer.choices = choices;
      return answer;
    },
  };
}

/** What a chunk's choice holds besides its text: the finish reason, logprobs, and an engine's own fields (last one wins). */
function addRest(choice: Json, part: Json): void {
  for (const key in part) {
    const value = part[key];
    if (key === 'index' || key === 'delta' || key === 'text' || value === null || value === undefined) continue;
    if (key === 'logprobs' && isObject(value)) choice.logprobs = joinLists(choice.logprobs, value);
    else choice[key] = value;
  }
}

function joinLists(into: unknown, part: Json): Json {
  const joined: Json = isObject(into) ? into : {};
  for (const key in part) {
    const value = part[key];
    const before = joined[key];
    if (Array.isArray(before) && Array.isArray(value)) {
      for (const item of value) before.push(item);
    } else if (value !== null || before === undefined) joined[key] = value;
  }
  return joined;
}

function addText(choice: Json, part: Json): void {
  if (typeof part.text === 'string') choice.text = (choice.text as string) + part.text;
}

function addDelta(choice: Json, part: Json): void {
  const delta = part.delta;
  if (!isObject(delta)) return;
  const message = choice.message as Json;
  for (const key in delta) {
    const value = delta[key];
    const before = message[key];
    if (value === null || value === undefined) {
      if (before === undefined) message[key] = null;
    } else if (key === 'role') message.role = value;
    else if (key === 'tool_calls' && Array.isArray(value)) addToolCalls(message, value);
    else if (key === 'function_call' && isObject(value)) message.function_call = joinCall(before, value);
    else if (typeof value === 'string') message[key] = typeof before === 'string' ? before + value : value;
    else if (Array.isArray(value)) message[key] = Array.isArray(before) ? before.concat(value) : value;
    else message[key] = isObject(before) && isObject(value) ? { ...before, ...value } : value;
  }
}

function addToolCalls(message: Json, parts: unknown[]): void {
  message.tool_calls ??= [];
  const calls = message.tool_calls as Json[];
  for (const part of parts) {
    if (!isObject(part)) continue;
    const index = typeof part.index === 'number' ? part.index : calls.length;
    let call = calls.find((c) => c.index === index);
    if (call === undefined) {
      call = { index };
      calls.push(call);
    }
    for (const key in part) {
      const value = part[key];
      if ((key === 'function' || key === 'custom') && isObject(value)) call[key] = joinCall(call[key], value);
      else if (key !== 'index' && value !== null) call[key] = value;
    }
  }
}

/** A call's name comes once, its arguments (or a custom tool's input) in pieces. */
function joinCall(into: unknown, part: Json): Json {
  const call: Json = isObject(into) ? into : {};
  for (const key in part) {
    const value = part[key];
    const before = call[key];
    if ((key === 'arguments' || key === 'input') && typeof before === 'string' && typeof value === 'string')
      call[key] = before + value;
    else if (value !== null) call[key] = value;
  }
  return call;
}

function finishToolCalls(message: unknown): void {
  if (!isObject(message) || !Array.isArray(message.tool_calls)) return;
  message.tool_calls.sort((a, b) => a.index - b.index);
  for (const call of message.tool_calls) {
    delete call.index;
    call.type ??= 'function';
  }
}

/** The Responses API sends the whole response with its last event. */
function assembleResponse(): Assembler {
  let response: Json | null = null;
  return {
    add(event) {
      const last =
        event.type === 'response.completed' ||
        event.type === 'response.incomplete' ||
        event.type === 'response.failed' ||
        event.type === 'response.cancelled';
      if (last && isObject(event.response)) response = event.response;
    },
    ended: () => response !== null,
    whole: () => response,
  };
}
