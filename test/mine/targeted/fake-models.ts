/** A fake of the remote models that write, answer and judge: it reads the bodies of calls and replies by wire text. */

import { createHash } from 'node:crypto';
import type { Failure, Pattern } from '../../../src/contracts/mining.ts';
import type { Ask, Call, Reply } from '../../../src/mine/asks/ask.ts';

export type Kind = 'prompts' | 'answer' | 'judge';
type Message = { role: string; content: string };

/** A call that was made, with what it was of. */
export interface Made {
  kind: Kind;
  model: string;
  call: Call;
  /** The last message. */
  text: string;
}

/** What a fake says; undefined: it answers as a good model would, null: the call fails. */
export type Says = (made: Made) => string | null | undefined;

/** Keeps the replies by what was asked, as the real ask does, and counts the calls that were not there before. */
export function fakeModels(says: Says = () => undefined, kept = new Map<string, Map<string, Reply>>()) {
  const made: Made[] = [];
  const ask: Ask = async ({ model, calls }) => {
    const key = JSON.stringify([model, calls]);
    const there = kept.get(key);
    if (there !== undefined) return there;
    const replies = new Map(calls.map((call) => [call.id, replyTo({ model, call }, made, says)]));
    kept.set(key, replies);
    return replies;
  };
  return { ask, made, kept };
}

function replyTo({ model, call }: Pick<Made, 'model' | 'call'>, all: Made[], says: Says): Reply {
  const messages = call.body.messages as Message[];
  const one: Made = { kind: kindOf(call), model, call, text: messages.at(-1)!.content };
  all.push(one);
  const said = says(one);
  const text = said === undefined ? goodReply(one) : said;
  return {
    id: call.id,
    text,
    error: text === null ? 'engine_error' : null,
    finishReason: text === null ? null : 'stop',
    promptTokens: 100,
    completionTokens: 50,
  };
}

function kindOf({ body }: Call): Kind {
  const format = body.response_format as { json_schema: { name: string } } | undefined;
  if (format === undefined) return 'answer';
  return format.json_schema.name === 'tasks' ? 'prompts' : 'judge';
}

const words =
  'river copper lantern orchard violin granite saddle meadow anchor pepper harbour kettle walnut marble tunnel'.split(
    ' ',
  );

/** A prompt that follows from `seed` and is like no other. */
export function freshPrompt(seed: string): string {
  const bytes = createHash('sha256').update(seed).digest();
  const named = [...bytes.subarray(0, 12)].map((byte) => `${words[byte % words.length]}${byte}`);
  return `Count what ${named.join(' and ')} amount to.`;
}

/** What a good model says: new tasks under the names asked for, an answer in full, a verdict of nines. */
export function goodReply({ kind, model, call, text }: Made): string {
  if (kind === 'answer') return `${model} says: they amount to ${text.length}.`;
  const { schema } = (call.body.response_format as { json_schema: { schema: Schema } }).json_schema;
  if (kind === 'prompts')
    return JSON.stringify(
      Object.fromEntries(
        Object.keys(schema.properties).map((name) => [name, freshPrompt(`${call.body.seed} ${name}`)]),
      ),
    );
  return verdictOf(9, schema);
}

interface Schema {
  properties: Record<string, { properties?: Record<string, unknown> }>;
}

export const verdictOf = (score: number, schema: Schema): string =>
  JSON.stringify({
    reasoning: 'So it is.',
    scores: Object.fromEntries(Object.keys(schema.properties.scores!.properties!).map((name) => [name, score])),
    confidence: 0.9,
  });

/** A verdict in the form that the call asks for. */
export const verdictFor = ({ call }: Made, score: number): string =>
  verdictOf(score, (call.body.response_format as { json_schema: { schema: Schema } }).json_schema.schema);

export const failure = (cluster: number, at: number, more: Partial<Failure> = {}): Failure => ({
  ordinal: cluster * 1000 + at,
  candidate_id: `c${cluster}-${at}`,
  name: `item ${at}`,
  category: 'math',
  benchmark_id: null,
  model_id: 'failing',
  prompt: `Question ${at} of kind ${cluster}: ${freshPrompt(`test ${cluster} ${at}`)}`,
  answer: '7',
  expected: '8',
  score: 2,
  judge: null,
  reason: 'expected 8, got 7',
  criteria: ['accuracy'],
  ...more,
});

export const pattern = (cluster: number, size: number): Pattern => ({
  cluster,
  size,
  title: `Pattern number ${cluster}`,
  description: 'Forgets the last step.',
  hypothesis: 'It stops early.',
  severity: 'high',
  data: 'Problems of three steps.',
  titled_by: 'model',
  test: null,
  tries: [],
  note: null,
});
