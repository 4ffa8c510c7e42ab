/** Gives out the engines of models: starts supervised ones as memory allows, and knows where remote ones are reached. */

import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import type { EngineEndpoint } from '../contracts/engine.ts';
import { AssayError } from '../errors.ts';
import { unavailable } from './child-engine.ts';
import type { DownloadProgress } from './download/progress.ts';
import { endOrphans } from './orphans.ts';
import type { ModelRegistry, RegisteredModel } from './registry.ts';
import { addressOf, remoteEndpoint } from './remote.ts';
import { withoutPassword } from './secrets.ts';
import type { SuperviseOptions } from './start-engine.ts';
import { type Supervised, type SupervisedState, supervise } from './supervised.ts';

/** What GET /admin/models shows of an engine; `user_id` is null for a model that all share. */
export interface EngineStatus {
  id: string;
  user_id: string | null;
  engine: string;
  state: SupervisedState | 'remote';
  pid: number | null;
  base_url: string | null;
  progress: DownloadProgress | null;
  last_error: string | null;
}

export interface EngineHost {
  /**
   * The endpoint of a model, to be given back with `release`. Starts what is needed and waits until it is healthy.
   * @throws AssayError model_not_found, engine_unavailable, engine_not_found, engine_busy, download_failed, …
   */
  acquire(userId: string, modelId: string): Promise<EngineEndpoint>;
  release(userId: string, modelId: string): void;
  /** How the engine of that generation ended; null while it lives, and when it was stopped on purpose. */
  died(modelId: string, generation: number): string | null;
  /** The engines that were asked for since the start. */
  status(): EngineStatus[];
  stop(): Promise<void>;
}

export interface HostOptions extends SuperviseOptions {
  registry: ModelRegistry;
  maxLoadedModels: number;
}

/** Deaths remembered for `died`; each row in flight asks once, soon after. */
const DEATHS_KEPT = 1000;

/** Ends what an earlier server left running; starts nothing before the first `acquire`. */
export function openHost(options: HostOptions): EngineHost {
  endOrphans(join(options.dataFolder, 'engines'), options.log);
  const engines = new Map<string, Supervised>();
  const remotes = new Map<string, RegisteredModel>();
  const deaths = new Map<number, string>();
  const stopping = new AbortController();
  let generation = 0;

  const around = {
    options,
    signal: stopping.signal,
    nextGeneration: () => ++generation,
    makeRoom: (engine: Supervised) => makeRoom([...engines.values()], engine, options.maxLoadedModels),
    died(ended: number, how: string) {
      deaths.set(ended, how);
      if (deaths.size > DEATHS_KEPT) deaths.delete(deaths.keys().next().value!);
    },
  };

  const supervised = (userId: string, spec: RegisteredModel): Supervised => {
    const key = keyOf(userId, spec);
    let engine = engines.get(key);
    if (engine !== undefined && engine.holders === 0 && !isDeepStrictEqual(engine.spec, spec)) {
      // Removed and added anew with other values: the engine of the old ones is of no use.
      void engine.stop();
      engine = undefined;
    }
    if (engine === undefined) {
      engine = supervise(spec, around);
      engines.set(key, engine);
    }
    return engine;
  };

  return {
    async acquire(userId, modelId) {
      stopping.signal.throwIfAborted();
      const spec = await options.registry.find(userId, modelId);
      if (spec.engine !== 'llama-server' && spec.command === undefined) {
        const endpoint = remoteEndpoint(spec, options);
        remotes.set(keyOf(userId, spec), spec);
        return endpoint;
      }
      const engine = supervised(userId, spec);
      engine.holders += 1;
      try {
        return await engine.ready();
      } catch (error) {
        engine.holders -= 1;
        throw toUserError(modelId, error);
      }
    },
    release(userId, modelId) {
      const engine = engines.get(`${userId}/${modelId}`) ?? engines.get(`/${modelId}`);
      if (engine === undefined || engine.holders === 0) return;
      engine.holders -= 1;
      engine.usedAt = performance.now();
    },
    died: (_, ended) => deaths.get(ended) ?? null,
    status: () => [
      ...[...engines].map(([key, engine]) => supervisedStatus(key, engine)),
      ...[...remotes].map(([key, spec]) => remoteStatus(key, spec)),
    ],
    async stop() {
      stopping.abort(new Error('the server is stopping'));
      await Promise.all([...engines.values()].map((engine) => engine.stop()));
    },
  };
}

/** A shared model's engine serves all users; a user's own model of the same name is another one. */
const keyOf = (userId: string, spec: RegisteredModel): string => `${spec.scope === 'shared' ? '' : userId}/${spec.id}`;

/** Chosen without waiting, so that two models never take the same place. */
async function makeRoom(all: Supervised[], engine: Supervised, places: number): Promise<void> {
  if (engine.loaded) return;
  const loaded = all.filter((other) => other.loaded);
  if (loaded.length < places) {
    engine.loaded = true;
    return;
  }
  const idle = loaded.filter((other) => other.holders === 0 && other.server !== null);
  const oldest = idle.sort((a, b) => a.usedAt - b.usedAt)[0];
  if (oldest === undefined) {
    throw new AssayError('engine_busy', { model: engine.spec.id, other: loaded.map((o) => o.spec.id).join(', ') });
  }
  engine.loaded = true;
  oldest.loaded = false;
  await oldest.stop();
}

function toUserError(modelId: string, error: unknown): unknown {
  if (error instanceof AssayError) return error;
  return unavailable(modelId, (error as Error).message, 'See the server’s log.');
}

function supervisedStatus(key: string, engine: Supervised): EngineStatus {
  return {
    id: engine.spec.id,
    user_id: key.startsWith('/') ? null : key.slice(0, key.length - engine.spec.id.length - 1),
    engine: engine.spec.engine,
    state: engine.state,
    pid: engine.server?.pid ?? null,
    base_url: engine.server?.baseUrl ?? null,
    progress: engine.progress,
    last_error: engine.lastError,
  };
}

function remoteStatus(key: string, spec: RegisteredModel): EngineStatus {
  return {
    id: spec.id,
    user_id: key.startsWith('/') ? null : key.slice(0, key.length - spec.id.length - 1),
    engine: spec.engine,
    state: 'remote',
    pid: null,
    base_url: withoutPassword(addressOf(spec)),
    progress: null,
    last_error: null,
  };
}
