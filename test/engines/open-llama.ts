/** A real llama-server with a built-in model, the smallest unless said, for tests that need one engine and nothing around it. */

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadConfig } from '../../src/config.ts';
import type { EngineEndpoint } from '../../src/contracts/engine.ts';
import { builtInModels } from '../../src/engines/built-in.ts';
import { startChildEngine } from '../../src/engines/child-engine.ts';
import { modelFile } from '../../src/engines/download/model-file.ts';
import { openHost } from '../../src/engines/host.ts';
import { findLlamaServer } from '../../src/engines/llama-binary.ts';
import type { ModelRegistry } from '../../src/engines/registry.ts';
import { silentLog } from '../harness/database.ts';

/** Time for a slow machine to start it, in ms. */
export const SLOW = 300_000;

/** Hands the endpoint to `act`, and ends the engine after it. `contextPerSlot` is in tokens. */
export async function withLlama<T>(
  act: (endpoint: EngineEndpoint) => Promise<T>,
  { slots = 1, contextPerSlot = 512, model = builtInModels[0]! } = {},
): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'assay-llama-'));
  const { config } = loadConfig({ folder });
  const host = openHost({
    registry: { find: async () => ({ ...model, scope: 'shared' }) } as unknown as ModelRegistry,
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
    return await act(await host.acquire('local', model.id));
  } finally {
    await host.stop();
    await rm(folder, { recursive: true, force: true });
  }
}

/**
 * The same engine as somebody else would start it: four slots that share one cache of `context` tokens. Hands its address
 * to `act`; null, and nothing done, where the llama-server of this machine knows no such cache.
 */
export async function withUnifiedLlama<T>(context: number, act: (baseUrl: string) => Promise<T>): Promise<T | null> {
  const folder = await mkdtemp(join(tmpdir(), 'assay-unified-'));
  const { config } = loadConfig({ folder });
  const shared = { cache: config.cache, log: silentLog, signal: new AbortController().signal };
  const fetched = { ...shared, onProgress: () => undefined };
  const binary = await findLlamaServer({ ...fetched, configured: config.llama_server ?? null });
  if (!binary.knows('--kv-unified')) return null;
  const from = { hfEndpoint: config.hf_endpoint, hfToken: undefined, ollamaModels: '/nowhere' };
  const model = await modelFile(builtInModels[0]!, { ...fetched, ...from });
  const options = { name: 'llama-server', modelId: 'unified', logFile: join(folder, 'engine.log'), ...shared };
  const engine = await startChildEngine({ ...options, startTimeoutMs: SLOW, onSpawn: () => undefined }, (port) => ({
    command: binary.command,
    args: [
      ...binary.args,
      ...['--host', '127.0.0.1', '--port', String(port), '-m', model],
      ...['-c', String(context), '-np', '4', '--kv-unified'],
    ],
    env: binary.env,
    defaults: { GOMP_SPINCOUNT: '3000' },
  }));
  try {
    return await act(engine.baseUrl);
  } finally {
    await engine.stop();
    await rm(folder, { recursive: true, force: true });
  }
}
