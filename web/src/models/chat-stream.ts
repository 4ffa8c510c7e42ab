/** One test prompt: the answer as it streams in, the time to its first token, its tokens a second. */

import { authorization, refused, unreachable } from '../api/client.ts';
import { eventsIn } from '../batches/event-stream.ts';

export interface ChatState {
  text: string;
  /** Thoughts, of models that tell them apart. */
  reasoning: string;
  firstTokenMs: number | null;
  /** Completion tokens: the engine's count, else the pieces that came. */
  tokens: number;
  promptTokens: number | null;
  tokensPerSecond: number | null;
  finishReason: string | null;
}

export const emptyChat: ChatState = {
  text: '',
  reasoning: '',
  firstTokenMs: null,
  tokens: 0,
  promptTokens: null,
  tokensPerSecond: null,
  finishReason: null,
};

/** A piece of a streamed chat completion, as far as it is read. */
interface Chunk {
  choices?: { delta?: { content?: string | null; reasoning_content?: string | null }; finish_reason?: string | null }[];
  usage?: { prompt_tokens?: number; completion_tokens?: number } | null;
  error?: { message?: string };
}

export interface ChatRequest {
  model: string;
  messages: { role: 'system' | 'user'; content: string }[];
  temperature?: number;
  max_tokens?: number;
}

/** Adds one piece, which came `ms` after the request; `firstMs` is when the first token did. Throws what the engine says went wrong. */
export function withChunk(state: ChatState, chunk: Chunk, ms: number): ChatState {
  if (chunk.error) throw new Error(chunk.error.message ?? 'The engine broke off.');
  const choice = chunk.choices?.[0];
  const [text, reasoning] = [choice?.delta?.content ?? '', choice?.delta?.reasoning_content ?? ''];
  const piece = text !== '' || reasoning !== '';
  const firstTokenMs = state.firstTokenMs ?? (piece ? ms : null);
  const tokens = chunk.usage?.completion_tokens ?? state.tokens + (piece ? 1 : 0);
  const seconds = firstTokenMs === null ? 0 : (ms - firstTokenMs) / 1000;
  return {
    text: state.text + text,
    reasoning: state.reasoning + reasoning,
    firstTokenMs,
    tokens,
    promptTokens: chunk.usage?.prompt_tokens ?? state.promptTokens,
    // The first token is there when the clock starts.
    tokensPerSecond:
      piece || chunk.usage
        ? seconds > 0 && tokens > 1
          ? (tokens - 1) / seconds
          : state.tokensPerSecond
        : state.tokensPerSecond,
    finishReason: choice?.finish_reason ?? state.finishReason,
  };
}

/** Sends the prompt and hands on each state; ends when the answer has. */
export async function streamChat(
  request: ChatRequest,
  on: { state: (state: ChatState) => void; signal: AbortSignal; now: () => number },
): Promise<void> {
  const started = on.now();
  const response = await fetch('/v1/chat/completions', {
    method: 'POST',
    headers: { ...authorization(), 'content-type': 'application/json' },
    body: JSON.stringify({ ...request, stream: true, stream_options: { include_usage: true } }),
    signal: on.signal,
  }).catch((error: unknown) => {
    throw on.signal.aborted ? error : unreachable();
  });
  if (!response.ok || response.body === null) throw refused(response.status, await response.text());
  let state = emptyChat;
  for await (const { data } of eventsIn(response.body)) {
    if (data === '[DONE]') break;
    state = withChunk(state, JSON.parse(data) as Chunk, on.now() - started);
    on.state(state);
  }
}
