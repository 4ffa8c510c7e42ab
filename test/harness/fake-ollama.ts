/** A fake of Ollama's own API (docs/api.md of ollama/ollama): lines of JSON from /api/chat and /api/generate, vectors, /api/ps. */

import { type Behaviour, type FakeEngine, type FakeRequest, type Json, startFake } from './fake-engine.ts';

export const line = (value: Json): string => `${JSON.stringify(value)}\n`;

const head = { model: 'gemma3:4b', created_at: '2026-01-02T03:04:05.678901234Z' };

/** The lines of a chat: one for each message piece, and the last with the counts. */
export const chatLines = (pieces: Json[], done: Json = {}): string[] => [
  ...pieces.map((message) => line({ ...head, message: { role: 'assistant', content: '', ...message }, done: false })),
  line({ ...head, message: { role: 'assistant', content: '' }, ...ending, ...done }),
];

const ending = {
  done: true,
  done_reason: 'stop',
  total_duration: 174_560_334,
  load_duration: 101_397_084,
  prompt_eval_count: 11,
  prompt_eval_duration: 13_074_791,
  eval_count: 18,
  eval_duration: 52_479_709,
};

function linesOf(request: FakeRequest): string[] {
  if (request.path !== '/api/generate') return chatLines([{ content: 'Hel' }, { content: 'lo' }]);
  return [
    ...['Hel', 'lo'].map((response) => line({ ...head, response, done: false })),
    line({ ...head, response: '', ...ending }),
  ];
}

/** Starts the fake, with one model loaded of which half is in VRAM. */
export function startFakeOllama(behave?: (request: FakeRequest) => Behaviour): Promise<FakeEngine> {
  return startFake(
    {
      contentType: 'application/x-ndjson',
      pieces: linesOf,
      errorPiece: (error) => line({ error }),
      errorBody: (status) => ({ error: `status ${status}` }),
      other(request) {
        if (request.path === '/api/version') return { version: '0.13.0' };
        if (request.path === '/api/ps') return { models: [loaded] };
        if (request.path !== '/api/embed' || behave !== undefined) return null;
        return {
          model: head.model,
          embeddings: [[0.5, -0.5]],
          total_duration: 1,
          load_duration: 1,
          prompt_eval_count: 8,
        };
      },
    },
    behave,
  );
}

const loaded = {
  name: 'gemma3:4b',
  model: 'gemma3:4b',
  size: 6_591_830_464,
  digest: 'a2af',
  details: { parent_model: '', format: 'gguf', family: 'gemma3', parameter_size: '4.3B' },
  expires_at: '2318-10-17T16:47:07.93049-07:00',
  size_vram: 3_295_915_232,
  context_length: 8192,
};
