/** The name under which a data folder's worker holds chunks: the same after each start, so that it takes its own back. */

import { randomUUID } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

export async function workerId(dataFolder: string): Promise<string> {
  const file = join(dataFolder, 'worker-id');
  const known = await readFile(file, 'utf8').catch(() => '');
  if (known !== '') return known;
  const id = `worker-${randomUUID()}`;
  await writeFile(file, id);
  return id;
}
