/** Ollama's own API against a fake of it: chats, text and vectors, the context that is set, its lines and errors. */

import { describe, expect, test } from 'vitest';
import { gaugeOf } from '../../../src/engines/gauge.ts';
import { health } from '../../../src/engines/health.ts';
import { readLines } from '../../../src/engines/ndjson.ts';
import type { Json } from '../../harness/fake-engine.ts';
import { chatLines, line, startFakeOllama } from '../../harness/fake-ollama.ts';
import { askingOf, chat, failsLikeTheOthers } from '../asking.ts';

const described = { engine: 'ollama' as const, upstreamModel: 'gemma3:4b', contextTokens: 8192 };
const { open, ask, failure, fake } = askingOf(startFakeOllama, described);

describe('what is sent', () => {
  test('the context of the model, no unloading, no cutting of the prompt', async () => {
    const { sent } = await ask(undefined);
    expect(fake().requests[0]).toMatchObject({ method: 'POST', path: '/api/chat' });
    expect(sent).toEqual({
      model: 'gemma3:4b',
      keep_alive: -1,
      messages: [{ role: 'user', content: 'hi' }],
      stream: true,
      truncate: false,
      shift: false,
      options: { num_ctx: 8192 },
    });
  });

  test('options over those of the params, a schema, thinking, logprobs', async () => {
    const { sent } = await ask(undefined, {
      endpoint: { params: { options: { num_gpu: 1, top_k: 5 }, temperature: 1, keep_alive: '5m', max_tokens: 3 } },
      body: {
        ...chat(),
        temperature: 0,
        top_p: 0.9,
        seed: 7,
        max_tokens: 64,
        stop: ['A', 'B'],
        frequency_penalty: 0.1,
        logprobs: true,
        top_logprobs: 2,
        reasoning_effort: 'none',
        response_format: { type: 'json_schema', json_schema: { schema: { type: 'object' } } },
      },
    });
    expect(sent).toMatchObject({ keep_alive: '5m', think: false, logprobs: true, top_logprobs: 2 });
    expect(sent.format).toEqual({ type: 'object' });
    expect(sent.options).toEqual({
      num_gpu: 1,
      top_k: 5,
      temperature: 0,
      top_p: 0.9,
      seed: 7,
      frequency_penalty: 0.1,
      stop: ['A', 'B'],
      num_predict: 64,
      num_ctx: 8192,
    });
    expect((await ask(undefined, { body: { ...chat(), response_format: { type: 'json_object' } } })).sent.format).toBe(
      'json',
    );
  });

  test('tools, calls with their arguments as objects, results with the tool’s name, images', async () => {
    const call = { id: 'c1', type: 'function', function: { name: 'look', arguments: '{"at":1}' } };
    const tools = [{ type: 'function', function: { name: 'look', parameters: {} } }];
    const image = { type: 'image_url', image_url: { url: 'data:image/png;base64,AAAA' } };
    const messages = [
      { role: 'developer', content: 'Be brief.' },
      { role: 'user', content: [{ type: 'text', text: 'see' }, image] },
      { role: 'assistant', content: null, tool_calls: [call] },
      { role: 'tool', tool_call_id: 'c1', content: 'A' },
    ];
    const { sent } = await ask(undefined, { body: { messages, tools } });
    expect(sent.tools).toEqual(tools);
    const none = await ask(undefined, { body: { messages, tools, tool_choice: 'none' } });
    expect(none.sent.tools).toBeUndefined();
    expect(sent.messages).toEqual([
      { role: 'system', content: 'Be brief.' },
      { role: 'user', content: 'see', images: ['AAAA'] },
      {
        role: 'assistant',
        content: '',
        tool_calls: [{ id: 'c1', function: { name: 'look', arguments: { at: 1 } } }],
      },
      { role: 'tool', content: 'A', tool_name: 'look', tool_call_id: 'c1' },
    ]);
  });

  test.each([
    [{ n: 2 }, 'n'],
    [{ logit_bias: { 1: 5 } }, 'logit_bias'],
    [{ tool_choice: 'required' }, 'tool_choice'],
    [{ messages: [] }, 'messages'],
    [{ messages: [{ role: 'user', content: [{ type: 'image_url', image_url: 'http://x' }] }] }, 'messages[0].content'],
  ])('%j is refused by name, and not sent', async (more, param) => {
    const answer = await ask(undefined, { body: { ...chat(), ...more } });
    expect(answer).toMatchObject({ status: 400, body: { error: { param, message: expect.stringContaining(param) } } });
    expect(fake().requests).toHaveLength(0);
  });

  test('/v1/responses is refused', async () => {
    const answer = await ask(undefined, { path: '/v1/responses', body: { input: 'x' } });
    expect(answer).toMatchObject({
      status: 400,
      body: { error: { message: expect.stringContaining('/v1/responses') } },
    });
  });
});

