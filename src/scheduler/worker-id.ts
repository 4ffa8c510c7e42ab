/** The name under which a data folder's worker holds chunks: the same after each start, so that it takes its own back. */

import { randomUUID } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

const fileName = 'worker-id';

export async function workerId(dataFolder: string): Promise<string> {
  const file = join(dataFolder, fileName);
  const known = await readFile(file, 'utf8').catch(() => '');
  if (known !== '') return known;
  const id = `worker-${randomUUID()}`;
  await keepWorkerId(dataFolder, id);
  return id;
}

/** Gives the folder's worker another name from here on. */
export const keepWorkerId = (dataFolder: string, id: string): Promise<void> =>
  writeFile(join(dataFolder, fileName), id);
