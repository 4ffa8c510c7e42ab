/** The event stream of one batch: its state and metrics whenever they changed, a comment now and then, an end. */

import { setTimeout as sleep } from 'node:timers/promises';
import { type Batch, type BatchMetrics, finalStatuses } from '../contracts/openai-batch.ts';
import { AssayError } from '../errors.ts';
import type { BatchRoom, HttpLimits } from './deps.ts';

export interface Watched {
  batches: Pick<BatchRoom, 'get' | 'metrics'>;
  userId: string;
  id: string;
  limits: Pick<HttpLimits, 'eventsPollMs' | 'eventsHeartbeatMs'>;
  /** Ends the stream. */
  closing: AbortSignal;
}

/** Yields events in the text/event-stream format; ends after a final state, or when the server closes. */
export async function* batchEvents(o: Watched): AsyncGenerator<string> {
  let event = 0;
  let told = '';
  let toldAt = performance.now();
  while (!o.closing.aborted) {
    const state = await look(o);
    const now = performance.now();
    const news = state === null ? told : newsOf(state.batch, state.metrics);
    if (state !== null && news !== told) {
      event += 1;
      yield `id: ${event}\nevent: batch\ndata: ${JSON.stringify(state)}\n\n`;
      told = news;
      toldAt = now;
    } else if (now - toldAt >= o.limits.eventsHeartbeatMs) {
      yield ': still here\n\n';
      toldAt = now;
    }
    if (state !== null && finalStatuses.includes(state.batch.status)) {
      yield 'event: end\ndata: {}\n\n';
      return;
    }
    await sleep(o.limits.eventsPollMs, undefined, { signal: o.closing }).catch(() => {});
  }
}

/** Null while the database is away: the stream stays, as the batch does. */
async function look(o: Watched): Promise<{ batch: Batch; metrics: BatchMetrics } | null> {
  try {
    const [batch, metrics] = await Promise.all([o.batches.get(o.userId, o.id), o.batches.metrics(o.userId, o.id)]);
    return { batch, metrics };
  } catch (error) {
    if (error instanceof AssayError && error.code === 'database_unavailable') return null;
    throw error;
  }
}

/** What makes a change; run time, speed and time left move by themselves and are no news. */
function newsOf(batch: Batch, metrics: BatchMetrics): string {
  const { run_seconds: _run, eta_seconds: _eta, rate: _rate, gpu: _gpu, ...rest } = metrics;
  return JSON.stringify([batch, rest]);
}
