/** Starts the real Label Studio by its own command, on a copy of a database that has been migrated once. */

import { type ChildProcess, spawn } from 'node:child_process';
import {
  closeSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { signUp } from './label-studio-sign-up.ts';

export interface LabelStudio {
  /** Address without "/" at its end. */
  url: string;
  /** Of owner@example.com. */
  legacyToken: string;
  /** What it has written: a file. */
  log: string;
  pid(): number;
  /** The personal token of the owner, made at the first call. */
  personalToken(): Promise<string>;
  /** Makes an account by the link of invitation, as a person does. Gives its legacy token. */
  addUser(email: string): Promise<string>;
  /** Ends the process; the data stays. */
  stop(): Promise<void>;
  /** Starts it again at the same address, on the same data. */
  restart(): Promise<void>;
  /** Ends the process and removes the data. */
  close(): Promise<void>;
}

export const OWNER = 'owner@example.com';
const OWNER_PASSWORD = 'owner-of-the-tests';
const OWNER_TOKEN = '0123456789abcdef0123456789abcdef01234567';
/** The first start migrates: 21 s on a quiet machine. */
const START_MS = 170_000;
const STOP_MS = 10_000;

/** The virtual environment with Label Studio in it, or null: `npm run test:label-studio` sees to one and names it. */
export function labelStudioEnvironment(): string | null {
  return process.env.ASSAY_TEST_LABEL_STUDIO || null;
}

/** Starts one, on a free loopback port and data of its own. */
export async function startLabelStudio(environment = labelStudioEnvironment()): Promise<LabelStudio> {
  if (environment === null) throw new Error('ASSAY_TEST_LABEL_STUDIO is not set: run npm run test:label-studio');
  const folder = mkdtempSync(join(tmpdir(), 'assay-label-studio-'));
  cpSync(await migratedData(environment), join(folder, 'data'), { recursive: true });
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const start = () => startProcess({ environment, folder, port });
  let child = await start();
  let personal: Promise<string> | null = null;
  const stop = () => endProcess(child);
  return {
    url,
    legacyToken: OWNER_TOKEN,
    log: join(folder, 'log'),
    pid: () => child.pid!,
    personalToken: () => {
      personal ??= makePersonalToken(url);
      return personal;
    },
    addUser: (email) => signUp({ url, ownerToken: OWNER_TOKEN, email }),
    stop,
    async restart() {
      await stop();
      child = await start();
    },
    async close() {
      await stop();
      rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

/** The data folder that tests copy, beside the environment; made once, by a first start. */
export async function migratedData(environment: string): Promise<string> {
  const kept = `${environment}-data`;
  if (existsSync(kept)) return kept;
  const folder = mkdtempSync(join(tmpdir(), 'assay-label-studio-first-'));
  mkdirSync(join(folder, 'data'));
  try {
    await endProcess(await startProcess({ environment, folder, port: await freePort() }));
    const made = `${kept}.${process.pid}`;
    cpSync(join(folder, 'data'), made, { recursive: true });
    try {
      renameSync(made, kept);
    } catch (error) {
      // Another process was there first.
      if (!existsSync(kept)) throw error;
      rmSync(made, { recursive: true, force: true });
    }
    return kept;
  } finally {
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  }
}

interface Starting {
  environment: string;
  /** Holds `data` and `log`. */
  folder: string;
  port: number;
}

/**
 * Runs the command that its first argument names, ended by the kernel when this process is killed (Linux, prctl(2)). Its
 * Python is named, since the folder of the environment may have been moved after it was filled.
 */
const endingWithUs = `
import ctypes, runpy, sys
try:
    ctypes.CDLL(None).prctl(1, 15)
except (AttributeError, OSError):
    pass
sys.argv = sys.argv[1:]
runpy.run_path(sys.argv[0], run_name='__main__')
`;

/** Started, and answering. */
async function startProcess({ environment, folder, port }: Starting): Promise<ChildProcess> {
  const data = join(folder, 'data');
  const logFile = join(folder, 'log');
  const log = openSync(logFile, 'a');
  const command = join(environment, 'bin', 'label-studio');
  const args = ['-c', endingWithUs, command, 'start', '-b', '--internal-host', '127.0.0.1', '-p', String(port)];
  args.push('--data-dir', data);
  const env = { ...settings(data), PATH: process.env.PATH ?? '', HOME: folder };
  const child = spawn(join(environment, 'bin', 'python'), args, {
    cwd: folder,
    env,
    stdio: ['ignore', log, log],
    detached: true,
  });
  closeSync(log);
  let failed: Error | null = null;
  child.once('error', (error) => {
    failed = error;
  });
  const end = () => signal(child, 'SIGKILL');
  process.once('exit', end);
  child.once('exit', () => process.off('exit', end));
  const until = Date.now() + START_MS;
  while (!(await answers(`http://127.0.0.1:${port}/health`))) {
    const ended = failed !== null || child.exitCode !== null || child.signalCode !== null;
    if (ended || Date.now() > until) {
      signal(child, 'SIGKILL');
      throw new Error(`Label Studio did not start. It wrote:\n${readFileSync(logFile, 'utf8').slice(-4000)}`);
    }
    await sleep(100);
  }
  return child;
}

/** Headless, quiet, and webhooks may go to this machine. */
function settings(data: string): Record<string, string> {
  return {
    LABEL_STUDIO_BASE_DATA_DIR: data,
    LABEL_STUDIO_USERNAME: OWNER,
    LABEL_STUDIO_PASSWORD: OWNER_PASSWORD,
    LABEL_STUDIO_USER_TOKEN: OWNER_TOKEN,
    LABEL_STUDIO_ENABLE_LEGACY_API_TOKEN: 'true',
    LABEL_STUDIO_DISABLE_SIGNUP_WITHOUT_LINK: 'true',
    COLLECT_ANALYTICS: 'false',
    LATEST_VERSION_CHECK: 'false',
    SENTRY_DSN: '',
    FRONTEND_SENTRY_DSN: '',
    SSRF_PROTECTION_ENABLED: 'false',
  };
}

async function answers(url: string): Promise<boolean> {
  try {
    return (await fetch(url, { signal: AbortSignal.timeout(2000) })).ok;
  } catch {
    return false;
  }
}

async function endProcess(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  signal(child, 'SIGTERM');
  const timer = setTimeout(() => signal(child, 'SIGKILL'), STOP_MS);
  await ended;
  clearTimeout(timer);
}

/** To the process and those it has started. */
function signal(child: ChildProcess, name: NodeJS.Signals): void {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, name);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
}

async function makePersonalToken(url: string): Promise<string> {
  const headers = { authorization: `Token ${OWNER_TOKEN}`, 'content-type': 'application/json' };
  const answer = await fetch(`${url}/api/token/`, { method: 'POST', headers, body: '{}' });
  if (answer.status !== 201) throw new Error(`no personal token: ${answer.status} ${await answer.text()}`);
  return ((await answer.json()) as { token: string }).token;
}
