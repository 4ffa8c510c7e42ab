/** Asks an engine for one answer, streamed, and gives the whole of it, or says how it failed. */

import type { Dispatcher } from 'undici';
import {
  type Complete,
  type EngineAnswer,
  type EngineEndpoint,
  EngineFailure,
  type EngineRequest,
} from '../contracts/engine.ts';
import { readAnswer } from './answer.ts';
import { socketFailure } from './classify.ts';
import { type ConnectionLimits, connectionsTo } from './connections.ts';
import { type Deadline, unwatch, watch } from './deadlines.ts';
import { routeOf } from './outgoing.ts';
import { withoutKeys } from './secrets.ts';
import { speak } from './speak.ts';
import { readUsage } from './usage.ts';
import type { Refused, Spoken } from './wire.ts';

/** `answerMaxBytes`: largest answer that is taken, as it comes over the wire. */
export interface CompleteLimits extends ConnectionLimits {
  answerMaxBytes: number;
}

/** `complete` with the default limits of the settings. */
export const complete: Complete = completeWithin({
  answerMaxBytes: 256 * 1024 * 1024,
  keepAliveMs: 30_000,
  connectTimeoutMs: 10_000,
});

/** A {@link Complete} with limits of one's own. Its promise rejects with EngineFailure, or with the signal's reason. */
export function completeWithin(limits: CompleteLimits): Complete {
  return (endpoint, request) => {
    if (request.signal.aborted) return Promise.reject(request.signal.reason);
    const spoken = speak(endpoint, request);
    if (!('form' in spoken)) return Promise.resolve(refusal(spoken));
    return new Promise((resolve, reject) => ask({ endpoint, request, spoken, limits }, resolve, reject));
  };
}

interface Asked {
  endpoint: EngineEndpoint;
  request: EngineRequest;
  spoken: Spoken;
  limits: CompleteLimits;
}

/** One request on its way. Whatever comes first, its answer, a failure, the deadline or an abort, settles it. */
interface Call {
  started: number;
  settled: boolean;
  controller: Dispatcher.DispatchController | null;
  resolve(answer: EngineAnswer): void;
  /** Rejects without ending the exchange. */
  fail(reason: unknown): void;
  /** Rejects and ends the exchange. */
  giveUp(reason: unknown): void;
}

function ask(asked: Asked, resolve: (answer: EngineAnswer) => void, reject: (reason: unknown) => void): void {
  const { endpoint, request, spoken } = asked;
  const route = routeOf(endpoint);
  const connections = connectionsTo(route.origin, asked.limits);
  const aborts = abortsOf(request.signal);
  const settle = (): boolean => {
    if (call.settled) return false;
    call.settled = true;
    connections.inFlight--;
    connections.usedAt = performance.now();
    unwatch(deadline);
    aborts.delete(onAbort);
    return true;
  };
  const call: Call = {
    started: performance.now(),
    settled: false,
    controller: null,
    resolve(answer) {
      if (settle()) resolve(answer);
    },
    fail(reason) {
      if (settle()) reject(reason instanceof EngineFailure ? cleaned(endpoint, reason) : reason);
    },
    giveUp(reason) {
      call.fail(reason);
      call.controller?.abort(reason instanceof Error ? reason : new Error(String(reason)));
    },
  };
  const onAbort = (): void => call.giveUp(request.signal.reason);
  const deadline: Deadline = {
    at: call.started + request.timeoutMs,
    expire: () => call.giveUp(new EngineFailure('timeout', `no complete answer in ${request.timeoutMs} ms`)),
  };
  connections.inFlight++;
  watch(deadline);
  aborts.add(onAbort);
  connections.pool.dispatch(
    {
      path: route.prefix + spoken.path,
      method: 'POST',
      headers: route.headers,
      body: spoken.body,
      // llama-server closes the connection after each streamed answer without saying so: a row sent on it in that
      // moment would be lost. A new connection on loopback costs nothing beside a generation.
      reset: endpoint.engine === 'llama-server',
    },
    exchange(asked, call),
  );
}

const abortsBySignal = new WeakMap<AbortSignal, Set<() => void>>();

/** What is called when `signal` aborts: one listener serves all rows of a batch, since adding and removing one is slow. */
function abortsOf(signal: AbortSignal): Set<() => void> {
  let calls = abortsBySignal.get(signal);
  if (calls === undefined) {
    const added = new Set<() => void>();
    calls = added;
    abortsBySignal.set(signal, added);
    const all = () => {
      for (const call of added) call();
    };
    signal.addEventListener('abort', all, { once: true });
  }
  return calls;
}

/** What undici calls as the exchange goes on. */
function exchange({ endpoint, request, spoken, limits }: Asked, call: Call): Dispatcher.DispatchHandler {
  const reading = readAnswer(spoken.form, endpoint.modelId);
  let bytes = 0;
  const finish = (): void => {
    try {
      const { status, body: read, requestId, firstTokenAt } = reading.end();
      const body = status < 400 ? read : cleanedBody(endpoint, read);
      const totalMs = performance.now() - call.started;
      const firstTokenMs = firstTokenAt === null ? null : firstTokenAt - call.started;
      call.resolve({ status, requestId, body, usage: readUsage(body), firstTokenMs, totalMs });
    } catch (error) {
      call.fail(error);
    }
  };
  return {
    onRequestStart(controller) {
      call.controller = controller;
      if (call.settled) controller.abort(new Error('given up before it was sent'));
    },
    onResponseStart(_, status, headers) {
      if (status >= 200) reading.begin(status, headers);
    },
    onResponseData(_, chunk) {
      if (call.settled) return;
      bytes += chunk.length;
      request.received?.(chunk.length);
      try {
        if (bytes > limits.answerMaxBytes)
          throw new EngineFailure('bad_answer', `the answer is longer than ${limits.answerMaxBytes} bytes`);
        reading.data(chunk);
      } catch (error) {
        call.giveUp(error);
      }
    },
    onResponseEnd: finish,
    onResponseError(_, error) {
      if (reading.complete()) finish();
      else call.fail(socketFailure(error, call.controller !== null));
    },
  };
}

/** The failure without the engine's key, should the engine have repeated it. */
function cleaned(endpoint: EngineEndpoint, failure: EngineFailure): EngineFailure {
  const message = withoutKeys(endpoint, failure.message);
  if (message === failure.message) return failure;
  const { kind, status, retryAfterMs } = failure;
  return new EngineFailure(kind, message, { status: status ?? undefined, retryAfterMs: retryAfterMs ?? undefined });
}

function cleanedBody(endpoint: EngineEndpoint, body: Record<string, unknown>): Record<string, unknown> {
  return JSON.parse(withoutKeys(endpoint, JSON.stringify(body))) as Record<string, unknown>;
}

/** The body of a 400 in OpenAI's shape for what is not sent at all. */
export function refusalBody({ message, param }: Refused): Record<string, unknown> {
  return { error: { message: `${message}.`, type: 'invalid_request_error', param, code: 'invalid_field' } };
}

function refusal(refused: Refused): EngineAnswer {
  return {
    status: 400,
    requestId: '',
    body: refusalBody(refused),
    usage: { prompt: null, completion: null, cached: null, reasoning: null },
    firstTokenMs: null,
    totalMs: 0,
  };
}
