/** Remembers, in the data folder, whether the demo of the first start is still to be run, cut off, or done. */

import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Client } from './client.ts';

/** A demo to be run: all of it, or with the smallest model alone. */
export interface DemoState {
  small: boolean;
  /** Whether an earlier start began it. */
  resumed: boolean;
  /** Marks it as begun; from then on each start goes on with it. */
  begin(): Promise<void>;
  /** Marks it as done. */
  finish(): Promise<void>;
}

const fileName = 'demo.json';

/** The demo that this start has to run; null when it was done, or the data folder is already in use for other work. */
export async function demoState(folder: string, client: Client, small: boolean): Promise<DemoState | null> {
  const file = join(folder, fileName);
  const marked = await readMark(file);
  if (marked?.state === 'done') return null;
  if (marked === null) {
    const { data } = await client.ask<{ data: unknown[] }>('/v1/batches', { query: { limit: 1 } });
    if (data.length > 0) return null;
  }
  const chosen = small || (marked?.small ?? false);
  const write = async (state: string) => {
    await mkdir(folder, { recursive: true });
    await writeFile(`${file}.part`, `${JSON.stringify({ state, small: chosen })}\n`);
    await rename(`${file}.part`, file);
  };
  return { small: chosen, resumed: marked !== null, begin: () => write('running'), finish: () => write('done') };
}

async function readMark(file: string): Promise<{ state: string; small: boolean } | null> {
  try {
    return JSON.parse(await readFile(file, 'utf8')) as { state: string; small: boolean };
  } catch {
    return null;
  }
}
