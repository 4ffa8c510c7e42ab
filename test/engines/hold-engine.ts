/** A process that starts the smallest real model, tells the pid of its engine, and holds it until it is killed. */

import { builtInModels } from '../../src/engines/built-in.ts';
import { openHost } from '../../src/engines/host.ts';
import type { ModelRegistry } from '../../src/engines/registry.ts';

const [dataFolder = '', cacheFolder = ''] = process.argv.slice(2);
const quiet = { debug() {}, info() {}, warn() {}, error() {} };
const find = async () => ({ ...builtInModels[0]!, scope: 'shared' as const });
const host = openHost({
  registry: { find } as unknown as ModelRegistry,
  dataFolder,
  cacheFolder,
  maxLoadedModels: 1,
  remoteConcurrency: 1,
  llamaServer: process.env.ASSAY_LLAMA_SERVER ?? null,
  slots: 1,
  contextPerSlot: 512,
  startTimeoutMs: 300_000,
  restartMaxMs: 1000,
  hfToken: null,
  hfEndpoint: 'https://huggingface.co',
  ollamaModels: '/nowhere',
  log: quiet,
});
await host.acquire('local', 'smollm2-135m');
process.stdout.write(`${host.status()[0]?.pid}\n`);
setInterval(() => undefined, 1000);
