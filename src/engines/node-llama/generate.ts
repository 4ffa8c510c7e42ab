/** Answers a chat or text completion, streamed or whole, in the form of llama-server's answers. */

import { randomBytes } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import type { Loaded, Token } from './library.ts';
import type { Prompts } from './prompt.ts';
import { errorAnswer, Refusal, refuse } from './refusal.ts';
import { readWish, type Wish } from './sampling.ts';
import type { Done, Slots } from './slots.ts';
import { readText } from './text.ts';

type Json = Record<string, unknown>;

/** What the routes work with once the model is loaded. */
export interface Ready {
  loaded: Loaded;
  slots: Slots;
  prompts: Prompts;
  alias: string;
}

interface Answering {
  ready: Ready;
  chat: boolean;
  wish: Wish;
  prompt: Token[];
  /** Fields every answer and chunk has. */
  head: Json;
  signal: AbortSignal;
}

interface Choice {
  text: string;
  done: Done;
}

/** Writes the answer to `response`. @throws Refusal before anything is written */
export async function answerCompletion(
  ready: Ready,
  { chat, body }: { chat: boolean; body: Json },
  response: ServerResponse,
): Promise<void> {
  const wish = await readWish(ready.loaded, body);
  const prompt = chat ? ready.prompts.tokens(ready.prompts.ofChat(body)) : ready.prompts.ofCompletion(body.prompt);
  checkLength(prompt, ready.loaded.context);
  if (!Number.isInteger(wish.choices) || wish.choices < 1 || wish.choices > ready.loaded.sequences.length)
    throw refuse(`"n" must be between 1 and the number of slots, ${ready.loaded.sequences.length}`);
  const gone = new AbortController();
  response.once('close', () => gone.abort(new Error('the client has gone')));
  const head: Json = {
    id: `${chat ? 'chatcmpl' : 'cmpl'}-${randomBytes(16).toString('hex')}`,
    object: chat ? 'chat.completion' : 'text_completion',
    created: Math.floor(Date.now() / 1000),
    model: ready.alias,
    system_fingerprint: 'node-llama-cpp',
  };
  const answering: Answering = { ready, chat, wish, prompt, head, signal: gone.signal };
  try {
    await (wish.stream ? streamed(answering, response) : whole(answering, response));
  } catch (error) {
    if (!gone.signal.aborted) throw error;
  } finally {
    gone.abort();
  }
}

function checkLength(prompt: Token[], context: number): void {
  if (prompt.length === 0) throw refuse('the prompt is empty');
  if (prompt.length < context) return;
  throw refuse('the request exceeds the available context size, try increasing it', {
    type: 'exceed_context_size_error',
    n_prompt_tokens: prompt.length,
    n_ctx: context,
  });
}

/** One choice of the answer; `told` gets its text as it comes. */
async function generate(
  { ready, wish, prompt, signal }: Answering,
  choice: number,
  told: (text: string) => void,
): Promise<Choice> {
  const sofar: Token[] = [...prompt];
  const reading = readText(ready.loaded.model, wish.stops, prompt);
  let text = '';
  const tell = (more: string): void => {
    text += more;
    if (more !== '') told(more);
  };
  const done = await ready.slots.run({
    prompt,
    draw: wish.draw(choice, () => sofar),
    maxTokens: wish.maxTokens,
    slot: wish.choices > 1 ? null : wish.slot,
    useCache: wish.useCache,
    signal,
    onToken(token) {
      sofar.push(token);
      tell(reading.add(token));
      return reading.stopped() !== null;
    },
  });
  tell(reading.rest());
  return { text, done };
}

/** All choices; a failure of one ends the others. */
const choicesOf = (answering: Answering, told: (index: number, text: string) => void): Promise<Choice[]> =>
  Promise.all(
    Array.from({ length: answering.wish.choices }, (_, index) =>
      generate(answering, index, (text) => told(index, text)),
    ),
  );

async function whole(answering: Answering, response: ServerResponse): Promise<void> {
  const choices = await choicesOf(answering, () => undefined);
  const body = {
    ...answering.head,
    choices: choices.map(({ text, done }, index) => ({
      index,
      ...(answering.chat ? { message: { role: 'assistant', content: text } } : { text, logprobs: null }),
      finish_reason: done.finish,
    })),
    ...countsOf(answering.prompt, choices),
  };
  response.writeHead(200, { 'content-type': 'application/json; charset=utf-8' }).end(JSON.stringify(body));
}

async function streamed(answering: Answering, response: ServerResponse): Promise<void> {
  const { chat, wish } = answering;
  const head = chat ? { ...answering.head, object: 'chat.completion.chunk' } : answering.head;
  const send = (part: Json): boolean => response.write(`data: ${JSON.stringify({ ...head, ...part })}\n\n`);
  const piece = (index: number, more: Json, finish: string | null): Json =>
    chat ? { index, delta: more, finish_reason: finish } : { index, text: '', ...more, finish_reason: finish };
  response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-cache' });
  if (chat)
    for (let index = 0; index < wish.choices; index += 1)
      send({ choices: [piece(index, { role: 'assistant', content: null }, null)] });
  else response.flushHeaders();
  try {
    const choices = await choicesOf(answering, (index, text) => {
      send({ choices: [piece(index, chat ? { content: text } : { text }, null)] });
    });
    const { usage, timings } = countsOf(answering.prompt, choices);
    choices.forEach(({ done }, index) => {
      send({ choices: [piece(index, {}, done.finish)], timings });
    });
    if (wish.withUsage) send({ choices: [], usage, timings });
    response.end('data: [DONE]\n\n');
  } catch (error) {
    if (!response.writable) throw error;
    response.end(`data: ${JSON.stringify(errorAnswer(error).body)}\n\n`);
  }
}

/** Token counts and times of an answer; those of several choices together, but for the prompt, which is one. */
function countsOf(prompt: Token[], choices: Choice[]): { usage: Json; timings: Json } {
  const first = choices[0]!.done;
  const generated = choices.reduce((sum, { done }) => sum + done.generated, 0);
  const generatedMs = Math.max(...choices.map(({ done }) => done.generatedMs));
  const read = prompt.length - first.cached;
  return {
    usage: {
      completion_tokens: generated,
      prompt_tokens: prompt.length,
      total_tokens: prompt.length + generated,
      prompt_tokens_details: { cached_tokens: first.cached },
    },
    timings: {
      cache_n: first.cached,
      prompt_n: read,
      prompt_ms: first.promptMs,
      prompt_per_second: (read / first.promptMs) * 1000,
      predicted_n: generated,
      predicted_ms: generatedMs,
      predicted_per_second: generatedMs === 0 ? 0 : (generated / generatedMs) * 1000,
    },
  };
}

/** A route this engine does not have. */
export const notSupported = (what: string): Refusal =>
  new Refusal(
    501,
    `The engine of this machine (node-llama-cpp) does not support ${what}; a llama-server on PATH, or named by ASSAY_LLAMA_SERVER, does.`,
  );
