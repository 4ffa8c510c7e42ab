/** Starts the supervised engine of a model, llama-server or vLLM, with what it needs fetched first, and gives its endpoint. */

import { join } from 'node:path';
import type { EngineEndpoint } from '../contracts/engine.ts';
import type { Log } from '../contracts/log.ts';
import type { ModelSpec } from '../contracts/models.ts';
import { AssayError } from '../errors.ts';
import type { ChildEngine, ChildOptions } from './child-engine.ts';
import { modelFile } from './download/model-file.ts';
import type { DownloadProgress } from './download/progress.ts';
import { findLlamaServer } from './llama-binary.ts';
import { startLlamaServer } from './llama-server.ts';
import { noteEngine } from './orphans.ts';
import { type RemoteLimits, rateLimitsOf } from './remote.ts';
import { startVllm } from './vllm/serve.ts';

/** Unit: ms for times, tokens for `contextPerSlot`. */
export interface SuperviseOptions extends RemoteLimits {
  dataFolder: string;
  cacheFolder: string;
  llamaServer: string | null;
  slots: number;
  contextPerSlot: number;
  startTimeoutMs: number;
  restartMaxMs: number;
  hfToken: string | null;
  hfEndpoint: string;
  ollamaModels: string;
  log: Log;
}

/** Where an engine is started, and who is told of what is fetched for it. */
export interface StartPlace {
  options: SuperviseOptions;
  signal: AbortSignal;
  /** Told before anything is fetched. */
  onFetch(): void;
  /** Told of a download; null when it has ended. */
  onProgress(progress: DownloadProgress | null): void;
}

/** An engine that runs, and where it is reached. */
export interface Started {
  server: ChildEngine;
  endpoint: EngineEndpoint;
}

/** What the engine of a model is called in messages. */
export const engineWords = (spec: ModelSpec): string => (spec.engine === 'vllm' ? 'vLLM' : spec.engine);

/**
 * Fetches what the engine needs; what it gives starts it, once there is room in memory.
 * @throws AssayError engine_unavailable, engine_not_found, download_failed, …
 */
export async function prepareEngine(
  spec: ModelSpec,
  place: StartPlace,
): Promise<(generation: number) => Promise<Started>> {
  if (spec.engine === 'vllm') return (generation) => startedVllm(spec, { place, generation });
  const files = await fetchNeeded(spec, place);
  return (generation) => startedLlama(spec, files, { place, generation });
}

interface Start {
  place: StartPlace;
  generation: number;
}

interface Files {
  model: string;
  binary: Awaited<ReturnType<typeof findLlamaServer>>;
}

async function fetchNeeded(spec: ModelSpec, place: StartPlace): Promise<Files> {
  const { options, signal, onProgress } = place;
  place.onFetch();
  const shared = { cache: options.cacheFolder, log: options.log, signal };
  try {
    const binary = await findLlamaServer({ ...shared, configured: options.llamaServer, onProgress });
    const { hfEndpoint, hfToken, ollamaModels } = options;
    const model = await modelFile(spec, {
      ...shared,
      hfEndpoint,
      ollamaModels,
      hfToken: hfToken ?? undefined,
      onProgress,
    });
    return { model, binary };
  } finally {
    onProgress(null);
  }
}

async function startedLlama(spec: ModelSpec, files: Files, { place, generation }: Start): Promise<Started> {
  const { options } = place;
  if (spec.embeddings && !files.binary.knows('--embeddings')) {
    const problem = 'the engine there is on this machine has no embeddings';
    const remedy = 'Install llama-server and set ASSAY_LLAMA_SERVER.';
    throw new AssayError('engine_unavailable', { model: spec.id, problem, remedy });
  }
  const server = await noted(spec, place, (child) =>
    startLlamaServer({
      ...child,
      binary: files.binary,
      modelFile: files.model,
      embeddings: spec.embeddings ?? false,
      slots: spec.concurrency ?? options.slots,
      contextPerSlot: spec.context ?? options.contextPerSlot,
    }),
  );
  const { baseUrl, headers, slots, contextTokens } = server;
  // Fewer rows than slots may be faster: what is not stated is searched for among them.
  const search = spec.concurrency === undefined ? { maxConcurrency: slots } : {};
  const reached = { baseUrl, headers, contextTokens, concurrency: slots, ...search, slots, upstreamModel: spec.id };
  return { server, endpoint: { ...described(spec, generation), ...reached } };
}

async function startedVllm(spec: ModelSpec, { place, generation }: Start): Promise<Started> {
  const { remoteConcurrency, remoteConcurrencyMax } = place.options;
  const server = await noted(spec, place, (child) => startVllm(spec, child));
  const { baseUrl, headers, contextTokens, upstreamModel } = server;
  const fixed = spec.concurrency !== undefined;
  const endpoint: EngineEndpoint = {
    ...described(spec, generation),
    baseUrl,
    headers,
    upstreamModel,
    contextTokens: spec.context ?? contextTokens,
    concurrency: spec.concurrency ?? remoteConcurrency,
    ...(fixed ? {} : { maxConcurrency: remoteConcurrencyMax }),
    slots: null,
  };
  return { server, endpoint };
}

const described = (spec: ModelSpec, generation: number) => ({
  modelId: spec.id,
  engine: spec.engine,
  params: spec.params ?? {},
  generation,
  rateLimits: rateLimitsOf(spec),
});

/** Starts with a note of the process, which is removed when the process has ended. */
async function noted<T extends ChildEngine>(
  spec: ModelSpec,
  { options, signal }: StartPlace,
  start: (child: Omit<ChildOptions, 'name'>) => Promise<T>,
): Promise<T> {
  let forget = (): void => undefined;
  try {
    const server = await start({
      modelId: spec.id,
      logFile: join(options.dataFolder, 'logs', 'engines', `${encodeURIComponent(spec.id)}.log`),
      startTimeoutMs: options.startTimeoutMs,
      log: options.log,
      signal,
      onSpawn(pid) {
        forget();
        forget = noteEngine(join(options.dataFolder, 'engines'), spec.id, pid);
      },
    });
    server.ended.then(() => forget());
    return server;
  } catch (error) {
    forget();
    throw error;
  }
}
