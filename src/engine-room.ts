/** Opens the engines of this machine and the gauge of its cards, as the settings say. */

import type { Config } from './config.ts';
import type { Log } from './contracts/log.ts';
import type { Database } from './db/database.ts';
import { type GpuGauge, startGauge } from './engines/gpu/gauge.ts';
import { type EngineHost, openHost } from './engines/host.ts';
import { type ModelRegistry, openRegistry } from './engines/registry.ts';

/** All models, with their prices: the same ones for a server and for workers that have the same settings. */
export function openModels(config: Config, database: Database): ModelRegistry {
  return openRegistry({
    database,
    modelsFile: config.models,
    pricesFile: config.prices_file,
    providers: { openai: config.openai_base_url, anthropic: config.anthropic_base_url, hf: config.hf_base_url },
  });
}

export function openEngines(config: Config, registry: ModelRegistry, log: Log): EngineHost {
  return openHost({
    registry,
    dataFolder: config.data,
    cacheFolder: config.cache,
    maxLoadedModels: config.max_loaded_models,
    remoteConcurrency: config.remote_concurrency,
    remoteConcurrencyMax: config.remote_concurrency_max,
    llamaServer: config.llama_server ?? null,
    slots: config.llama_slots,
    contextPerSlot: config.llama_context,
    startTimeoutMs: config.llama_start_timeout_ms,
    restartMaxMs: config.engine_restart_max_ms,
    hfToken: config.hf_token ?? null,
    hfEndpoint: config.hf_endpoint,
    ollamaModels: config.ollama_models,
    log,
  });
}

/** `running` gives the batches that have requests in flight, whose peaks are noted. */
export function openGauge(config: Config, around: { running(): string[]; log: Log }): GpuGauge {
  return startGauge({
    nvidiaSmi: config.nvidia_smi ?? null,
    rocmSmi: config.rocm_smi ?? null,
    sampleMs: config.gpu_sample_ms,
    silentMs: config.gpu_silent_ms,
    restartMaxMs: config.engine_restart_max_ms,
    warningShare: config.gpu_warning_share,
    ...around,
  });
}
