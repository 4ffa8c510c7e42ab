/** What an engine says of its load: requests, KV cache, prefix cache, VRAM, in one shape for all engines. */

import type { EngineEndpoint } from '../contracts/engine.ts';
import { askSmall } from './ask-small.ts';
import { isObject } from './json.ts';
import { readSamples, type Samples } from './prometheus.ts';

/** Each null where the engine does not say. */
export interface EngineGauge {
  /** Requests worked on, and requests that wait for a place. */
  running: number | null;
  waiting: number | null;
  /** Share of the KV cache in use, 0 to 1. */
  kvUsed: number | null;
  /** Prompt tokens looked up in the prefix cache since the start, and those found there. */
  prefixQueries: number | null;
  prefixHits: number | null;
  /** Requests put back for want of KV cache since the start. */
  preemptions: number | null;
  /** Size of the loaded model, and how much of it is in VRAM. */
  modelBytes: number | null;
  vramBytes: number | null;
  /** Tokens one request may hold, as loaded. */
  context: number | null;
}

const nothing: EngineGauge = {
  running: null,
  waiting: null,
  kvUsed: null,
  prefixQueries: null,
  prefixHits: null,
  preemptions: null,
  modelBytes: null,
  vramBytes: null,
  context: null,
};

/** Asks the engine at `endpoint`; null when it does not answer, or is of a kind that says nothing of its load. */
export async function gaugeOf(endpoint: EngineEndpoint): Promise<EngineGauge | null> {
  const read = readers[endpoint.engine];
  if (read === undefined) return null;
  try {
    const { status, text } = await askSmall(endpoint, read.path);
    return status === 200 ? { ...nothing, ...read.gauge(text, endpoint) } : null;
  } catch {
    return null;
  }
}

interface Reader {
  path: string;
  gauge(text: string, endpoint: EngineEndpoint): Partial<EngineGauge>;
}

const readers: Partial<Record<EngineEndpoint['engine'], Reader>> = {
  vllm: { path: '/metrics', gauge: (text) => vllmGauge(readSamples(text)) },
  'llama-server': { path: '/metrics', gauge: (text) => llamaGauge(readSamples(text)) },
  ollama: { path: '/api/ps', gauge: (text, { upstreamModel }) => ollamaGauge(text, upstreamModel) },
};

/** Names as in vllm/v1/metrics/loggers.py, with those they had before 0.9; one sample for each engine of a server. */
function vllmGauge(samples: Samples): Partial<EngineGauge> {
  return {
    running: samples.sum('vllm:num_requests_running'),
    waiting: samples.sum('vllm:num_requests_waiting'),
    kvUsed: samples.max('vllm:kv_cache_usage_perc') ?? samples.max('vllm:gpu_cache_usage_perc'),
    prefixQueries: samples.sum('vllm:prefix_cache_queries_total') ?? samples.sum('vllm:gpu_prefix_cache_queries_total'),
    prefixHits: samples.sum('vllm:prefix_cache_hits_total') ?? samples.sum('vllm:gpu_prefix_cache_hits_total'),
    preemptions: samples.sum('vllm:num_preemptions_total'),
  };
}

/** Names as in llama.cpp tools/server/README.md; it has no gauge of its KV cache. */
function llamaGauge(samples: Samples): Partial<EngineGauge> {
  return {
    running: samples.sum('llamacpp:requests_processing'),
    waiting: samples.sum('llamacpp:requests_deferred'),
  };
}

/** GET /api/ps (docs/api.md, "List Running Models"); a model without a tag is its `latest`. */
function ollamaGauge(text: string, model: string): Partial<EngineGauge> {
  const body: unknown = JSON.parse(text);
  const models = isObject(body) && Array.isArray(body.models) ? body.models.filter(isObject) : [];
  const tagged = model.includes(':') ? model : `${model}:latest`;
  const found = models.find((one) => one.name === tagged || one.model === tagged);
  const count = (value: unknown): number | null => (typeof value === 'number' ? value : null);
  return {
    modelBytes: count(found?.size),
    vramBytes: count(found?.size_vram),
    context: count(found?.context_length),
  };
}
