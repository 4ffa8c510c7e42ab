/** A fake of Anthropic's Messages API: its events as platform.claude.com/docs/en/build-with-claude/streaming shows them. */

import { type Behaviour, type FakeEngine, type FakeRequest, type Json, startFake } from './fake-engine.ts';

/** One server-sent event, named by its type. */
export const event = (value: Json): string => `event: ${String(value.type)}\ndata: ${JSON.stringify(value)}\n\n`;

/** The events around `blocks`, each block with its deltas. */
export function messageEvents(
  blocks: { start: Json; deltas: Json[] }[],
  end: { stop_reason: string; stop_sequence?: string; usage?: Json },
): string[] {
  const usage = { input_tokens: 5, cache_creation_input_tokens: 2, cache_read_input_tokens: 4, output_tokens: 1 };
  const message = {
    id: 'msg_1',
    type: 'message',
    role: 'assistant',
    content: [],
    model: 'claude-x',
    stop_reason: null,
    stop_sequence: null,
    usage,
  };
  const { stop_reason, stop_sequence = null } = end;
  return [
    event({ type: 'message_start', message }),
    ...blocks.flatMap(({ start, deltas }, index) => [
      event({ type: 'content_block_start', index, content_block: start }),
      event({ type: 'ping' }),
      ...deltas.map((delta) => event({ type: 'content_block_delta', index, delta })),
      event({ type: 'content_block_stop', index }),
    ]),
    event({
      type: 'message_delta',
      delta: { stop_reason, stop_sequence },
      usage: { output_tokens: 9, cache_read_input_tokens: null, ...end.usage },
    }),
    event({ type: 'message_stop' }),
  ];
}

/** A text block in two pieces. */
export const textBlock = (text: string): { start: Json; deltas: Json[] } => ({
  start: { type: 'text', text: '' },
  deltas: [text.slice(0, 3), text.slice(3)].map((piece) => ({ type: 'text_delta', text: piece })),
});

/** Starts the fake; POST /v1/messages/count_tokens answers the length of its body. */
export function startFakeAnthropic(behave?: (request: FakeRequest) => Behaviour): Promise<FakeEngine> {
  return startFake(
    {
      contentType: 'text/event-stream; charset=utf-8',
      pieces: () => messageEvents([textBlock('Hello there')], { stop_reason: 'end_turn' }),
      errorPiece: (error) => event({ type: 'error', error }),
      errorBody: (status) => ({
        type: 'error',
        error: { type: errorTypes[status] ?? 'invalid_request_error', message: `status ${status}` },
        request_id: 'req_1',
      }),
      other(request) {
        if (request.method === 'GET') return { data: [{ type: 'model', id: 'claude-x' }], has_more: false };
        if (request.path !== '/v1/messages/count_tokens') return null;
        return { input_tokens: JSON.stringify(request.body.messages).length };
      },
    },
    behave,
  );
}

const errorTypes: Record<number, string> = {
  401: 'authentication_error',
  403: 'permission_error',
  404: 'not_found_error',
  429: 'rate_limit_error',
  500: 'api_error',
  529: 'overloaded_error',
};
