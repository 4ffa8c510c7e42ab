/** Turns whatever a command throws into one line on stderr and an exit code; a stack only at log level debug. */

import { CommanderError } from 'commander';
import { AssayError } from '../errors.ts';

/** Thrown when the user stopped a command; it has said all there is to say. */
export class Interrupted extends Error {}

/** Exit codes: 0 fine, 1 error, 2 wrong usage, 3 some rows failed, 130 interrupted. */
export const exitCodes = { ok: 0, error: 1, usage: 2, rowsFailed: 3, interrupted: 130 } as const;

const usageCodes = new Set([
  'usage',
  'unknown_command',
  'config_invalid',
  'invalid_parameter',
  'model_not_found',
  'worker_without_database',
]);

/** Writes `error` to stderr as one line (a list of configuration faults as several) and gives the exit code. */
export function reportError(error: unknown, debug: boolean): number {
  if (error instanceof Interrupted) return exitCodes.interrupted;
  // Commander has written its message by itself; help and version end with code 0.
  if (error instanceof CommanderError) return error.exitCode === 0 ? exitCodes.ok : exitCodes.usage;
  const message = error instanceof Error ? error.message : String(error);
  process.stderr.write(`error: ${message}\n`);
  if (debug && error instanceof Error) process.stderr.write(`${error.stack}\n${causes(error)}`);
  if (error instanceof AssayError) return usageCodes.has(error.code) ? exitCodes.usage : exitCodes.error;
  return exitCodes.error;
}

function causes(error: Error): string {
  let text = '';
  for (let cause = error.cause; cause instanceof Error; cause = cause.cause) text += `caused by ${cause.stack}\n`;
  return text;
}
