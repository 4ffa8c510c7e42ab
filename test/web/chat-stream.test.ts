/** Server-sent events are read in whatever pieces they come, and a streamed answer is timed as it grows. */

import { expect, test } from 'vitest';
import { eventsIn } from '../../web/src/batches/event-stream.ts';
import { emptyChat, withChunk } from '../../web/src/models/chat-stream.ts';

async function read(text: string, pieceBytes: number) {
  const bytes = new TextEncoder().encode(text);
  const stream = new ReadableStream<Uint8Array>({
    start(controller) {
      for (let at = 0; at < bytes.length; at += pieceBytes) controller.enqueue(bytes.slice(at, at + pieceBytes));
      controller.close();
    },
  });
  const events = [];
  for await (const event of eventsIn(stream)) events.push(event);
  return events;
}

test.each([1, 2, 7, 1000])('events come whole in pieces of %i bytes', async (pieceBytes) => {
  const text = ': comment\n\nid: 1\nevent: batch\ndata: {"a":\ndata: "ü"}\n\ndata:x\n\nevent: end\ndata: {}';
  expect(await read(text, pieceBytes)).toEqual([
    { event: 'batch', data: '{"a":\n"ü"}' },
    { event: 'message', data: 'x' },
    { event: 'end', data: '{}' },
  ]);
});

test('leaving the stream cancels it', async () => {
  let cancelled = false;
  const stream = new ReadableStream<Uint8Array>({
    pull: (controller) => controller.enqueue(new TextEncoder().encode('data: 1\n\n')),
    cancel: () => void (cancelled = true),
  });
  for await (const _ of eventsIn(stream)) break;
  expect(cancelled).toBe(true);
});

const piece = (content: string) => ({ choices: [{ delta: { content }, finish_reason: null }] });

test('the first token sets the clock of the speed, the engine counts the tokens', () => {
  let state = withChunk(emptyChat, { choices: [{ delta: {}, finish_reason: null }] }, 50);
  expect(state.firstTokenMs).toBeNull();
  state = withChunk(state, piece('Rhi'), 200);
  state = withChunk(state, piece('ne'), 700);
  expect(state).toMatchObject({ text: 'Rhine', firstTokenMs: 200, tokens: 2, tokensPerSecond: 2 });
  state = withChunk(state, { choices: [{ delta: {}, finish_reason: 'stop' }] }, 1200);
  state = withChunk(state, { choices: [], usage: { prompt_tokens: 12, completion_tokens: 11 } }, 1200);
  expect(state).toMatchObject({ tokens: 11, promptTokens: 12, tokensPerSecond: 10, finishReason: 'stop' });
});

test('what the engine says went wrong is thrown', () => {
  expect(() => withChunk(emptyChat, { error: { message: 'out of memory' } }, 1)).toThrow('out of memory');
});
