/** Finds the server of the data folder, or starts one inside this process, and waits until it is ready. */

import { setTimeout as sleep } from 'node:timers/promises';
import { request } from 'undici';
import type { Config } from '../config.ts';
import { readHolder } from '../db/folder.ts';
import { AssayError } from '../errors.ts';
import { type Address, type Client, openClient } from './client.ts';
import { logFile, openLog } from './log-file.ts';
import { clean } from './text.ts';

/** A server a command can ask. */
export interface Connection {
  client: Client;
  url: string;
  /** Makes the caller the local user. */
  token: string | null;
  /** Whether this command started the server; it then ends with {@link Connection.stop}. */
  owned: boolean;
  stop(): Promise<void>;
}

export interface ConnectOptions {
  /** Start a server in this process when none runs; else server_unreachable is thrown. */
  start: boolean;
  /** Told what is being waited for. */
  say?: (message: string) => void;
  /** When given, requests outlive a restart of the server: told why they wait, and null when it is over. */
  waiting?: (reason: string | null) => void;
  signal?: AbortSignal;
}

/**
 * The server that holds `config.data`, or one started here.
 * @throws AssayError server_unreachable when none answers (and none may be started, or it is not ready in time)
 */
export async function connect(config: Config, options: ConnectOptions): Promise<Connection> {
  const deadline = Date.now() + config.ready_timeout_ms;
  for (;;) {
    const running = await findServer(config, options, deadline);
    if (running === null && !options.start) {
      throw new AssayError('server_unreachable', {
        url: `http://${config.host}:${config.port}`,
        problem: `no process holds the data folder ${config.data}`,
      });
    }
    const started = running === null ? await startHere(config, options) : null;
    if (running === null && started === null) continue;
    const address = started ?? running!;
    const stop = started?.stop ?? (async () => undefined);
    try {
      await waitReady(address, { config, options, deadline });
    } catch (error) {
      await stop();
      throw error;
    }
    const find = started ? async () => address : () => findServer(config, {}, 0);
    const client = openClient({ find, pollMs: config.poll_ms, waiting: options.waiting, signal: options.signal });
    return { client, url: address.url, token: address.token, owned: started !== null, stop };
  }
}

/** The address of the server that holds the data folder, once it answers; null when none holds it. */
async function findServer(
  config: Config,
  options: Pick<ConnectOptions, 'say' | 'signal'>,
  deadline: number,
): Promise<Address | null> {
  let told = false;
  for (;;) {
    options.signal?.throwIfAborted();
    const holder = await readHolder(config.data);
    if (holder === null) return null;
    if (holder.url !== null && (await answers(holder.url, '/healthz', config.connect_timeout_ms)).ok) {
      return { url: holder.url, token: holder.token };
    }
    if (Date.now() > deadline) {
      if (deadline === 0) return null;
      const problem = `process ${holder.pid} holds ${config.data} since ${holder.started}, but does not answer`;
      throw new AssayError('server_unreachable', { url: holder.url ?? '(no address yet)', problem });
    }
    if (!told) options.say?.(`Waiting for the server (process ${holder.pid}) to start…`);
    told = true;
    await sleep(config.poll_ms);
  }
}

/** Starts a server in this process, on a free port unless one was chosen; null when another took the folder first. */
async function startHere(
  config: Config,
  options: ConnectOptions,
): Promise<(Address & { stop(): Promise<void> }) | null> {
  options.say?.(`Starting a server for ${config.data} (log: ${logFile(config)})…`);
  const { startServer } = await import('../main.ts');
  const log = openLog(config, { stdout: false });
  try {
    return await startServer({ config, log }).catch((error) => {
      if (!(error instanceof AssayError) || error.code !== 'port_in_use') throw error;
      return startServer({ config: { ...config, port: 0 }, log });
    });
  } catch (error) {
    if (error instanceof AssayError && error.code === 'data_folder_held') return null;
    throw error;
  }
}

/** Waits until GET /readyz is 200, telling what it waits for. */
async function waitReady(
  at: Address,
  by: { config: Config; options: ConnectOptions; deadline: number },
): Promise<void> {
  let told = '';
  for (;;) {
    by.options.signal?.throwIfAborted();
    const answer = await answers(at.url, '/readyz', by.config.connect_timeout_ms);
    if (answer.ok) return;
    if (Date.now() > by.deadline) {
      throw new AssayError('server_unreachable', { url: at.url, problem: `it is not ready: ${answer.problem}` });
    }
    if (answer.problem !== told) by.options.say?.(`Waiting for the server: ${answer.problem}`);
    told = answer.problem;
    await sleep(by.config.poll_ms);
  }
}

/** Whether GET `path` is answered 200 in time, and what it said otherwise. */
async function answers(url: string, path: string, timeoutMs: number): Promise<{ ok: boolean; problem: string }> {
  try {
    const answer = await request(`${url}${path}`, { signal: AbortSignal.timeout(timeoutMs) });
    const text = await answer.body.text();
    return { ok: answer.statusCode === 200, problem: problemsIn(text) };
  } catch (error) {
    return { ok: false, problem: (error as NodeJS.ErrnoException).code ?? (error as Error).message };
  }
}

/** What /readyz says is not up yet. */
function problemsIn(text: string): string {
  try {
    return clean((JSON.parse(text) as { problems: string[] }).problems.join('; '));
  } catch {
    return clean(text.slice(0, 200));
  }
}
