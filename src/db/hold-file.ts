/** Reads, writes and judges the files by which a process holds the data folder. */

import { utimes } from 'node:fs';
import { constants, copyFile, link, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { startOf } from './processes.ts';
import { systemName } from './system-name.ts';

const holdRecord = z.object({
  pid: z.number().int(),
  /** What startOf told of that process. */
  start: z.string(),
  /** What systemName told there. */
  system: z.string(),
  started: z.string(),
  url: z.string().nullable(),
  token: z.string().nullable(),
  released: z.boolean(),
});
export type HoldRecord = z.infer<typeof holdRecord>;

/** A hold of a process that cannot be looked up counts as given up when it was not renewed for this long. */
const RENEWED_WITHIN_MS = 20_000;
const LOOK_EVERY_MS = 500;

/** The hold files in `folder`, lowest number first; none when there is no such folder. */
export async function holdsIn(folder: string): Promise<{ name: string; number: number }[]> {
  const names = await readdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    throw error;
  });
  return names
    .map((name) => ({ name, number: Number(/^hold-(\d+)\.json$/.exec(name)?.[1] ?? Number.NaN) }))
    .filter(({ number }) => !Number.isNaN(number))
    .sort((a, b) => a.number - b.number);
}

/** Null when the file is gone, or holds nothing whole (a power cut): then nobody holds by it. */
export async function readHold(file: string): Promise<HoldRecord | null> {
  try {
    return holdRecord.parse(JSON.parse(await readFile(file, 'utf8')));
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === undefined || code === 'ENOENT') return null;
    throw error;
  }
}

/** Replaces the file at once, so that a reader sees the old or the new text, never a part. Only its owner may read it. */
export async function writeHold(file: string, record: HoldRecord): Promise<void> {
  const next = `${file}.next`;
  try {
    await writeFile(next, `${JSON.stringify(record)}\n`, { mode: 0o600 });
    await rename(next, file);
  } catch (error) {
    await rm(next, { force: true });
    throw error;
  }
}

/** Makes `file` with the text of `draft`; false when it exists already. */
export async function createHold(draft: string, file: string): Promise<boolean> {
  try {
    await link(draft, file);
    return true;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EEXIST') return false;
    if (!['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS'].includes(code ?? '')) throw error;
  }
  // A file system without hard links: as exclusive, but a reader in the middle sees half a text.
  try {
    await copyFile(draft, file, constants.COPYFILE_EXCL);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

/** Renews the hold for those who cannot look this process up. A full disk or a removed folder is met elsewhere. */
export function touchHold(file: string): void {
  const now = new Date();
  utimes(file, now, now, () => {});
}

/**
 * Whether the process of `record` still lives. On this system its number and start tell at once. Elsewhere (another
 * container or machine on the same folder, or this one before it was booted) only renewal tells: with `wait` a hold
 * renewed lately is watched until it is renewed again or is too old.
 */
export async function isHeld(record: HoldRecord, file: string, { wait }: { wait: boolean }): Promise<boolean> {
  if (record.released) return false;
  if (record.system === systemName()) {
    const start = startOf(record.pid);
    return start !== null && (start === record.start || start === 'unknown');
  }
  const first = await modified(file);
  for (let now = first; now !== null && Math.abs(Date.now() - now) < RENEWED_WITHIN_MS; now = await modified(file)) {
    if (!wait || now !== first) return true;
    await sleep(LOOK_EVERY_MS);
  }
  return false;
}

async function modified(file: string): Promise<number | null> {
  return (await stat(file).catch(() => null))?.mtimeMs ?? null;
}
