/** Holds a model's rows back while its engine is down, and asks it until it answers again. */

import type { ModelRun } from './run-state.ts';

/** Closes the gate until the engine answers again. */
export function awaitEngine(run: ModelRun, problem: string): void {
  if (run.gate.reason()?.startsWith(engineDown) === true) return;
  const reason = `${engineDown} (${problem}); rows wait and none is lost`;
  run.gate.close(reason);
  run.deps.log.warn({ model: run.endpoint.modelId, problem }, 'engine down: its rows wait');
  void probe(run);
}

/** How the reason of a gate that is closed for this begins. */
export const engineDown = 'the engine does not answer';

async function probe(run: ModelRun): Promise<void> {
  while (!run.stopped) {
    await new Promise((resolve) => setTimeout(resolve, run.deps.limits.probeMs));
    try {
      if (run.endpoint.generation > 0) {
        run.endpoint = await run.deps.acquire();
        run.deps.release();
      }
      if (await run.deps.health(run.endpoint)) break;
    } catch (error) {
      run.deps.log.debug({ model: run.endpoint.modelId, problem: (error as Error).message }, 'engine still down');
    }
  }
  run.deps.log.info({ model: run.endpoint.modelId }, 'engine answers again');
  run.gate.open();
}
