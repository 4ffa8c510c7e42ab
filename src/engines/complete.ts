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
import { outgoingBody, refusedBefore, routeOf } from './outgoing.ts';
import { readUsage } from './usage.ts';

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
    const refused = refusedBefore(endpoint, request);
    if (refused !== null) return Promise.resolve(refusal(refused));
    return new Promise((resolve, reject) => ask({ endpoint, request, limits }, resolve, reject));
  };
}

interface Asked {
  endpoint: EngineEndpoint;
  request: EngineRequest;
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
  const { endpoint, request } = asked;
  const route = routeOf(endpoint);
  const body = outgoingBody(endpoint, request);
  const connections = connectionsTo(route.origin, asked.limits);
  const settle = (): boolean => {
    if (call.settled) return false;
    call.settled = true;
    connections.inFlight--;
    connections.usedAt = performance.now();
    unwatch(deadline);
    request.signal.removeEventListener('abort', onAbort);
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
      if (settle()) reject(reason);
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
  request.signal.addEventListener('abort', onAbort);
  connections.pool.dispatch(
    {
      path: route.prefix + request.path,
      method: 'POST',
      headers: route.headers,
      body,
      // llama-server closes the connection after each streamed answer without saying so: a row sent on it in that
      // moment would be lost. A new connection on loopback costs nothing beside a generation.
      reset: endpoint.engine === 'llama-server',
    },
    exchange(asked, call),
  );
}

/** What undici calls as the exchange goes on. */
function exchange({ endpoint, request, limits }: Asked, call: Call): Dispatcher.DispatchHandler {
  const reading = readAnswer(request.path, endpoint.modelId);
  let bytes = 0;
  const finish = (): void => {
    try {
      const { status, body, requestId, firstTokenAt } = reading.end();
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

/** A 400 in OpenAI's shape for a row that is not sent at all. */
function refusal(message: string): EngineAnswer {
  const error = { message: `${message}.`, type: 'invalid_request_error', param: 'messages', code: 'invalid_field' };
  return {
    status: 400,
    requestId: '',
    body: { error },
    usage: { prompt: null, completion: null, cached: null, reasoning: null },
    firstTokenMs: null,
    totalMs: 0,
  };
}
