/** The name of a data folder's worker stays the same over starts. */

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { workerId } from '../../src/scheduler/worker-id.ts';

test('one name for each folder', async () => {
  const folders = [await mkdtemp(join(tmpdir(), 'assay-id-')), await mkdtemp(join(tmpdir(), 'assay-id-'))];
  try {
    const id = await workerId(folders[0]!);
    expect(id).toMatch(/^worker-[0-9a-f-]{36}$/);
    expect(await workerId(folders[0]!)).toBe(id);
    expect(await workerId(folders[1]!)).not.toBe(id);
  } finally {
    for (const folder of folders) await rm(folder, { recursive: true });
  }
});
