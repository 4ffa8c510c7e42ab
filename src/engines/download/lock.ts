/** Lets one process at a time write a download, and takes over from one that died in the middle. */

import { randomUUID } from 'node:crypto';
import { readFile, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';

interface Holder {
  pid: number;
  host: string;
  token: string;
}

/** `staleMs`: a lock not refreshed for this long belongs to nobody (its process may be of another machine or container). */
export interface LockOptions {
  staleMs: number;
  pollMs: number;
  signal?: AbortSignal | undefined;
  /** Called once when another process holds the lock. */
  onWait?: (pid: number) => void;
}

/** Runs `work` while this process holds `file`; waits for another holder to finish or to die. */
export async function withLock<T>(file: string, options: LockOptions, work: () => Promise<T>): Promise<T> {
  const token = await take(file, options);
  const refresh = setInterval(() => {
    const now = new Date();
    utimes(file, now, now).catch(() => undefined);
  }, options.staleMs / 4);
  refresh.unref();
  try {
    return await work();
  } finally {
    clearInterval(refresh);
    if ((await readHolder(file))?.token === token) await rm(file, { force: true });
  }
}

async function take(file: string, options: LockOptions): Promise<string> {
  const holder: Holder = { pid: process.pid, host: hostname(), token: randomUUID() };
  let told = false;
  for (;;) {
    options.signal?.throwIfAborted();
    if (await create(file, holder)) return holder.token;
    const other = await readHolder(file);
    if (await isStale(file, other, options.staleMs)) {
      await removeStale(file, other);
      continue;
    }
    if (!told && other !== null) {
      told = true;
      options.onWait?.(other.pid);
    }
    await sleep(options.pollMs);
  }
}

async function create(file: string, holder: Holder): Promise<boolean> {
  try {
    await writeFile(file, JSON.stringify(holder), { flag: 'wx' });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

/** null while the file is being written, or is gone. */
async function readHolder(file: string): Promise<Holder | null> {
  try {
    return JSON.parse(await readFile(file, 'utf8')) as Holder;
  } catch {
    return null;
  }
}

async function isStale(file: string, holder: Holder | null, staleMs: number): Promise<boolean> {
  if (holder !== null && holder.host === hostname() && !isAlive(holder.pid)) return true;
  try {
    return Date.now() - (await stat(file)).mtimeMs > staleMs;
  } catch {
    return false;
  }
}

/** Two waiters may both find a lock stale: the later one may move away the earlier one's fresh lock, and puts it back. */
async function removeStale(file: string, seen: Holder | null): Promise<void> {
  const aside = `${file}.${randomUUID()}`;
  try {
    await rename(file, aside);
  } catch {
    return;
  }
  const moved = await readHolder(aside);
  if (moved !== null && moved.token !== seen?.token) await rename(aside, file);
  else await rm(aside, { force: true });
}

/** Whether a process of this machine runs (one of another user counts). */
function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
