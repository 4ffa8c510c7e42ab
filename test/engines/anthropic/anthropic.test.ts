/** Anthropic's Messages API against a fake of it: bodies said both ways, its events, its errors. */

import { describe, expect, test } from 'vitest';
import type { BatchEndpoint } from '../../../src/contracts/engine.ts';
import { event, messageEvents, startFakeAnthropic, textBlock } from '../../harness/fake-anthropic.ts';
import type { Json } from '../../harness/fake-engine.ts';
import { askingOf, chat, failsLikeTheOthers } from '../asking.ts';

const headers = { 'anthropic-version': '2023-06-01', 'x-api-key': 'sk-ant-secret' };
const described = { engine: 'anthropic' as const, upstreamModel: 'claude-x', headers };
const { ask, failure, fake } = askingOf(startFakeAnthropic, described);

const say = (messages: Json[], more: Json = {}) => ask(undefined, { body: { messages, ...more } });
const tool = { type: 'function', function: { name: 'look', description: 'Looks.', parameters: { type: 'object' } } };

describe('what is sent', () => {
  test('the path, the version, the key, a limit, and the system’s words apart', async () => {
    const { sent } = await say([
      { role: 'system', content: 'Be brief.' },
      { role: 'user', content: 'hi' },
      { role: 'developer', content: [{ type: 'text', text: 'In German.' }] },
    ]);
    expect(fake().requests[0]).toMatchObject({ method: 'POST', path: '/v1/messages', headers });
    expect(sent).toEqual({
      model: 'claude-x',
      max_tokens: 4096,
      system: 'Be brief.\nIn German.',
      messages: [{ role: 'user', content: 'hi' }],
      stream: true,
    });
  });

  test('the row’s fields over the params, in the API’s names', async () => {
    const { sent } = await ask(undefined, {
      endpoint: { params: { max_tokens: 50, temperature: 1, cache_control: { type: 'ephemeral' }, seed: 1 } },
      body: {
        ...chat(),
        max_completion_tokens: 9,
        temperature: 0,
        top_p: 0.5,
        stop: 'END',
        user: 'u1',
        n: 1,
        reasoning_effort: 'minimal',
        response_format: { type: 'json_schema', json_schema: { name: 'x', strict: true, schema: { type: 'object' } } },
        stream_options: {},
        logprobs: null,
      },
    });
    expect(sent).toEqual({
      model: 'claude-x',
      max_tokens: 9,
      messages: [{ role: 'user', content: 'hi' }],
      cache_control: { type: 'ephemeral' },
      temperature: 0,
      top_p: 0.5,
      stop_sequences: ['END'],
      metadata: { user_id: 'u1' },
      output_config: { format: { type: 'json_schema', schema: { type: 'object' } }, effort: 'low' },
      stream: true,
    });
  });

  test('tools, calls and their results in one turn, images', async () => {
    const call = (id: string) => ({ id, type: 'function', function: { name: 'look', arguments: '{"at":1}' } });
    const { sent } = await say(
      [
        {
          role: 'user',
          content: [
            { type: 'text', text: 'see' },
            { type: 'image_url', image_url: { url: 'data:image/png;base64,AAAA' } },
            { type: 'image_url', image_url: { url: 'https://x.example/a.png', detail: 'low' } },
          ],
        },
        { role: 'assistant', content: null, tool_calls: [call('a'), call('b')] },
        { role: 'tool', tool_call_id: 'a', content: 'A' },
        { role: 'tool', tool_call_id: 'b', content: 'B' },
        { role: 'user', content: 'and?' },
      ],
      { tools: [tool], tool_choice: { type: 'function', function: { name: 'look' } }, parallel_tool_calls: false },
    );
    expect(sent.messages).toEqual([
      {
        role: 'user',
        content: [
          { type: 'text', text: 'see' },
          { type: 'image', source: { type: 'base64', media_type: 'image/png', data: 'AAAA' } },
          { type: 'image', source: { type: 'url', url: 'https://x.example/a.png' } },
        ],
      },
      {
        role: 'assistant',
        content: ['a', 'b'].map((id) => ({ type: 'tool_use', id, name: 'look', input: { at: 1 } })),
      },
      {
        role: 'user',
        content: [
          { type: 'tool_result', tool_use_id: 'a', content: 'A' },
          { type: 'tool_result', tool_use_id: 'b', content: 'B' },
          { type: 'text', text: 'and?' },
        ],
      },
    ]);
    expect(sent.tools).toEqual([{ name: 'look', description: 'Looks.', input_schema: { type: 'object' } }]);
    expect(sent.tool_choice).toEqual({ type: 'tool', name: 'look', disable_parallel_tool_use: true });
  });

  test.each([
    [{ n: 2 }, 'n'],
    [{ logprobs: true }, 'logprobs'],
    [{ presence_penalty: 0.5 }, 'presence_penalty'],
    [{ guided_json: {} }, 'guided_json'],
    [{ response_format: { type: 'json_object' } }, 'response_format'],
    [{ tools: [{ type: 'web_search' }] }, 'tools[0]'],
    [{ messages: [] }, 'messages'],
    [{ messages: ['x'] }, 'messages[0]'],
    [{ messages: [{ role: 'function', content: 'x' }] }, 'messages[0].role'],
    [{ messages: [{ role: 'user', content: [{ type: 'input_audio' }] }] }, 'messages[0].content[0].type'],
    [
      { messages: [{ role: 'assistant', tool_calls: [{ function: { name: 'x', arguments: '{"a"' } }] }] },
      'messages[0].tool_calls[0].function.arguments',
    ],
  ])('%j is refused by name, and not sent', async (more, param) => {
    const answer = await ask(undefined, { body: { ...chat(), ...more } });
    expect(answer).toMatchObject({ status: 400, body: { error: { param, type: 'invalid_request_error' } } });
    expect((answer.body.error as Json).message).toContain(param);
    expect(fake().requests).toHaveLength(0);
  });

  test.each(['/v1/completions', '/v1/embeddings', '/v1/responses'] as BatchEndpoint[])(
    '%s is refused',
    async (path) => {
      const answer = await ask(undefined, { path, body: { prompt: 'x', input: 'x' } });
      expect(answer).toMatchObject({ status: 400, body: { error: { message: expect.stringContaining(path) } } });
      expect(fake().requests).toHaveLength(0);
    },
  );
});

