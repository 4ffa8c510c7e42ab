/** Says the events of Anthropic's streams as chunks of a chat completion (platform.claude.com/docs/en/build-with-claude/streaming). */

import { EngineFailure } from '../../contracts/engine.ts';
import { assemblerFor } from '../assemble.ts';
import { isObject, type Json } from '../json.ts';
import type { EventTranslator } from '../stream.ts';

/** Why a message ended, in OpenAI's words. */
const finishReasons: Record<string, string> = {
  end_turn: 'stop',
  stop_sequence: 'stop',
  pause_turn: 'stop',
  max_tokens: 'length',
  model_context_window_exceeded: 'length',
  tool_use: 'tool_calls',
  refusal: 'content_filter',
};

/** A tool call whose input comes in pieces of JSON text; `said` once a piece has come. */
interface OpenCall {
  index: number;
  input: unknown;
  said: boolean;
}

/** Translates one stream. */
export function translateEvents(): EventTranslator {
  const calls = new Map<unknown, OpenCall>();
  let usage: Json = {};
  let ended = false;

  const start = (event: Json): Json[] => {
    const block = isObject(event.content_block) ? event.content_block : {};
    if (block.type === 'text') return text(block.text);
    if (block.type === 'thinking') return thinking(block.thinking);
    if (block.type !== 'tool_use') return [];
    const call = { index: calls.size, input: block.input, said: false };
    calls.set(event.index, call);
    const named = { name: block.name, arguments: '' };
    return [delta({ tool_calls: [{ index: call.index, id: block.id, type: 'function', function: named }] })];
  };
  const proceed = (event: Json): Json[] => {
    const piece = isObject(event.delta) ? event.delta : {};
    if (piece.type === 'text_delta') return text(piece.text);
    if (piece.type === 'thinking_delta') return thinking(piece.thinking);
    const call = calls.get(event.index);
    if (piece.type !== 'input_json_delta' || call === undefined || !piece.partial_json) return [];
    call.said = true;
    return [argumentsPiece(call.index, String(piece.partial_json))];
  };
  const stop = (event: Json): Json[] => {
    const call = calls.get(event.index);
    return call === undefined || call.said ? [] : [argumentsPiece(call.index, JSON.stringify(call.input ?? {}))];
  };
  const end = (event: Json): Json[] => {
    usage = { ...usage, ...counts(event.usage) };
    const last = isObject(event.delta) ? event.delta : {};
    if (typeof last.stop_reason !== 'string') return [];
    const { stop_reason, stop_sequence } = last;
    const finish_reason = finishReasons[stop_reason] ?? 'stop';
    const choices = [{ index: 0, delta: {}, finish_reason, stop_reason, stop_sequence }];
    return [{ choices, usage: openAiUsage(usage) }];
  };

  return {
    translate(event) {
      switch (event.type) {
        case 'message_start': {
          const message = isObject(event.message) ? event.message : {};
          usage = counts(message.usage);
          const created = Math.floor(Date.now() / 1000);
          return [{ id: message.id, created, ...delta({ role: 'assistant' }) }];
        }
        case 'content_block_start':
          return start(event);
        case 'content_block_delta':
          return proceed(event);
        case 'content_block_stop':
          return stop(event);
        case 'message_delta':
          return end(event);
        case 'message_stop':
          ended = true;
          return [];
        default:
          // "ping", and "new event types may be added".
          return [];
      }
    },
    done: () => ended,
  };
}

const delta = (piece: Json): Json => ({ choices: [{ index: 0, delta: piece, finish_reason: null }] });
const text = (value: unknown): Json[] => (typeof value === 'string' ? [delta({ content: value })] : []);
const thinking = (value: unknown): Json[] =>
  typeof value === 'string' && value !== '' ? [delta({ reasoning_content: value })] : [];
const argumentsPiece = (index: number, value: string): Json =>
  delta({ tool_calls: [{ index, function: { arguments: value } }] });

/** The counts that are stated: those of `message_delta` are of the whole message, and go over those of its start. */
function counts(usage: unknown): Json {
  if (!isObject(usage)) return {};
  return Object.fromEntries(Object.entries(usage).filter(([, value]) => value !== null && value !== undefined));
}

/** "Total input tokens is the summation of input_tokens, cache_creation_input_tokens and cache_read_input_tokens." */
function openAiUsage(usage: Json): Json {
  const count = (key: string): number => (typeof usage[key] === 'number' ? usage[key] : 0);
  const cached = count('cache_read_input_tokens');
  const written = count('cache_creation_input_tokens');
  const prompt = count('input_tokens') + written + cached;
  const completion = count('output_tokens');
  const details = usage.output_tokens_details;
  const reasoning = isObject(details) ? details.thinking_tokens : undefined;
  return {
    prompt_tokens: prompt,
    completion_tokens: completion,
    total_tokens: prompt + completion,
    prompt_tokens_details: { cached_tokens: cached, cache_creation_tokens: written },
    ...(typeof reasoning === 'number' ? { completion_tokens_details: { reasoning_tokens: reasoning } } : {}),
  };
}

/** A whole message, as it comes when a gateway does not stream. @throws EngineFailure bad_answer without a stop_reason */
export function translateMessage(message: Json): Json {
  const assembler = assemblerFor('/v1/chat/completions');
  const translator = translateEvents();
  const add = (event: Json): void => {
    for (const chunk of translator.translate(event)) assembler.add(chunk);
  };
  add({ type: 'message_start', message });
  const content = Array.isArray(message.content) ? message.content : [];
  content.forEach((content_block, index) => {
    add({ type: 'content_block_start', index, content_block });
    add({ type: 'content_block_stop', index });
  });
  add({ type: 'message_delta', delta: message, usage: message.usage });
  add({ type: 'message_stop' });
  const answer = assembler.whole();
  if (answer === null) throw new EngineFailure('bad_answer', 'the message has no stop_reason');
  return answer;
}
