/** Starts an Assay whose models are one engine at several settings, and reaches that engine for clients that ask it directly. */

import { readdirSync, readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from 'pg';
import type { EngineEndpoint, EngineKind } from '../src/contracts/engine.ts';
import type { ModelSpec } from '../src/contracts/models.ts';
import { builtInModels, testModels } from '../src/engines/built-in.ts';
import { createBatch, uploadInput, waitForBatch } from '../test/harness/batches.ts';
import { databaseOf } from '../test/harness/fleet.ts';
import { type RunningAssay, startAssay } from '../test/harness/server.ts';
import { bodies } from './workload.ts';

/** Flags by which a command is told its engine; `parseArgs` takes them. */
export const engineFlags = {
  /** A built-in model; with --source or --base-url any name. */
  model: { type: 'string', default: 'smollm2-135m' },
  /** Weights for a llama-server that is started (ASSAY_LLAMA_SERVER names another build, one with CUDA say). */
  source: { type: 'string' },
  /** An engine that runs already; it must know the model by --model. */
  'base-url': { type: 'string' },
  /** What answers at --base-url: vllm, llama-server, or openai for another. */
  engine: { type: 'string', default: 'llama-server' },
  /** Tokens of context of a row. */
  context: { type: 'string', default: '4096' },
} as const;

export interface EngineChoice {
  model: string;
  source?: string;
  'base-url'?: string;
  engine: string;
  context: string;
}

/** The engine at one setting. */
export interface Subject {
  /** The id that batches name. */
  model: string;
  /** How a client asks the engine itself; `concurrency` is the setting, or what the engine has by itself. */
  endpoint: EngineEndpoint;
  /** Seconds of processor time the engine has used; null for one that was not started here. */
  cpuSeconds(): number | null;
  /** Seconds its threads were ready to run and had no processor, since others had it; null likewise, and elsewhere than on Linux. */
  waitedSeconds(): number | null;
  /** That which Assay's other processes, its database among them, and this one have used; null elsewhere than on Linux. */
  besideSeconds(): number | null;
}

export interface EngineUnderTest extends AsyncDisposable {
  server: RunningAssay;
  /** The engine with so many rows in flight (slots of a llama-server that is started); null: as Assay has it by itself. */
  use(setting: number | null): Promise<Subject>;
  /** Rows in flight that Assay's search found best for the model of `use(null)`; null where it did not search. */
  found(): Promise<number | null>;
}

const hour = 3_600_000;
const idOf = (setting: number | null): string => (setting === null ? 'tuned' : `fixed-${setting}`);

/** `settings` are the numbers that `use` will be called with; `env` are settings of Assay. */
export async function openEngine(
  choice: EngineChoice,
  settings: number[],
  env: Record<string, string> = {},
): Promise<EngineUnderTest> {
  const folder = await mkdtemp(join(tmpdir(), 'assay-bench-'));
  const file = join(folder, 'models.yaml');
  const models = [null, ...settings].map((setting) => ({
    ...described(choice),
    id: idOf(setting),
    ...(setting === null ? {} : { concurrency: setting }),
  }));
  // JSON is YAML.
  await writeFile(file, JSON.stringify({ models }));
  const binary = process.env.ASSAY_LLAMA_SERVER;
  const server = await startAssay({
    env: {
      ASSAY_MODELS: file,
      ASSAY_LOG_LEVEL: 'warn',
      ...(binary === undefined ? {} : { ASSAY_LLAMA_SERVER: binary }),
      ...env,
    },
  });
  return {
    server,
    async use(setting) {
      await warm(server, idOf(setting));
      const started = choice['base-url'] === undefined;
      const reached = started ? await startedEndpoint(server) : remoteEndpoint(choice, setting ?? 1);
      const { pid } = reached;
      return {
        model: idOf(setting),
        endpoint: { ...reached.endpoint, modelId: idOf(setting) },
        cpuSeconds: () => (pid === null ? null : cpuSecondsOf(pid)),
        waitedSeconds: () => (pid === null || process.platform !== 'linux' ? null : waitedSecondsOf(pid)),
        besideSeconds: () => (process.platform === 'linux' ? besideSecondsOf(server, pid) : null),
      };
    },
    found: () => foundBest(server),
    async [Symbol.asyncDispose]() {
      await server.remove();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

function described(choice: EngineChoice): Omit<ModelSpec, 'id' | 'concurrency'> {
  const context = Number(choice.context);
  if (choice['base-url'] !== undefined) {
    const engine = choice.engine === 'vllm' ? 'vllm' : 'openai';
    return { engine, base_url: choice['base-url'], model: choice.model, context };
  }
  if (choice.source !== undefined) return { engine: 'llama-server', source: choice.source, context };
  const spec = [...builtInModels, ...testModels].find(({ id }) => id === choice.model);
  if (spec === undefined) throw new Error(`${choice.model} is not built in: add --source or --base-url`);
  const { id: _, ...rest } = spec;
  return { ...rest, context };
}

/** A few rows, so that the engine is there and has its weights in memory. */
async function warm(server: RunningAssay, model: string): Promise<void> {
  const lines = bodies(model, { rows: 2, prefixes: 0, maxTokens: 2 }, 0).map((body, i) =>
    JSON.stringify({ custom_id: `warm-${i}`, method: 'POST', url: '/v1/chat/completions', body }),
  );
  const batch = await createBatch(server, await uploadInput(server, `${lines.join('\n')}\n`));
  const { status, request_counts } = await waitForBatch(server, batch.id, hour);
  if (request_counts.completed !== lines.length)
    throw new Error(`${model}: ${status} ${JSON.stringify(request_counts)}`);
}

const plain = { params: {}, generation: 0, contextTokens: null } as const;

/** The llama-server that Assay has started: where it listens, and its key, are told by its process. Linux. */
async function startedEndpoint(server: RunningAssay): Promise<{ endpoint: EngineEndpoint; pid: number }> {
  const pid = server.find('engine').at(-1);
  if (pid === undefined) throw new Error('no engine runs');
  const words = (name: string): string[] => readFileSync(`/proc/${pid}/${name}`, 'utf8').split('\0');
  const command = words('cmdline');
  const key = words('environ').find((entry) => entry.startsWith('LLAMA_API_KEY='))!;
  const headers = { authorization: `Bearer ${key.slice(key.indexOf('=') + 1)}` };
  const baseUrl = `http://127.0.0.1:${command[command.indexOf('--port') + 1]}`;
  const slots = Number(command[command.indexOf('-np') + 1]);
  const upstreamModel = command[command.indexOf('--alias') + 1] ?? '';
  const reached = { baseUrl, headers, upstreamModel, concurrency: slots, slots };
  return { endpoint: { ...plain, modelId: '', engine: 'llama-server', ...reached }, pid };
}

function remoteEndpoint(choice: EngineChoice, inFlight: number): { endpoint: EngineEndpoint; pid: null } {
  const baseUrl = choice['base-url']!.replace(/\/(v1\/?)?$/, '');
  const engine = choice.engine as EngineKind;
  const reached = { baseUrl, headers: {}, upstreamModel: choice.model, concurrency: inFlight, slots: null };
  return { endpoint: { ...plain, modelId: '', engine, ...reached }, pid: null };
}

/** User and system time of a process, from /proc/<pid>/stat (proc(5), fields 14 and 15, in hundredths of a second). */
const cpuSecondsOf = (pid: number): number => times(pid, 11, 13);

/** Of all threads that live, from /proc/<pid>/task/<tid>/schedstat (the kernel's sched-stats: its second number, in nanoseconds). */
function waitedSecondsOf(pid: number): number {
  const threads = readdirSync(`/proc/${pid}/task`);
  const waited = (thread: string) =>
    Number(readFileSync(`/proc/${pid}/task/${thread}/schedstat`, 'utf8').split(' ')[1]);
  return threads.reduce((sum, thread) => sum + waited(thread), 0) / 1e9;
}

/** Of all processes of `server` but its engine, those that have ended too (fields 16 and 17 of their parents), and of this one. */
function besideSecondsOf(server: RunningAssay, engine: number | null): number {
  const { user, system } = process.cpuUsage();
  const pids = [server.pid, ...server.processes().map(({ pid }) => pid)].filter((pid) => pid !== engine);
  return pids.reduce((sum, pid) => sum + times(pid, 11, 15), (user + system) / 1e6);
}

/** The sum of some fields after the name, seconds; 0 for a process that has ended. */
function times(pid: number, from: number, to: number): number {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return fields.slice(from, to).reduce((sum, field) => sum + Number(field), 0) / 100;
  } catch {
    return 0;
  }
}

async function foundBest(server: RunningAssay): Promise<number | null> {
  const client = new Client({ connectionString: await databaseOf(server) });
  await client.connect();
  const { rows } = await client.query<{ concurrency: number }>(
    'select concurrency from tuned_cards where model_id = $1 order by measured_at desc limit 1',
    [idOf(null)],
  );
  await client.end();
  return rows[0]?.concurrency ?? null;
}
