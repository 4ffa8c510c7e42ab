/** What follows when the one cache of an engine overflowed and failed several rows at once. */

import type { WorkRow } from './leases.ts';
import { openRecalls, Recalled } from './recalls.ts';
import type { ModelRun } from './run-state.ts';

/**
 * Lets fewer tokens in from now on. The first overflow tells that the rows share a cache: its size is asked for, and rows
 * that were sent without regard to it are taken back, since each that waits in the engine would bring the next overflow.
 * True when the row was alone in the cache and is to blame itself.
 */
export function overflowed(run: ModelRun, row: WorkRow): boolean {
  const own = run.admission.overflowed(row);
  const { capacity, log } = run.deps;
  const { endpoint } = run;
  if (capacity.sharedTokens(endpoint) !== null) return own;
  run.gate.lower();
  if (run.learning) return own;
  run.learning = true;
  void capacity
    .learnShared(endpoint)
    .catch(() => null)
    .then((tokens) => {
      run.learning = false;
      if (tokens !== null) {
        log.info({ model: endpoint.modelId, tokens }, 'the engine has one cache for all rows: let in by their tokens');
        recall(run);
      }
      run.pump();
    });
  return own;
}

function recall(run: ModelRun): void {
  const { recalls } = run;
  run.recalls = openRecalls();
  recalls.controller.abort(new Recalled('let in again by its tokens'));
}
