/** Computes and checks the sha256 of large files. */

import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { rm } from 'node:fs/promises';
import { AssayError } from '../../errors.ts';

/** sha256 of a file, in lower-case hexadecimal digits. */
export async function sha256Of(file: string, signal?: AbortSignal): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(file, { highWaterMark: 4 * 1024 * 1024, signal })) hash.update(chunk);
  return hash.digest('hex');
}

/** Removes a fetched file that is not what was pinned. @throws AssayError checksum_mismatch */
export async function checkSha256(source: string, file: string, wanted: string): Promise<void> {
  const got = await sha256Of(file);
  if (got === wanted) return;
  await rm(file, { force: true });
  throw new AssayError('checksum_mismatch', { source, got, wanted });
}
