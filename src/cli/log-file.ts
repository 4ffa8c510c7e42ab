/** Opens the log of a server that a command runs: a file under the data folder, so that the terminal stays readable. */

import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { type Logger, pino } from 'pino';
import type { Config } from '../config.ts';
import { AssayError } from '../errors.ts';

const secrets = ['token', 'authorization', 'headers.authorization', 'req.headers.authorization', '*.token', 'api_key'];

/** The file that {@link openLog} writes. */
export const logFile = (config: Config): string => join(config.data, 'logs', 'assay.log');

/** A logger into the log file, or JSON lines on stdout with `stdout`. Throws data_folder_unwritable. */
export function openLog(config: Config, options: { stdout: boolean }): Logger {
  const level = config.log_level;
  if (options.stdout) return pino({ level, redact: secrets });
  const file = logFile(config);
  try {
    mkdirSync(join(config.data, 'logs'), { recursive: true, mode: 0o700 });
    return pino({ level, redact: secrets }, pino.destination({ dest: file, append: true, sync: true }));
  } catch (error) {
    throw new AssayError(
      'data_folder_unwritable',
      {
        folder: config.data,
        problem: (error as Error).message,
        remedy: 'Make it writable, or choose another with ASSAY_DATA.',
      },
      { cause: error },
    );
  }
}
