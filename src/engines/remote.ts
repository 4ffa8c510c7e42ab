/** The endpoint of a model whose engine runs elsewhere: its address, its key from the environment, its limits. */

import type { EngineEndpoint, RateLimits } from '../contracts/engine.ts';
import type { ModelSpec } from '../contracts/models.ts';
import { anthropicVersion } from './anthropic/request.ts';
import { unavailable } from './child-engine.ts';
import { usualAddresses } from './provider-models.ts';

/** Rows in flight for a model that states none: to begin with, and at most where the best number is to be found. */
export interface RemoteLimits {
  remoteConcurrency: number;
  remoteConcurrencyMax?: number;
}

/** Where a remote model is reached; '' where it has no address. */
export const addressOf = (spec: ModelSpec): string =>
  spec.base_url ?? (spec.engine === 'anthropic' ? usualAddresses.anthropic : '');

/** @throws AssayError engine_unavailable when the variable of its key is not set */
export function remoteEndpoint(spec: ModelSpec, limits: RemoteLimits): EngineEndpoint {
  return {
    modelId: spec.id,
    engine: spec.engine,
    baseUrl: addressOf(spec),
    upstreamModel: spec.model ?? spec.id,
    headers: headersOf(spec),
    concurrency: spec.concurrency ?? limits.remoteConcurrency,
    ...(spec.concurrency === undefined ? { maxConcurrency: limits.remoteConcurrencyMax } : {}),
    slots: null,
    contextTokens: spec.context ?? null,
    params: spec.params ?? {},
    generation: 0,
    rateLimits: rateLimitsOf(spec),
  };
}

/** The limits a model states, or null. */
export function rateLimitsOf({ rate_limits: limits }: ModelSpec): RateLimits | null {
  if (limits === undefined) return null;
  return {
    requestsPerMinute: limits.requests_per_minute ?? null,
    tokensPerMinute: limits.tokens_per_minute ?? null,
  };
}

/** Whether a model needs no key, or has it. */
export const keyIsSet = (spec: ModelSpec): boolean =>
  spec.api_key_env === undefined || (process.env[spec.api_key_env] ?? '').trim() !== '';

/** The headers of every request. @throws AssayError engine_unavailable */
export function headersOf(spec: ModelSpec): Record<string, string> {
  const key = keyOf(spec);
  if (spec.engine !== 'anthropic') return key === null ? {} : { authorization: `Bearer ${key}` };
  return { 'anthropic-version': anthropicVersion, ...(key === null ? {} : { 'x-api-key': key }) };
}

function keyOf(spec: ModelSpec): string | null {
  if (spec.api_key_env === undefined) return null;
  const key = process.env[spec.api_key_env]?.trim();
  if (key !== undefined && key !== '') return key;
  const problem = `the environment variable ${spec.api_key_env}, which should hold its API key, is not set`;
  throw unavailable(spec.id, problem, 'Set it and start the server again.');
}
