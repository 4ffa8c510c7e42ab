/** The log file of the embedded PostgreSQL, and what of it tells why the server ended unasked. */

import { openBoundedLog } from './bounded-log.ts';

/** PostgreSQL's faults, and those of the programs that start it. */
const FAULT = /FATAL|PANIC|No space left|unrecognized|invalid value|could not|setpriv:|sh:|error while loading/;
/** What its processes say whenever the server died or comes up: never the reason. */
const EVERY_CRASH =
  /terminating connection|database system is (starting up|shutting down|not yet accepting|in recovery)/;

/** An open log. `fd` is handed to PostgreSQL as its stderr. */
export interface ServerLog {
  fd: number;
  /** The newest lines that tell of a fault, or the newest line, since the log was opened. */
  faults(): string;
  close(): void;
}

/** Opens the log at `path` for appending; it is kept below a size. */
export function openServerLog(path: string): ServerLog {
  const log = openBoundedLog(path);
  return { fd: log.fd, faults: () => faultsIn(log.newest()), close: log.close };
}

function faultsIn(lines: string[]): string {
  const faults = lines.filter((line) => FAULT.test(line) && !EVERY_CRASH.test(line));
  return (faults.length > 0 ? faults.slice(-3) : lines.slice(-1)).join('; ');
}
