/** A fake of vLLM's server: OpenAI's language, /health, /tokenize and /metrics; run as a program it takes vLLM's flags. */

import { parseArgs } from 'node:util';
import { type Behaviour, type FakeEngine, type FakeRequest, type Json, startFake } from './fake-engine.ts';

const event = (value: Json | string): string =>
  `data: ${typeof value === 'string' ? value : JSON.stringify(value)}\n\n`;

const head = { id: 'chatcmpl-1', object: 'chat.completion.chunk', created: 1_700_000_000, model: 'org/model' };

/** The chunks of an answer; `details` is what stands under usage.prompt_tokens_details. */
export const chunks = (text: string, details: Json | null): string[] => [
  event({ ...head, choices: [{ index: 0, delta: { role: 'assistant', content: '' }, finish_reason: null }] }),
  event({ ...head, choices: [{ index: 0, delta: { content: text }, finish_reason: null }] }),
  event({ ...head, choices: [{ index: 0, delta: { content: '' }, finish_reason: 'stop', stop_reason: null }] }),
  event({
    ...head,
    choices: [],
    usage: { prompt_tokens: 7, total_tokens: 10, completion_tokens: 3, prompt_tokens_details: details },
  }),
  event('[DONE]'),
];

const metrics = `# HELP vllm:num_requests_running Number of requests in model execution batches.
# TYPE vllm:num_requests_running gauge
vllm:num_requests_running{engine="0",model_name="org/model"} 3.0
vllm:num_requests_running{engine="1",model_name="org/model"} 2.0
vllm:num_requests_waiting{engine="0",model_name="org/model"} 4.0
# TYPE vllm:kv_cache_usage_perc gauge
vllm:kv_cache_usage_perc{engine="0",model_name="org/a}\\"b"} 0.25
vllm:kv_cache_usage_perc{engine="1",model_name="org/model"} 0.5
# TYPE vllm:prefix_cache_queries_total counter
vllm:prefix_cache_queries_total{engine="0",model_name="org/model"} 1000.0
vllm:prefix_cache_queries_created{engine="0",model_name="org/model"} 1.7e+09
vllm:prefix_cache_hits_total{engine="0",model_name="org/model"} 6.4e+02
vllm:num_preemptions_total{engine="0",model_name="org/model"} 1.0
`;

export interface FakeVllmOptions {
  behave?: (request: FakeRequest) => Behaviour;
  /** A key asked of every path under /v1, as VLLM_API_KEY does. */
  key?: string | undefined;
  port?: number;
  /** The answer of /metrics, where it is to change. */
  metrics?: () => string;
}

/** Starts the fake, serving org/model with a context of 4096; /tokenize counts a token for each character. */
export function startFakeVllm(options: FakeVllmOptions = {}): Promise<FakeEngine> {
  const { behave, key, port } = options;
  const model = {
    id: 'org/model',
    object: 'model',
    created: 1,
    owned_by: 'vllm',
    root: 'org/model',
    max_model_len: 4096,
  };
  return startFake(
    {
      contentType: 'text/event-stream; charset=utf-8',
      pieces: () => chunks('Hello', { cached_tokens: 4 }),
      errorPiece: (error) => event({ error }),
      errorBody: (status) => ({ error: { message: `status ${status}`, type: 'Error', param: null, code: status } }),
      other(request) {
        if (request.path === '/health') return '';
        if (request.path === '/metrics') return options.metrics?.() ?? metrics;
        if (request.path === '/v1/models') return { object: 'list', data: [model] };
        if (request.path !== '/tokenize') return null;
        const text =
          typeof request.body.prompt === 'string' ? request.body.prompt : JSON.stringify(request.body.messages);
        return { count: text.length, max_model_len: 4096, tokens: [...text].map((_, i) => i), token_strs: null };
      },
    },
    (request) => {
      if (key === undefined || request.headers.authorization === `Bearer ${key}`)
        return behave?.(request) ?? { do: 'answer' };
      return { do: 'status', status: 401, body: '{"error":"Unauthorized"}' };
    },
    port,
  );
}

if (import.meta.main) {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { port: { type: 'string' }, host: { type: 'string' }, 'served-model-name': { type: 'string' } },
  });
  if (positionals[0] !== 'serve') throw new Error(`error: unknown command ${positionals[0]}`);
  const key = process.env.VLLM_API_KEY;
  const behave = (request: FakeRequest): Behaviour => {
    if (JSON.stringify(request.body).includes('die')) process.kill(process.pid, 'SIGKILL');
    return { do: 'answer' };
  };
  await startFakeVllm({ key, port: Number(values.port), behave });
  console.log(`serving ${positionals[1]}`);
}
