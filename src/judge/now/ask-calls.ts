/** Asks a judge at once, a few calls at a time: what is missing again in halves, what cannot be used once more. */

import { randomBytes } from 'node:crypto';
import { type EngineAnswer, type EngineEndpoint, EngineFailure } from '../../contracts/engine.ts';
import type { RefusedField } from '../../contracts/models.ts';
import { AssayError } from '../../errors.ts';
import { answerOfBody } from '../../runs/answer-of-body.ts';
import {
  askingFor,
  type CallForm,
  type CallItem,
  callBody,
  faultOf,
  idsNeeded,
  readCall,
  type Said,
  type Unsaid,
} from '../asking/call-form.ts';
import { askAgain, tooLong } from '../asking/halves.ts';
import { opaqueIds } from '../asking/opaque-ids.ts';
import { repairRequest } from '../asking/repair-request.ts';
import type { AskedRubric, JudgeBody } from '../asking/rubric-words.ts';
import { takenFields } from '../asking/taken-fields.ts';
import type { AskingLimits } from '../asking/verdict-schema.ts';
import type { ModelEngines } from '../similarity/embed-by-model.ts';

/** A call about the items at these places. */
export interface PlannedCall {
  form: CallForm;
  places: number[];
}

/** A call as it is asked; `again`: its only reply so far could not be used. */
interface Call extends PlannedCall {
  ids: string[];
  body: JudgeBody;
  again: boolean;
}

export interface Asked {
  endpoint: EngineEndpoint;
  complete: ModelEngines['complete'];
  rubric: AskedRubric;
  items: CallItem[];
  limits: AskingLimits | undefined;
  /** Fields that the judge turns down. */
  refuses: RefusedField[] | undefined;
  /** Calls at once at most. */
  atOnce: number;
  /** Longest time for one call. */
  timeoutMs: number;
  signal: AbortSignal;
}

/** What came of all calls. */
export interface Answered {
  /** By form and place in `items`; those of `many` stand under `one`. */
  said: Map<string, Said | Unsaid>;
  calls: number;
  /** null: no reply told its tokens. */
  tokens: { prompt: number; completion: number; cached: number } | null;
}

export const slotOf = (form: CallForm, place: number): string => `${form === 'many' ? 'one' : form} ${place}`;

/** Statuses that all calls would meet: a wrong key, no right to the model, no such model. */
const hopeless = new Set([401, 403, 404]);

/**
 * Asks until each item has a verdict or the reason why it has none.
 * @throws EngineFailure when the judge is not reached, AssayError engine_error when it turns down all that is asked
 */
export async function askCalls(asked: Asked, planned: PlannedCall[]): Promise<Answered> {
  const answered: Answered = { said: new Map(), calls: 0, tokens: null };
  const stop = new AbortController();
  const signal = AbortSignal.any([asked.signal, stop.signal]);
  // Known to no author of answers, so that none can name an id.
  const secret = randomBytes(16).toString('hex');
  let made = 0;
  const prepared = ({ form, places }: PlannedCall): Call => {
    const ids = opaqueIds(idsNeeded(form, places.length), `${secret} ${made++}`);
    const items = places.map((place) => asked.items[place]!);
    const asking = askingFor(form, { engine: asked.endpoint.engine, limits: asked.limits });
    return { form, places, ids, body: callBody(form, asked.rubric, { items, ids, asking }), again: false };
  };
  const queue = planned.map(prepared);
  const work = async () => {
    for (let call = queue.shift(); call !== undefined; call = queue.shift()) {
      answered.calls += 1;
      const rest = await askOne({ ...asked, signal }, call, answered);
      queue.push(...rest.map((next) => ('ids' in next ? next : prepared(next))));
    }
  };
  const workers = Array.from({ length: Math.min(asked.atOnce, queue.length) }, () =>
    work().catch((error: unknown) => {
      stop.abort(error);
      throw error;
    }),
  );
  await Promise.allSettled(workers);
  await Promise.all(workers);
  return answered;
}

/** Keeps what the reply says; gives what is asked about again. */
async function askOne(asked: Asked, call: Call, answered: Answered): Promise<(PlannedCall | Call)[]> {
  const { form, places, ids } = call;
  const answer = await replyTo(asked, call.body);
  if ('error' in answer) {
    if (answer.tooLong && places.length > 1) return halves(call, places);
    keepAll(answered, call, answer);
    return [];
  }
  count(answered, answer.usage);
  const text = answerOfBody(answer.body).content ?? '';
  const read = readCall(form, text, { ids, criteria: asked.rubric.criteria });
  const wanting = places.filter((_, at) => 'error' in read[at]!);
  if (places.length === 1 && wanting.length === 1 && !call.again) {
    const fault = faultOf(form, text, { ids, criteria: asked.rubric.criteria });
    return [{ ...call, body: repairRequest(call.body, text, fault), again: true }];
  }
  for (const [at, place] of places.entries()) answered.said.set(slotOf(form, place), read[at]!);
  return places.length === 1 ? [] : halves(call, wanting);
}

const halves = ({ form, places }: Call, wanting: number[]): PlannedCall[] =>
  askAgain(wanting, places.length).map((some) => ({ form, places: some }));

function keepAll(answered: Answered, { form, places }: Call, { error, detail }: Unsaid): void {
  for (const place of places) answered.said.set(slotOf(form, place), { error, detail });
}

async function replyTo(asked: Asked, body: JudgeBody): Promise<EngineAnswer | (Unsaid & { tooLong: boolean })> {
  const { endpoint, complete, timeoutMs, signal } = asked;
  try {
    const sent = takenFields(body, asked.refuses);
    const request = { path: '/v1/chat/completions', body: sent, lane: null, timeoutMs, signal } as const;
    const answer = await complete(endpoint, request);
    return answer.status < 400 ? answer : refusedBy(answer);
  } catch (error) {
    if (!(error instanceof EngineFailure) || error.kind === 'unreachable') throw error;
    return { error: 'call_failed', detail: `the judge was not reached: ${error.message}`, tooLong: false };
  }
}

function refusedBy({ status, body }: EngineAnswer): Unsaid & { tooLong: boolean } {
  const { message = 'no reason is given', code } = (body.error ?? {}) as { message?: string; code?: unknown };
  if (hopeless.has(status)) throw new AssayError('engine_error', { status, attempts: 1, problem: message });
  const detail = `the judge answered ${status}: ${message}`;
  return { error: 'call_failed', detail, tooLong: typeof code === 'string' && tooLong.has(code) };
}

function count(answered: Answered, { prompt, completion, cached }: EngineAnswer['usage']): void {
  if (prompt === null && completion === null) return;
  const before = answered.tokens ?? { prompt: 0, completion: 0, cached: 0 };
  answered.tokens = {
    prompt: before.prompt + (prompt ?? 0),
    completion: before.completion + (completion ?? 0),
    cached: before.cached + (cached ?? 0),
  };
}