describe('what is read', () => {
  test('text, counts with what was cached, the id', async () => {
    const answer = await ask(undefined);
    expect(answer.body).toMatchObject({
      id: 'msg_1',
      object: 'chat.completion',
      model: 'my-model',
      created: expect.any(Number),
      choices: [
        { index: 0, message: { role: 'assistant', content: 'Hello there' }, finish_reason: 'stop', logprobs: null },
      ],
      usage: { prompt_tokens: 11, completion_tokens: 9, total_tokens: 20 },
    });
    expect(answer.usage).toEqual({ prompt: 11, completion: 9, cached: 4, reasoning: null });
    expect(answer).toMatchObject({ requestId: 'msg_1', firstTokenMs: expect.any(Number) });
  });

  test('thinking, text and tool calls, one of them without input', async () => {
    const toolUse = (id: string, pieces: string[]) => ({
      start: { type: 'tool_use', id, name: 'look', input: {} },
      deltas: pieces.map((partial_json) => ({ type: 'input_json_delta', partial_json })),
    });
    const thinking = {
      start: { type: 'thinking', thinking: '', signature: '' },
      deltas: [
        { type: 'thinking_delta', thinking: 'hm' },
        { type: 'signature_delta', signature: 'x' },
      ],
    };
    const blocks = [thinking, textBlock('See:'), toolUse('t1', ['', '{"at"', ': 1}']), toolUse('t2', [''])];
    const usage = { output_tokens: 30, output_tokens_details: { thinking_tokens: 12 } };
    const pieces = messageEvents(blocks, { stop_reason: 'tool_use', usage });
    const answer = await ask(() => ({ do: 'answer', pieces }));
    expect(answer.body.choices).toMatchObject([
      {
        finish_reason: 'tool_calls',
        message: {
          role: 'assistant',
          content: 'See:',
          reasoning_content: 'hm',
          tool_calls: [
            { id: 't1', type: 'function', function: { name: 'look', arguments: '{"at": 1}' } },
            { id: 't2', type: 'function', function: { name: 'look', arguments: '{}' } },
          ],
        },
      },
    ]);
    expect(answer.usage).toEqual({ prompt: 11, completion: 30, cached: 4, reasoning: 12 });
  });

  test.each([
    ['end_turn', 'stop'],
    ['stop_sequence', 'stop'],
    ['max_tokens', 'length'],
    ['model_context_window_exceeded', 'length'],
    ['refusal', 'content_filter'],
  ])('%s is %s', async (stop_reason, finish_reason) => {
    const answer = await ask(() => ({ do: 'answer', pieces: messageEvents([textBlock('x y z')], { stop_reason }) }));
    expect(answer.body.choices).toMatchObject([{ finish_reason, stop_reason }]);
  });

  test('a gateway that does not stream is taken at its word', async () => {
    const content = [
      { type: 'text', text: 'whole' },
      { type: 'tool_use', id: 't', name: 'look', input: { a: 1 } },
    ];
    const usage = { input_tokens: 3, output_tokens: 2, cache_read_input_tokens: null };
    const whole = { id: 'msg_2', type: 'message', role: 'assistant', content, stop_reason: 'tool_use', usage };
    const answer = await ask(() => ({ do: 'answer', whole }));
    expect(answer.body.choices).toMatchObject([
      { message: { content: 'whole', tool_calls: [{ function: { arguments: '{"a":1}' } }] } },
    ]);
    expect(answer.usage).toEqual({ prompt: 3, completion: 2, cached: 0, reasoning: null });
  });

  test('an unknown event and a ping say nothing', async () => {
    const pieces = [event({ type: 'ping' }), event({ type: 'news', index: 0 })];
    const all = messageEvents([textBlock('Hello')], { stop_reason: 'end_turn' });
    const answer = await ask(() => ({ do: 'answer', pieces: [all[0]!, ...pieces, ...all.slice(1)] }));
    expect(answer.body.choices).toMatchObject([{ message: { content: 'Hello' } }]);
  });

  test.each([
    [{ type: 'overloaded_error', message: 'Overloaded' }, 'rate_limited'],
    [{ type: 'rate_limit_error', message: 'slow' }, 'rate_limited'],
    [{ type: 'api_error', message: 'broken' }, 'engine_error'],
    [{ type: 'timeout_error', message: 'late' }, 'engine_error'],
  ])('%j in the stream is %s', async (error, kind) => {
    expect(await failure(() => ({ do: 'error-event', error }))).toMatchObject({ kind, message: error.message });
  });

  test('a prompt that is too long has OpenAI’s code', async () => {
    const message = 'prompt is too long: 208310 tokens > 200000 maximum';
    const body = JSON.stringify({ type: 'error', error: { type: 'invalid_request_error', message } });
    const answer = await ask(() => ({ do: 'status', status: 400, body }));
    expect(answer.body).toMatchObject({ error: { code: 'context_length_exceeded', message } });
  });
});

failsLikeTheOthers(startFakeAnthropic, described);
