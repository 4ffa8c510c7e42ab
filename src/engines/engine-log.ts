/** The log file of a supervised engine, and its last words when it ends. */

import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { openBoundedLog } from '../db/bounded-log.ts';

const FAULT = / E |error|failed|abort|terminate|setpriv:|sh:|cannot|GGML_ASSERT/i;
const WORDS_CHARS = 800;

/** `fd` is handed to the engine as its output. */
export interface EngineLog {
  fd: number;
  /** The newest lines that tell of a fault since the log was opened, or the newest line. */
  lastWords(): string;
  close(): void;
}

/** Opens `path` for appending, its folder made when missing; it is kept below a size. */
export function openEngineLog(path: string): EngineLog {
  mkdirSync(dirname(path), { recursive: true });
  const log = openBoundedLog(path);
  return { fd: log.fd, lastWords: () => lastWords(log.newest()), close: log.close };
}

function lastWords(lines: string[]): string {
  const faults = lines.filter((line) => FAULT.test(line));
  return (faults.length > 0 ? faults.slice(-3) : lines.slice(-1)).join('; ').slice(0, WORDS_CHARS);
}