describe('what is read', () => {
  test('text and counts; what was cached is not known', async () => {
    const answer = await ask(undefined);
    expect(answer.body).toMatchObject({
      object: 'chat.completion',
      model: 'my-model',
      created: Math.floor(Date.parse('2026-01-02T03:04:05Z') / 1000),
      choices: [{ index: 0, message: { role: 'assistant', content: 'Hello' }, finish_reason: 'stop' }],
      usage: { prompt_tokens: 11, completion_tokens: 18, total_tokens: 29 },
    });
    expect(answer.usage).toEqual({ prompt: 11, completion: 18, cached: null, reasoning: null });
    expect(answer.firstTokenMs).toBeGreaterThan(0);
  });

  test('a text completion is asked raw', async () => {
    const answer = await ask(undefined, { path: '/v1/completions', body: { prompt: 'Say', max_tokens: 5 } });
    expect(fake().requests[0]?.path).toBe('/api/generate');
    expect(answer.sent).toMatchObject({ prompt: 'Say', raw: true, options: { num_predict: 5, num_ctx: 8192 } });
    expect(answer.body).toMatchObject({
      object: 'text_completion',
      choices: [{ text: 'Hello', finish_reason: 'stop' }],
    });
  });

  test('vectors', async () => {
    const answer = await ask(undefined, { path: '/v1/embeddings', body: { input: ['a'], encoding_format: 'float' } });
    expect(fake().requests[0]?.path).toBe('/api/embed');
    expect(answer.sent).toMatchObject({ input: ['a'], truncate: false, keep_alive: -1 });
    expect(answer.body).toEqual({
      object: 'list',
      model: 'my-model',
      data: [{ object: 'embedding', index: 0, embedding: [0.5, -0.5] }],
      usage: { prompt_tokens: 8, total_tokens: 8 },
    });
  });

  test('thinking, tool calls, logprobs', async () => {
    const call = (at: number) => ({ function: { name: 'look', arguments: { at } } });
    const pieces = chatLines([
      { thinking: 'h' },
      { thinking: 'm' },
      { tool_calls: [call(1)] },
      { tool_calls: [call(2)] },
    ]);
    const answer = await ask(() => ({ do: 'answer', pieces }));
    expect(answer.body.choices).toMatchObject([
      {
        finish_reason: 'tool_calls',
        message: {
          reasoning_content: 'hm',
          tool_calls: [
            { id: 'call_0', type: 'function', function: { name: 'look', arguments: '{"at":1}' } },
            { id: 'call_1', type: 'function', function: { name: 'look', arguments: '{"at":2}' } },
          ],
        },
      },
    ]);
  });

  test('logprobs of each piece', async () => {
    const logprobs = ['a', 'b'].map((token) => ({ token, logprob: -0.5, bytes: [97], top_logprobs: [] }));
    const pieces = logprobs.map((one) =>
      line({ created_at: '2026-01-02T03:04:05Z', message: { content: one.token }, done: false, logprobs: [one] }),
    );
    const answer = await ask(() => ({ do: 'answer', pieces: [...pieces, ...chatLines([])] }));
    expect(answer.body.choices).toMatchObject([{ message: { content: 'ab' }, logprobs: { content: logprobs } }]);
  });

  test('the limit ends an answer; without a reason it has no end', async () => {
    const full = await ask(
      (r) => {
        const messages = r.body.messages as Json[];
        return { do: 'answer', pieces: chatLines([{ content: 'x' }], { done_reason: messages[0]!.content }) };
      },
      { body: chat('length') },
    );
    expect(full.body.choices).toMatchObject([{ finish_reason: 'length' }]);
    await expect(ask(undefined, { body: chat('') })).rejects.toMatchObject({ kind: 'bad_answer' });
  });

  test('an answer that came whole', async () => {
    const whole = { ...JSON.parse(chatLines([])[0]!), message: { role: 'assistant', content: 'Grüße, 世界' } };
    const answer = await ask(() => ({ do: 'answer', whole }));
    expect(answer.body.choices).toMatchObject([{ message: { content: 'Grüße, 世界' } }]);
  });

  test('a full queue is too much at once, and not an engine that is gone', async () => {
    const body = JSON.stringify({ error: 'server busy, please try again.  maximum pending requests exceeded' });
    expect(await failure(() => ({ do: 'status', status: 503, body }))).toMatchObject({ kind: 'rate_limited' });
  });

  test('an error among the lines; a prompt that is too long', async () => {
    const error = 'an error was encountered while running the model';
    expect(await failure(() => ({ do: 'error-event', error }))).toMatchObject({ kind: 'engine_error', message: error });
  });

  test('a prompt that is too long has OpenAI’s code', async () => {
    const message = 'the input length exceeds the context length';
    const answer = await ask(() => ({ do: 'status', status: 400, body: JSON.stringify({ error: message }) }));
    expect(answer.body).toMatchObject({ error: { code: 'context_length_exceeded', message } });
  });
});

test('VRAM of the loaded model, and whether Ollama is there', async () => {
  const endpoint = await open();
  expect(await gaugeOf(endpoint)).toMatchObject({ vramBytes: 3_295_915_232, modelBytes: 6_591_830_464, context: 8192 });
  expect(await gaugeOf({ ...endpoint, upstreamModel: 'other' })).toMatchObject({ vramBytes: null });
  expect(await health(endpoint)).toBe(true);
  await fake().close();
  expect(await health(endpoint)).toBe(false);
  expect(await gaugeOf(endpoint)).toBeNull();
});

test('lines cut anywhere, even inside a character', () => {
  const bytes = Buffer.from('{"a":"世界"}\r\n\n{"b":1}\n{"c"');
  for (let at = 1; at < bytes.length; at += 1) {
    const lines: unknown[] = [];
    const reader = readLines((text) => lines.push(JSON.parse(text)));
    reader.push(bytes.subarray(0, at));
    reader.push(bytes.subarray(at));
    expect(lines).toEqual([{ a: '世界' }, { b: 1 }]);
    expect(reader.pending()).toBe(4);
  }
});

failsLikeTheOthers(startFakeOllama, described);
