/** The log file of a child process: written by it, kept below a size, and its newest lines read when it ends. */

import { closeSync, copyFileSync, fstatSync, openSync, readSync, renameSync, statSync, truncateSync } from 'node:fs';

/** The log and the one before it together take at most twice this on the disk. */
const LIMIT_BYTES = 8 * 1024 * 1024;
const CHECK_EVERY_MS = 30_000;
const TAIL_BYTES = 4096;

/** An open log. `fd` is handed to the process as its output. */
export interface BoundedLog {
  fd: number;
  /** The newest lines since the log was opened, 4 KiB at most, without blank ones. */
  newest(): string[];
  close(): void;
}

/** Opens the log at `path` for appending; a full one becomes `path`.1 first, and again whenever it is full. */
export function openBoundedLog(path: string): BoundedLog {
  if (sizeOf(path) > LIMIT_BYTES) renameSync(path, `${path}.1`);
  const fd = openSync(path, 'a+', 0o600);
  let start = sizeOf(path);
  const timer = setInterval(() => {
    if (sizeOf(path) <= LIMIT_BYTES) return;
    try {
      // The process holds the file open for appending: emptied in place, it goes on at the beginning.
      copyFileSync(path, `${path}.1`);
      truncateSync(path);
      start = 0;
    } catch {
      // A full disk must not end the server; the next turn tries again.
    }
  }, CHECK_EVERY_MS);
  timer.unref();
  return {
    fd,
    newest: () => newestLines(fd, start),
    close() {
      clearInterval(timer);
      closeSync(fd);
    },
  };
}

function newestLines(fd: number, start: number): string[] {
  const end = fstatSync(fd).size;
  const from = Math.max(start, end - TAIL_BYTES);
  const buffer = Buffer.alloc(Math.max(0, end - from));
  const bytes = readSync(fd, buffer, 0, buffer.length, from);
  return buffer
    .toString('utf8', 0, bytes)
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');
}

const sizeOf = (path: string): number => statSync(path, { throwIfNoEntry: false })?.size ?? 0;
