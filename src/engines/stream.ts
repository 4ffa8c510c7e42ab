/** Reads a streamed answer: its events, the error an engine may send instead of them, and whether it came to its end. */

import { EngineFailure } from '../contracts/engine.ts';
import type { Assembler } from './assemble.ts';
import { isObject, type Json } from './json.ts';
import { type EventReader, readEvents } from './sse.ts';

export interface StreamReading {
  /** @throws EngineFailure bad_answer when an event is not JSON */
  push(bytes: Buffer): void;
  /** Whether all of the answer came, however the connection ends now. */
  complete(): boolean;
  /** The error the engine sent in the stream, or null. */
  error(): Json | null;
  /** performance.now() of the first piece of the answer, or null. */
  firstTokenAt(): number | null;
  /** The whole answer. @throws EngineFailure bad_answer when its end is missing */
  whole(): Json;
}

/** Says the events of an engine's own stream as chunks of OpenAI's. */
export interface EventTranslator {
  /** The chunks an event stands for; none where it says nothing of the answer. */
  translate(event: Json): Json[];
  /** Whether the event that ends a stream has come. */
  done(): boolean;
}

/** How a stream is read. */
export interface StreamForm {
  assembler: Assembler;
  /** Absent where the engine speaks OpenAI's language. */
  translator?: EventTranslator;
  /** How the bytes are cut into events; server-sent events when absent. */
  cut?: (onEvent: (text: string) => void) => EventReader;
}

/** Reads one streamed answer. */
export function readStream({ assembler, translator, cut = readEvents }: StreamForm): StreamReading {
  let done = false;
  let failed: Json | null = null;
  let firstAt: number | null = null;

  const reader = cut((data) => {
    if (data === '[DONE]') {
      done = true;
      return;
    }
    const event = parse(data);
    const error = errorOf(event);
    if (error !== null) {
      failed ??= error;
      return;
    }
    if (translator === undefined) {
      take(event);
      return;
    }
    for (const chunk of translator.translate(event)) take(chunk);
    done = translator.done();
  });
  const take = (chunk: Json): void => {
    if (firstAt === null && holdsText(chunk)) firstAt = performance.now();
    assembler.add(chunk);
  };

  return {
    push: (bytes) => reader.push(bytes),
    complete: () => failed !== null || assembler.ended(done),
    error: () => failed,
    firstTokenAt: () => firstAt,
    whole() {
      reader.push(Buffer.from('\n\n'));
      const answer = assembler.whole();
      if (answer === null) {
        const problem = done ? 'the stream ended without a finish_reason' : 'the stream broke off before its end';
        throw new EngineFailure('bad_answer', problem);
      }
      return answer;
    },
  };
}

function parse(data: string): Json {
  let event: unknown;
  try {
    event = JSON.parse(data);
  } catch (error) {
    throw new EngineFailure('bad_answer', `an event of the stream is not JSON: ${data.slice(0, 200)}`, {
      cause: error,
    });
  }
  if (!isObject(event)) throw new EngineFailure('bad_answer', `an event is not an object: ${data.slice(0, 200)}`);
  return event;
}

/** {"error": …} of chat and completions, {"type": "error", …} and a failed response of the Responses API. */
function errorOf(event: Json): Json | null {
  if (event.error !== undefined && event.error !== null)
    return isObject(event.error) ? event.error : { message: String(event.error) };
  if (event.type === 'error') return { ...event, type: undefined };
  if (event.type !== 'response.failed' || !isObject(event.response)) return null;
  const error = event.response.error;
  const mayPass = isObject(error) && (error.code === 'server_error' || error.code === 'rate_limit_exceeded');
  return mayPass ? error : null;
}

function holdsText(event: Json): boolean {
  const choices = event.choices;
  if (!Array.isArray(choices)) return typeof event.type === 'string' && event.type.endsWith('.delta');
  for (const choice of choices) {
    if (choice.text) return true;
    const delta = choice.delta;
    if (delta && (delta.content || delta.reasoning_content || delta.reasoning || delta.tool_calls || delta.refusal))
      return true;
  }
  return false;
}
