/** The settings of the batch server: addresses, files, batches, work, engines, commands, database. */

import { homedir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { usualAddresses } from '../engines/provider-models.ts';
import { address, flag, int, MB, type Setting, setting, text } from './setting.ts';

/** The settings of server, batches, engines, commands and database, in the order of the reference page. */
export const serverSettings = {
  host: setting(
    z.string().min(1).default('127.0.0.1'),
    'address',
    'Address the server listens on. Anything but loopback needs API keys or JWT.',
  ),
  port: setting(int(4080, 0, 65535), 'port', 'Port the server listens on; 0 takes a free one.'),
  data: setting(
    z.string().min(1).default('./assay-data'),
    'folder',
    'Folder of everything Assay keeps: database, files, models, engines, logs.',
  ),
  cache: setting(
    z
      .string()
      .min(1)
      .default(join(homedir(), '.cache', 'assay')),
    'folder',
    'Folder of downloads (models, engines) that several data folders share.',
  ),
  database_url: {
    ...setting(text(), 'URL', 'A PostgreSQL 15 or newer to use instead of the embedded one.'),
    env: 'DATABASE_URL',
    secret: true,
  },
  models: setting(text(), 'file', 'models.yaml with further models.'),
  prices_file: setting(
    text(),
    'file',
    'YAML file with the prices of models that state none, in place of the table that comes with Assay (src/engines/prices.yaml).',
  ),
  openai_base_url: setting(address(usualAddresses.openai), 'URL', 'Where models named openai/NAME are asked.'),
  anthropic_base_url: setting(address(usualAddresses.anthropic), 'URL', 'Where models named anthropic/NAME are asked.'),
  hf_base_url: setting(address(usualAddresses.hf), 'URL', 'Where models named hf/OWNER/NAME are asked.'),
  log_level: setting(
    z.enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace']).default('info'),
    'level',
    'Least severe log level that is written.',
  ),
  open_browser: setting(flag(false), 'yes/no', 'Open the server address in a browser after start.'),
  jwt_secret: {
    ...setting(
      z.string().min(32, 'at least 32 characters').optional(),
      'text',
      'Secret of HS256 tokens taken as Bearer.',
    ),
    secret: true,
  },
  jwks_url: setting(
    z.url().optional(),
    'URL',
    'Address of the key set whose RS256, ES256 or EdDSA tokens are taken as Bearer.',
  ),
  jwt_issuer: setting(text(), 'text', 'Issuer that tokens must name, when set.'),
  jwt_audience: setting(text(), 'text', 'Audience that tokens must name, when set.'),

  file_max_bytes: setting(int(512 * MB, 1), 'bytes', 'Largest single file upload.'),
  upload_max_bytes: setting(int(8192 * MB, 1), 'bytes', 'Largest upload in parts.'),
  upload_part_max_bytes: setting(int(64 * MB, 1), 'bytes', 'Largest part of an upload.'),
  upload_expires_seconds: setting(int(3600, 1), 's', 'How long an unfinished upload in parts is kept.'),
  repeat_window_seconds: setting(
    int(86_400, 1),
    's',
    'How long an Idempotency-Key, or the body of a POST that a client may send again, is remembered.',
  ),

  body_max_bytes: setting(int(32 * MB, 1024), 'bytes', 'Largest JSON body of a request.'),
  events_poll_ms: setting(int(500, 10), 'ms', 'How often a batch is looked at for the clients of its event stream.'),
  events_heartbeat_ms: setting(
    int(15_000, 100),
    'ms',
    'How often an event stream without news sends a comment, so that proxies keep it open.',
  ),
  close_grace_ms: setting(int(3000, 0), 'ms', 'How long running requests may go on when the server is told to stop.'),

  batch_max_requests: setting(int(50_000, 1, 5_000_000), 'rows', 'Most requests in a batch.'),
  batch_max_bytes: setting(int(200 * MB, 1), 'bytes', 'Largest input file of a batch.'),
  line_max_bytes: setting(int(32 * MB, 1024), 'bytes', 'Longest line of an input file.'),
  sweep_ms: setting(int(1000, 10), 'ms', 'How often expiry, cancelling and finished batches are looked after.'),

  dedupe: setting(
    flag(true),
    'yes/no',
    'Identical rows of a batch that an engine answers alike each time (temperature 0, embeddings) are asked once.',
  ),
  context_answer_tokens: setting(
    int(512, 1),
    'tokens',
    'Tokens that the answer of a request without max_tokens is thought to need: kept free where a batch has its prompts trimmed (a quarter of the context at most), and where requests share a cache until answers have shown their length.',
  ),
  chunk_seconds: setting(
    z.coerce.number().positive().default(5),
    's',
    'Work that one chunk should hold, by the measured speed of its model.',
  ),
  chunk_min_rows: setting(int(16, 1), 'rows', 'Smallest chunk.'),
  chunk_max_rows: setting(int(1000, 1), 'rows', 'Largest chunk.'),
  chunk_max_chars: setting(
    int(4_000_000, 1),
    'characters',
    'Prompt in one chunk at most, unless a single row has more.',
  ),
  heartbeat_seconds: setting(int(10, 10), 's', 'A chunk whose worker is silent for this long goes to another worker.'),
  land_rows: setting(int(500, 1), 'rows', 'Results that are committed together at most.'),
  land_ms: setting(int(10, 0), 'ms', 'Longest wait before results are committed.'),
  max_attempts: setting(
    int(5, 1),
    'attempts',
    'How often a row is tried when it fails in a way that may pass (5xx, time-out, broken answer).',
  ),
  rate_limit_max_attempts: setting(int(50, 1), 'attempts', 'How often a row may be answered 429 before it fails.'),
  retry_base_ms: setting(int(500, 1), 'ms', 'First wait before a row is tried again; doubles each time, with jitter.'),
  retry_max_ms: setting(
    int(60_000, 1),
    'ms',
    'Longest wait before a row is tried again, unless Retry-After asks for more.',
  ),
  request_timeout_ms: setting(int(600_000, 1), 'ms', 'Longest time for one answer of an engine.'),
  breaker_probe_ms: setting(int(1000, 10), 'ms', 'How often an engine that is down is asked whether it is back.'),
  answer_max_bytes: setting(int(256 * MB, 1024), 'bytes', 'Largest answer of an engine that is taken.'),
  engine_keep_alive_ms: setting(int(30_000, 1), 'ms', 'How long an idle connection to an engine is kept.'),
  engine_connect_timeout_ms: setting(int(10_000, 1), 'ms', 'Longest time to connect to an engine.'),
  worker_poll_ms: setting(
    int(250, 10),
    'ms',
    'How often a worker looks for models with work (a fourth as often while it runs one); for batches that have ended, half as often.',
  ),
  share_seconds: setting(
    z.coerce.number().positive().default(2),
    's',
    'How long a worker idles, and how much work has to wait with another, before that one hands rows over.',
  ),
  local_worker: setting(flag(true), 'yes/no', 'Whether assay start runs a worker of its own beside the server.'),
  roster_ms: setting(
    int(1000, 100),
    'ms',
    'How often a worker writes into the database what it does, and a server reads there what the workers do.',
  ),
  drain_seconds: setting(
    int(30, 0),
    's',
    'How long assay worker waits for its rows in flight when it is told to stop (SIGTERM).',
  ),
  worker_health_port: setting(
    z.coerce.number().int().min(0).max(65535).optional(),
    'port',
    'Port on which assay worker answers GET /healthz, on the address of host; 0 takes a free one.',
  ),
  worker_report_ms: setting(int(500, 10), 'ms', 'How often a worker tells its server what it does.'),
  remote_concurrency: setting(
    int(64, 1),
    'rows',
    'Rows in flight, to begin with, for a remote model that states no concurrency; the best number is then found.',
  ),
  remote_concurrency_max: setting(
    int(512, 1),
    'rows',
    'Rows in flight at most for a remote model that states no concurrency.',
  ),
  tune_window_ms: setting(
    int(2000, 100),
    'ms',
    'Shortest time over which the speed at a number of rows in flight is measured.',
  ),
  tune_hold_ms: setting(
    int(60_000, 1000),
    'ms',
    'How long a number of rows in flight that was found best is kept before its neighbours are tried again.',
  ),
  kv_high_share: setting(
    z.coerce.number().min(0.1).max(1).default(0.95),
    'share',
    'Share of its KV cache in use from which on a vLLM in which requests wait gets no more.',
  ),
  engine_load_ms: setting(
    int(1000, 100),
    'ms',
    'How often a running vLLM is asked for its load, and the memory of its card is learned from.',
  ),
  max_loaded_models: setting(int(1, 1), 'models', 'Supervised models loaded at one time.'),

  llama_server: setting(
    text(),
    'path',
    'llama-server to use instead of the one found on PATH or fetched; node-llama-cpp takes the one of that npm package.',
  ),
  llama_slots: setting(
    int(4, 1, 256),
    'slots',
    'Requests a supervised llama-server works on at once, unless the model states concurrency: the most rows in flight, among which the best number is found. Each takes the memory of its context.',
  ),
  llama_context: setting(int(4096, 256), 'tokens', 'Context of each slot, unless the model states context.'),
  llama_start_timeout_ms: setting(int(180_000, 1000), 'ms', 'Longest time for an engine to load its model.'),
  engine_restart_max_ms: setting(
    int(30_000, 100),
    'ms',
    'Longest wait before a died engine or worker is started again.',
  ),
  hf_token: {
    ...setting(text(), 'text', 'Token for models of the Hugging Face hub that need one.'),
    env: 'HF_TOKEN',
    secret: true,
  },
  ollama_models: {
    ...setting(
      z
        .string()
        .min(1)
        .default(join(homedir(), '.ollama', 'models')),
      'folder',
      'Where Ollama keeps its models, for sources ollama:NAME.',
    ),
    env: 'OLLAMA_MODELS',
  },
  hf_endpoint: {
    ...setting(z.url().default('https://huggingface.co'), 'URL', 'Address of the Hugging Face hub or a mirror.'),
    env: 'HF_ENDPOINT',
  },

  nvidia_smi: setting(text(), 'path', 'nvidia-smi to watch NVIDIA cards with, instead of the one found on PATH.'),
  rocm_smi: setting(text(), 'path', 'rocm-smi to watch AMD cards with, instead of the one found on PATH.'),
  gpu_sample_ms: setting(int(1000, 100), 'ms', 'How often the memory of GPUs is read.'),
  gpu_silent_ms: setting(
    int(15_000, 1000),
    'ms',
    'A tool that tells nothing of its GPUs for this long is started again, and its figures no longer count.',
  ),
  gpu_warning_share: setting(
    z.coerce.number().min(0.1).max(1).default(0.875),
    'share',
    'Share of a GPU’s memory in use from which on fewer requests are let in; 1 never does.',
  ),
  gpu_ceiling_share: setting(
    z.coerce.number().min(0.1).max(1).default(0.9),
    'share',
    'Share of the tokens in flight seen to fit on a GPU that is the ceiling of a model there, once the GPU was full.',
  ),

  connect_timeout_ms: setting(
    int(2000, 10),
    'ms',
    'How long a command waits for an answer before it takes a server to be gone.',
  ),
  ready_timeout_ms: setting(int(180_000, 100), 'ms', 'Longest time a command waits for a server to be ready.'),
  poll_ms: setting(int(500, 20), 'ms', 'How often a command asks the server how a batch stands.'),
  progress_line_seconds: setting(int(10, 1), 's', 'How often progress is written where there is no terminal.'),
  demo_rows: setting(int(16, 1), 'rows', 'Rows that the demo of the first start runs through each model.'),
  demo_max_tokens: setting(int(90, 1), 'tokens', 'Longest answer in the demo.'),

  postgres_shared_buffers_mb: setting(int(128, 16), 'MB', 'shared_buffers of the embedded PostgreSQL.'),
  postgres_start_timeout_ms: setting(
    int(60_000, 1000),
    'ms',
    'Longest time for the embedded PostgreSQL to start or recover.',
  ),
  database_pool: setting(int(10, 2), 'connections', 'Connections a process holds to the database at most.'),
} satisfies Record<string, Setting<z.ZodType>>;
