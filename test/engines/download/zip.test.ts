/** Zip archives written by another program, whole and damaged. */

import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { listEntries, openEntry } from '../../../src/engines/download/zip.ts';

const SCRIPT = `
import sys, zipfile
with zipfile.ZipFile(sys.argv[1], 'w') as z:
    z.write(sys.argv[2], 'stored.bin', zipfile.ZIP_STORED)
    z.write(sys.argv[2], 'packed.bin', zipfile.ZIP_DEFLATED)
    z.writestr('empty', b'')
    z.comment = b'a comment'
`;
const content = Buffer.concat([randomBytes(3_000_000), Buffer.alloc(3_000_000, 'ab')]);
let folder: string;
let zip: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'assay-zip-'));
  zip = join(folder, 'a.zip');
  await writeFile(join(folder, 'content'), content);
  execFileSync('python3', ['-c', SCRIPT, zip, join(folder, 'content')]);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

test('stored, packed and empty entries', async () => {
  const entries = await listEntries(zip);
  expect(entries.map((entry) => [entry.name, entry.bytes])).toEqual([
    ['stored.bin', content.length],
    ['packed.bin', content.length],
    ['empty', 0],
  ]);
  expect(entries[1]!.packedBytes).toBeLessThan(content.length * 0.6);
  for (const entry of entries.slice(0, 2))
    expect((await buffer(await openEntry(zip, entry))).equals(content)).toBe(true);
  expect((await buffer(await openEntry(zip, entries[2]!))).length).toBe(0);
});

test('a flipped bit is noticed, in a stored and in a packed entry', async () => {
  const entries = await listEntries(zip);
  for (const entry of entries.slice(0, 2)) {
    const damaged = Buffer.from(await readFile(zip));
    damaged[entry.offset + 1_000_000]! ^= 1;
    const file = join(folder, 'damaged.zip');
    await writeFile(file, damaged);
    await expect(openEntry(file, entry).then(buffer)).rejects.toThrow();
  }
});

test('a cut-off archive and another file are refused', async () => {
  const file = join(folder, 'cut.zip');
  await writeFile(file, (await readFile(zip)).subarray(0, 4_000_000));
  await expect(listEntries(file)).rejects.toThrow(/not a zip archive/);
  await expect(listEntries(join(folder, 'content'))).rejects.toThrow(/not a zip archive/);
});
