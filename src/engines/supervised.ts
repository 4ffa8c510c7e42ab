/** Keeps the engine of one model running while it is needed: has it started, notices its death, starts it again. */

import { setTimeout as sleep } from 'node:timers/promises';
import type { EngineEndpoint } from '../contracts/engine.ts';
import type { ModelSpec } from '../contracts/models.ts';
import type { ChildEngine } from './child-engine.ts';
import type { DownloadProgress } from './download/progress.ts';
import { engineWords, prepareEngine, type SuperviseOptions } from './start-engine.ts';

/** What a supervised engine is handed by the host. */
export interface Surroundings {
  options: SuperviseOptions;
  /** Aborted when the host stops. */
  signal: AbortSignal;
  nextGeneration(): number;
  /** Waits for, or makes, room in memory. @throws AssayError engine_busy */
  makeRoom(engine: Supervised): Promise<void>;
  died(generation: number, how: string): void;
}

export type SupervisedState = 'absent' | 'downloading' | 'starting' | 'ready' | 'restarting' | 'failed';

export interface Supervised {
  spec: ModelSpec;
  /** Those who hold it now. */
  holders: number;
  usedAt: number;
  /** Whether it takes one of the places for loaded models. */
  loaded: boolean;
  state: SupervisedState;
  progress: DownloadProgress | null;
  lastError: string | null;
  server: ChildEngine | null;
  /** The endpoint, started first where it does not run. */
  ready(): Promise<EngineEndpoint>;
  stop(): Promise<void>;
}

/** An engine that ran this long before it died is started again at once. */
const STEADY_MS = 60_000;
const FIRST_WAIT_MS = 250;

/** One engine from its start to its end. `stopped` when it was ended on purpose. */
interface Run {
  server: ChildEngine;
  endpoint: EngineEndpoint;
  since: number;
  stopped: boolean;
}

interface Inner extends Supervised {
  run: Run | null;
  /** Failures in a row, and when the next start may come (performance.now()). */
  failures: number;
  notBefore: number;
}

/** The supervised engine of a model; nothing is started before {@link Supervised.ready}. */
export function supervise(spec: ModelSpec, around: Surroundings): Supervised {
  let starting: Promise<EngineEndpoint> | null = null;
  let ending: Promise<void> | null = null;
  const engine: Inner = {
    spec,
    holders: 0,
    usedAt: performance.now(),
    loaded: false,
    state: 'absent',
    progress: null,
    lastError: null,
    server: null,
    run: null,
    failures: 0,
    notBefore: 0,
    ready() {
      if (engine.run !== null) return Promise.resolve(engine.run.endpoint);
      starting ??= (ending ?? Promise.resolve())
        .then(() => start(engine, around))
        .finally(() => {
          starting = null;
        });
      return starting;
    },
    stop() {
      ending ??= stop(engine, starting).finally(() => {
        ending = null;
      });
      return ending;
    },
  };
  return engine;
}

async function stop(engine: Inner, starting: Promise<unknown> | null): Promise<void> {
  if (engine.run === null) await starting?.catch(() => undefined);
  const { run } = engine;
  if (run !== null) {
    run.stopped = true;
    engine.run = null;
    engine.server = null;
    await run.server.stop();
  }
  engine.state = 'absent';
  engine.loaded = false;
}

async function start(engine: Inner, around: Surroundings): Promise<EngineEndpoint> {
  const restarting = engine.state === 'restarting';
  try {
    await sleep(Math.max(0, engine.notBefore - performance.now()), undefined, { signal: around.signal });
    const startIt = await prepareEngine(engine.spec, { ...around, ...fetching(engine) });
    await around.makeRoom(engine);
    engine.state = restarting ? 'restarting' : 'starting';
    const generation = around.nextGeneration();
    const { server, endpoint } = await startIt(generation);
    const run: Run = { server, endpoint, since: performance.now(), stopped: false };
    engine.run = run;
    engine.server = server;
    engine.state = 'ready';
    engine.lastError = null;
    server.ended.then((how) => {
      if (!run.stopped) onDeath({ engine, around }, run, how);
    });
    return endpoint;
  } catch (error) {
    countFailure(engine, (error as Error).message, around.options.restartMaxMs);
    engine.state = 'failed';
    engine.loaded = false;
    throw error;
  }
}

/** What the fetching of its files shows of an engine. */
const fetching = (engine: Inner) => ({
  onFetch() {
    if (engine.state !== 'restarting') engine.state = 'downloading';
  },
  onProgress(progress: DownloadProgress | null) {
    engine.progress = progress;
  },
});

function onDeath({ engine, around }: { engine: Inner; around: Surroundings }, run: Run, how: string): void {
  const { generation } = run.endpoint;
  engine.run = null;
  engine.server = null;
  around.died(generation, how);
  if (performance.now() - run.since > STEADY_MS) engine.failures = 0;
  countFailure(engine, `${engineWords(engine.spec)} ${how}`, around.options.restartMaxMs);
  around.options.log.warn(
    { model: engine.spec.id, pid: run.server.pid, generation, how },
    `${engineWords(engine.spec)} died`,
  );
  if (engine.holders > 0) {
    engine.state = 'restarting';
    engine.ready().catch(() => undefined);
  } else {
    engine.state = 'failed';
    engine.loaded = false;
  }
}

/** The first failure costs no wait; then it doubles up to `maxMs`. */
function countFailure(engine: Inner, how: string, maxMs: number): void {
  const wait = engine.failures === 0 ? 0 : Math.min(maxMs, FIRST_WAIT_MS * 2 ** (engine.failures - 1));
  engine.lastError = how;
  engine.failures += 1;
  engine.notBefore = performance.now() + wait;
}
