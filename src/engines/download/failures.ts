/** Turns what went wrong in a download into an error that says what to do. */

import { AssayError } from '../../errors.ts';

/** `source` as the user wrote it. An AssayError passes, a full disk becomes disk_full, all else download_failed. */
export function downloadError(source: string, error: unknown, remedy?: string): unknown {
  if (error instanceof AssayError) return error;
  const { code, message, cause, name } = error as NodeJS.ErrnoException;
  if (name === 'AbortError') return error;
  if (code === 'ENOSPC' || code === 'EDQUOT' || code === 'EFBIG' || /No space left on device|Errno 28/.test(message)) {
    return new AssayError('disk_full', { problem: `downloading ${source}: ${message}` }, { cause: error });
  }
  const deeper = cause instanceof Error && cause.message !== '' ? ` (${cause.message})` : '';
  const values = { source, problem: message + deeper, remedy: remedy ?? 'Start again to go on where it stopped.' };
  return new AssayError('download_failed', values, { cause: error });
}

export function failed(source: string, problem: string, remedy: string): AssayError {
  return new AssayError('download_failed', { source, problem, remedy });
}
