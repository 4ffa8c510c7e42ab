/** Looks about once a second at what an engine says of its load, and at its card, while a model runs. */

import type { EngineLoad } from './capacity.ts';
import type { ModelRun } from './run-state.ts';

/** Looks after which what the prefix cache saved is kept, so that little is lost with a worker that is killed. */
const keepEvery = 5;

/**
 * Begins to look, with a first look before any row is sent where the engine tells something. What it gives ends that, after a last look.
 */
export async function watchLoad(run: ModelRun): Promise<() => Promise<void>> {
  const read = run.deps.capacity.load(run.endpoint);
  const { card } = run;
  if (read === null && card === null) return async () => undefined;
  let preemptions: number | null = null;
  let looks = 0;
  let looking: Promise<void> | null = null;

  const take = (load: EngineLoad): void => {
    const crowded = (load.waiting ?? 0) > 0 && (load.kvUsed ?? 0) >= run.deps.limits.kvHighShare;
    if (preemptions !== null && load.preemptions !== null && load.preemptions > preemptions) {
      run.tuner?.trouble();
      run.gate.lower();
    }
    preemptions = load.preemptions;
    run.saved?.sample(load);
    const freed = run.crowded && !crowded;
    run.crowded = crowded;
    if (freed) run.pump();
  };
  const look = async (): Promise<void> => {
    card?.holds(run.admission.tokensInFlight());
    const load = (await read?.().catch(() => null)) ?? null;
    if (load !== null) take(load);
    // An engine that says nothing must not be waited for.
    else run.crowded = false;
    if (++looks % keepEvery === 0) await keep(run);
  };
  const turn = (): void => {
    looking ??= look().finally(() => (looking = null));
  };

  await look();
  const timer = setInterval(turn, run.deps.limits.loadMs);
  return async () => {
    clearInterval(timer);
    await looking;
    await look();
    await keep(run);
  };
}

async function keep(run: ModelRun): Promise<void> {
  await run.saved?.flush().catch((error: Error) => {
    run.deps.log.debug({ problem: error.message }, 'what the prefix cache saved could not be kept');
  });
}
