/** What crosses between the scheduler and an engine: where an engine is reached, what is asked of it, what it answers. */

/** The engine endpoints a batch may name, each also the url of its lines. */
export const batchEndpoints = ['/v1/chat/completions', '/v1/completions', '/v1/embeddings', '/v1/responses'] as const;
export type BatchEndpoint = (typeof batchEndpoints)[number];

/** What an engine speaks: OpenAI's language but for `ollama` and `anthropic`, which speak their own. */
export type EngineKind = 'llama-server' | 'vllm' | 'ollama' | 'openai' | 'anthropic';

/** What a service allows; null where it states nothing. */
export interface RateLimits {
  requestsPerMinute: number | null;
  tokensPerMinute: number | null;
}

/** A running engine that serves one model. */
export interface EngineEndpoint {
  /** Model id as batches name it. */
  modelId: string;
  engine: EngineKind;
  /** Address up to and without the "/v1/…" of an endpoint, and without a slash at its end. */
  baseUrl: string;
  /** Model name the engine expects in the body. */
  upstreamModel: string;
  /** Headers of every request (Authorization, …). */
  headers: Record<string, string>;
  /** Rows in flight to begin with. */
  concurrency: number;
  /** Rows in flight at most, where the best number is to be found; absent where it is fixed. */
  maxConcurrency?: number;
  /** Slots with a cache of their own, each a lane (`id_slot`); null where lanes mean nothing. */
  slots: number | null;
  /** Tokens one request may hold (prompt and completion); null where unknown. */
  contextTokens: number | null;
  /** Body fields used where the request does not state them (temperature, …). */
  params: Record<string, unknown>;
  /** Rises each time a supervised engine is started; 0 for a remote one. */
  generation: number;
  /** Requests and tokens a minute at most; absent or null where nothing is stated. */
  rateLimits?: RateLimits | null;
}

export interface EngineRequest {
  path: BatchEndpoint;
  /** The row's body as it came. */
  body: Record<string, unknown>;
  /** Slot to pin the request to; null for any. */
  lane: number | null;
  timeoutMs: number;
  signal: AbortSignal;
  /** Told of each piece of the answer as it comes, in bytes. */
  received?(bytes: number): void;
}

/** Token counts of one answer; null where the engine does not say. */
export interface TokenUsage {
  prompt: number | null;
  completion: number | null;
  cached: number | null;
  reasoning: number | null;
}

/** A final answer: 2xx, or a 4xx that trying again cannot mend. */
export interface EngineAnswer {
  status: number;
  requestId: string;
  /** The whole (never a streamed) object in OpenAI's shape; {error: …} for a 4xx. */
  body: Record<string, unknown>;
  usage: TokenUsage;
  firstTokenMs: number | null;
  totalMs: number;
}

/**
 * Why an engine gave no final answer.
 * - unreachable: nothing was sent or read (refused, no route, 503): the row is not to blame
 * - rate_limited: 429 (also 529), `retryAfterMs` when the engine said
 * - engine_error: another 5xx, 408 or 409
 * - timeout: no complete answer in time
 * - connection_lost: the connection broke after the request was sent
 * - bad_answer: an answer that cannot be read (not JSON, cut off, no end)
 * - overflowed: the cache that all requests of the engine share was full; it fails those in it together, whichever grew
 */
export type FailureKind =
  | 'unreachable'
  | 'rate_limited'
  | 'engine_error'
  | 'timeout'
  | 'connection_lost'
  | 'bad_answer'
  | 'overflowed';

/** Thrown by `complete` when no final answer came; aborts are thrown as the signal's reason instead. */
export class EngineFailure extends Error {
  readonly kind: FailureKind;
  readonly status: number | null;
  readonly retryAfterMs: number | null;

  constructor(
    kind: FailureKind,
    message: string,
    more: { status?: number; retryAfterMs?: number; cause?: unknown } = {},
  ) {
    super(message, { cause: more.cause });
    this.name = 'EngineFailure';
    this.kind = kind;
    this.status = more.status ?? null;
    this.retryAfterMs = more.retryAfterMs ?? null;
  }
}

/** Asks the engine at `endpoint`, streaming, and gives the answer put together. Throws {@link EngineFailure}. */
export type Complete = (endpoint: EngineEndpoint, request: EngineRequest) => Promise<EngineAnswer>;
