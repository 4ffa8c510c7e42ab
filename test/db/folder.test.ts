/** The data folder is held by one living process; a killed one's hold is taken over by exactly one other. */

import { chmod, mkdir, readdir, readFile, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { holdFolder, readHolder } from '../../src/db/folder.ts';
import { startParent } from './programs.ts';
import { testFolder } from './servers.ts';

let folder: string;
beforeEach(async () => {
  const made = await testFolder();
  folder = join(made.path, 'data');
  return made.remove;
});

const files = async () => (await readdir(folder)).sort();

/** A hold file as another process would have left it. */
async function leaveHold(change: object): Promise<string> {
  const hold = await holdFolder(folder);
  const [name] = await files();
  const record = JSON.parse(await readFile(join(folder, name!), 'utf8'));
  await hold.release();
  const file = join(folder, name!);
  await writeFile(file, JSON.stringify({ ...record, ...change }));
  return file;
}

describe('holdFolder', () => {
  it('makes the folder, announces, and gives it back', async () => {
    expect(await readHolder(folder)).toBeNull();
    const hold = await holdFolder(folder);
    expect(await readHolder(folder)).toMatchObject({ pid: process.pid, url: null, token: null });
    await hold.announce({ url: 'http://127.0.0.1:1', token: 't' });
    expect(await readHolder(folder)).toMatchObject({ pid: process.pid, url: 'http://127.0.0.1:1', token: 't' });
    await hold.release();
    expect(await readHolder(folder)).toBeNull();
    const again = await holdFolder(folder);
    expect((await files()).length).toBe(1);
    await again.release();
  });

  it('names the process that holds it, since when and where, and goes on when that is killed', async () => {
    const parent = await startParent('hold', folder);
    const holder = await readHolder(folder);
    expect(holder).toMatchObject({ pid: parent.told.pid, url: 'http://127.0.0.1:4080', token: 'secret' });
    await expect(holdFolder(folder)).rejects.toMatchObject({
      code: 'data_folder_held',
      message: expect.stringMatching(new RegExp(`process ${parent.told.pid} .*${holder!.started}.*127.0.0.1:4080`)),
    });
    await parent.kill();
    expect(await readHolder(folder)).toBeNull();
    await (await holdFolder(folder)).release();
  });

  it('lets one of many processes in that come at once, also after a killed one', async () => {
    for (const round of [1, 2]) {
      const parents = await Promise.all([1, 2, 3, 4, 5, 6].map(() => startParent('hold', folder)));
      const winners = parents.filter((p) => p.told.error === undefined);
      const losers = parents.filter((p) => p.told.code === 'data_folder_held');
      await Promise.all(parents.map((p) => p.kill()));
      expect([winners.length, losers.length], `round ${round}`).toEqual([1, 5]);
    }
    expect((await files()).length).toBe(1);
  });

  it('lets one in of many calls in one process', async () => {
    const tries = await Promise.allSettled(Array.from({ length: 20 }, () => holdFolder(folder)));
    const held = tries.filter((t) => t.status === 'fulfilled');
    expect(held.length).toBe(1);
    await held[0]!.value.release();
  });

  it('is not kept by a process number that now belongs to another process', async () => {
    await leaveHold({ released: false, start: '1' });
    expect(await readHolder(folder)).toBeNull();
    await (await holdFolder(folder)).release();
  });

  it('is kept by a container or machine that renews it, and lost by one that does not', async () => {
    const file = await leaveHold({ released: false, system: 'elsewhere', pid: 1 });
    expect(await readHolder(folder)).toMatchObject({ pid: 1 });
    const waiting = holdFolder(folder);
    waiting.catch(() => {});
    await new Promise((resolve) => setTimeout(resolve, 700));
    await utimes(file, new Date(), new Date());
    await expect(waiting).rejects.toMatchObject({ code: 'data_folder_held' });
    const longAgo = new Date(Date.now() - 60_000);
    await utimes(file, longAgo, longAgo);
    expect(await readHolder(folder)).toBeNull();
    await (await holdFolder(folder)).release();
  });

  it('takes a hold file cut short by a power failure for none', async () => {
    const file = await leaveHold({});
    await writeFile(file, '{"pid": 1');
    expect(await readHolder(folder)).toBeNull();
    await (await holdFolder(folder)).release();
  });

  it('keeps the token from other users', async () => {
    const hold = await holdFolder(folder);
    await hold.announce({ url: 'http://127.0.0.1:1', token: 't' });
    const { stat } = await import('node:fs/promises');
    expect((await stat(join(folder, (await files())[0]!))).mode & 0o077).toBe(0);
    await hold.release();
  });

  it('says when a file is in the way', async () => {
    await writeFile(folder, '');
    await expect(holdFolder(folder)).rejects.toMatchObject({
      code: 'data_folder_unwritable',
      message: expect.stringContaining(folder),
    });
  });

  it.skipIf(process.getuid?.() === 0)('says that the folder cannot be written (root may write anywhere)', async () => {
    await mkdir(folder);
    await chmod(folder, 0o500);
    await expect(holdFolder(folder)).rejects.toMatchObject({ code: 'data_folder_unwritable' });
  });
});
