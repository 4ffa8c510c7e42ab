/** Holds the data folder for one server at a time, and tells commands which server that is. */

import { createHash, randomBytes } from 'node:crypto';
import { chmod, mkdir, realpath, rm } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join, resolve } from 'node:path';
import { AssayError } from '../errors.ts';
import { isDiskFull, problemOf } from './failures.ts';
import { createHold, type HoldRecord, holdsIn, isHeld, readHold, touchHold, writeHold } from './hold-file.ts';
import { startOf } from './processes.ts';
import { systemName } from './system-name.ts';

/** The folder, held until `release`, or until this process ends in whatever way. */
export interface FolderHold {
  /** Tells commands on this machine where the server listens and the token that counts as the local user. */
  announce(info: { url: string; token: string }): Promise<void>;
  release(): Promise<void>;
}

/** The process that holds a folder. `started` is an ISO date; `url` and `token` are null until it listens. */
export interface Holder {
  pid: number;
  started: string;
  url: string | null;
  token: string | null;
}

/** How often the hold is renewed: read only by processes that cannot see this one, on another machine or container. */
const RENEW_EVERY_MS = 5000;
const CLAIM_TRIES = 20;

/**
 * Makes `folder` where missing and holds it.
 *
 * The holder is the highest-numbered file `hold-<n>.json`. A hold whose process has ended is followed by n + 1, made
 * with link(2), which fails for all but one; releasing marks the file and leaves it, so that numbers never repeat and a
 * slow second process cannot succeed with a number from an old listing.
 *
 * @throws AssayError data_folder_held (names pid, since when, url), data_folder_unwritable, disk_full
 */
export async function holdFolder(folder: string): Promise<FolderHold> {
  try {
    return await hold(folder);
  } catch (error) {
    throw folderFault(folder, error);
  }
}

/** The living process that holds `folder`, or null when nobody does. */
export async function readHolder(folder: string): Promise<Holder | null> {
  try {
    const newest = (await holdsIn(folder)).at(-1);
    const record = newest === undefined ? null : await readHold(join(folder, newest.name));
    if (record === null || !(await isHeld(record, join(folder, newest!.name), { wait: false }))) return null;
    return { pid: record.pid, started: record.started, url: record.url, token: record.token };
  } catch (error) {
    throw folderFault(folder, error);
  }
}

async function hold(folder: string): Promise<FolderHold> {
  const made = await mkdir(folder, { recursive: true, mode: 0o700 });
  // PostgreSQL does not run as root: its user must get through to its own folder.
  if (made !== undefined && process.getuid?.() === 0) await chmod(folder, 0o711);
  const root = await realpath(folder);
  const record: HoldRecord = {
    pid: process.pid,
    start: startOf(process.pid) ?? 'unknown',
    system: systemName(),
    started: new Date().toISOString(),
    url: null,
    token: null,
    released: false,
  };
  const file = join(root, await claim(root, record));
  const timer = setInterval(() => touchHold(file), RENEW_EVERY_MS);
  timer.unref();
  const write = async (change: Partial<HoldRecord>) => {
    try {
      Object.assign(record, change);
      await writeHold(file, record);
    } catch (error) {
      throw folderFault(folder, error);
    }
  };
  return {
    announce: (info) => write({ url: info.url, token: info.token }),
    release: async () => {
      clearInterval(timer);
      if (!record.released) await write({ url: null, token: null, released: true });
    },
  };
}

/** The name of the file by which this process now holds `root`. */
async function claim(root: string, record: HoldRecord): Promise<string> {
  const draft = join(root, `hold-draft-${randomBytes(6).toString('hex')}`);
  try {
    await writeHold(draft, record);
    for (let tries = 0; tries < CLAIM_TRIES; tries++) {
      const newest = (await holdsIn(root)).at(-1);
      if (newest !== undefined) await refuseIfHeld(root, newest.name);
      const number = (newest?.number ?? 0) + 1;
      const name = `hold-${number}.json`;
      if (!(await createHold(draft, join(root, name)))) continue;
      const all = await holdsIn(root);
      if (all.at(-1)!.number === number) {
        for (const old of all.slice(0, -1)) await rm(join(root, old.name), { force: true });
        return name;
      }
      await rm(join(root, name), { force: true });
    }
    throw new AssayError('data_folder_held', { folder: root, pid: '?', started: 'just now', url: 'no address yet' });
  } finally {
    await rm(draft, { force: true });
  }
}

async function refuseIfHeld(root: string, name: string): Promise<void> {
  const file = join(root, name);
  const record = await readHold(file);
  if (record === null || !(await isHeld(record, file, { wait: true }))) return;
  const { pid, started, url } = record;
  throw new AssayError('data_folder_held', { folder: root, pid, started, url: url ?? 'not listening yet' });
}

function folderFault(folder: string, error: unknown): unknown {
  if (error instanceof AssayError) return error;
  if (isDiskFull(error)) return new AssayError('disk_full', { problem: problemOf(error) }, { cause: error });
  const { code, syscall } = error as NodeJS.ErrnoException;
  if (code === undefined || syscall === undefined) return error;
  const remedy =
    code === 'ENOTDIR' || code === 'EEXIST'
      ? 'A file is in the way: choose another folder with ASSAY_DATA.'
      : `Make it writable for user ${process.getuid?.() ?? ''}, or choose another folder with ASSAY_DATA.`;
  return new AssayError('data_folder_unwritable', { folder, problem: problemOf(error), remedy }, { cause: error });
}

/** Names who works on a data folder: the same after each start on it, so that a server takes its own work up at once. */
export const holderOf = (folder: string): string =>
  createHash('sha256')
    .update(`${hostname()} ${resolve(folder)}`)
    .digest('hex')
    .slice(0, 16);
