/** Says in the words of the error table why an engine gave no answer to a single request. */

import { EngineFailure } from '../contracts/engine.ts';
import { AssayError } from '../errors.ts';

/** The table's error for an EngineFailure; anything else is given back as it is. */
export function engineFault(error: unknown, o: { model: string; timeoutMs: number }): unknown {
  if (!(error instanceof EngineFailure)) return error;
  const cause = { cause: error };
  const problem = error.message;
  switch (error.kind) {
    case 'unreachable': {
      const remedy = 'Try again in a moment; GET /readyz tells what is up.';
      return new AssayError('engine_unavailable', { model: o.model, problem, remedy }, cause);
    }
    case 'rate_limited':
      return new AssayError('rate_limited', { attempts: 1 }, cause);
    case 'timeout':
      return new AssayError('request_timeout', { value: o.timeoutMs, attempts: 1 }, cause);
    case 'connection_lost':
      return new AssayError('connection_lost', { attempts: 1, problem }, cause);
    case 'bad_answer':
      return new AssayError('engine_bad_answer', { attempts: 1, problem }, cause);
    case 'engine_error':
      return new AssayError('engine_error', { status: error.status ?? 'nothing', attempts: 1, problem }, cause);
  }
}
