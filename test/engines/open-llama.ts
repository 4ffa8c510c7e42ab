/** A real llama-server with the smallest built-in model, for tests that need one engine and nothing around it. */

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadConfig } from '../../src/config.ts';
import type { EngineEndpoint } from '../../src/contracts/engine.ts';
import { builtInModels } from '../../src/engines/built-in.ts';
import { openHost } from '../../src/engines/host.ts';
import type { ModelRegistry } from '../../src/engines/registry.ts';
import { silentLog } from '../harness/database.ts';

/** Time for a slow machine to start it, in ms. */
export const SLOW = 300_000;

/** Hands the endpoint to `act`, and ends the engine after it. `contextPerSlot` is in tokens. */
export async function withLlama<T>(
  act: (endpoint: EngineEndpoint) => Promise<T>,
  { slots = 1, contextPerSlot = 512 } = {},
): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'assay-llama-'));
  const { config } = loadConfig({ folder });
  const host = openHost({
    registry: { find: async () => ({ ...builtInModels[0]!, scope: 'shared' }) } as unknown as ModelRegistry,
    dataFolder: folder,
    cacheFolder: config.cache,
    maxLoadedModels: 1,
    remoteConcurrency: slots,
    llamaServer: config.llama_server ?? null,
    slots,
    contextPerSlot,
    startTimeoutMs: SLOW,
    restartMaxMs: 1000,
    hfToken: null,
    hfEndpoint: config.hf_endpoint,
    ollamaModels: '/nowhere',
    log: silentLog,
  });
  try {
    return await act(await host.acquire('local', builtInModels[0]!.id));
  } finally {
    await host.stop();
    await rm(folder, { recursive: true, force: true });
  }
}
