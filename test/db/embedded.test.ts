/** The embedded PostgreSQL: starts anywhere, comes back when killed, ends with its parent, and loses nothing committed. */

import { spawn } from 'node:child_process';
import { chmod, cp, mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Client } from 'pg';
import { beforeEach, describe, expect, it } from 'vitest';
import { findBinaries } from '../../src/db/binaries.ts';
import { prepareCluster } from '../../src/db/cluster.ts';
import { type Embedded, startEmbedded } from '../../src/db/embedded.ts';
import { launch } from '../../src/db/launch.ts';
import { describeProcess, isAlive, processesIn, send } from '../../src/db/processes.ts';
import { stopProcess } from '../../src/db/reclaim.ts';
import { embeddedOptions } from './options.ts';
import { startParent } from './programs.ts';
import { testFolder } from './servers.ts';

const LONG = 120_000;
let folder: string;
beforeEach(async () => {
  const made = await testFolder();
  // Below a folder that any user may enter; tests of closed ones close it themselves.
  await chmod(made.path, 0o755);
  folder = join(made.path, 'postgres');
  return made.remove;
});

/** Asks until the server answers: after a kill it takes a moment. */
async function query(url: string, sql: string): Promise<unknown[]> {
  for (const until = Date.now() + 30_000; ; ) {
    const client = new Client({ connectionString: url });
    client.on('error', () => {});
    try {
      await client.connect();
      return (await client.query({ text: sql, rowMode: 'array' })).rows.flat();
    } catch (error) {
      if (Date.now() > until || /^(42|22|23)/.test((error as { code?: string }).code ?? '')) throw error;
      await new Promise((resolve) => setTimeout(resolve, 50));
    } finally {
      await client.end().catch(() => {});
    }
  }
}

async function using<T>(path: string, work: (server: Embedded) => Promise<T>): Promise<T> {
  const server = await startEmbedded(embeddedOptions(path));
  try {
    return await work(server);
  } finally {
    await server.stop();
  }
}

describe('startEmbedded', () => {
  it('makes a durable UTF-8 cluster that nobody reaches without the password', { timeout: LONG }, async () => {
    await using(folder, async ({ url, pid }) => {
      for (const name of ['fsync', 'synchronous_commit', 'full_page_writes', 'autovacuum']) {
        expect(await query(url, `show ${name}`), name).toEqual(['on']);
      }
      expect(await query(url, 'show server_encoding')).toEqual(['UTF8']);
      expect(await query(url, 'show listen_addresses')).toEqual(['']);
      expect(await query(url, "select upper('é'), 'a' < 'B'")).toEqual(['É', false]);
      const stranger = new Client({ connectionString: url.replace(/:[0-9a-f]+@/, ':wrong@') });
      await expect(stranger.connect()).rejects.toMatchObject({ code: '28P01' });
      expect((await stat(join(folder, 'password'))).mode & 0o077).toBe(0);
      expect((await stat(join(folder, 'data'))).mode & 0o077).toBe(0);
      expect(describeProcess(pid()!).command).toContain('postgres');
      expect((await readdir(folder)).sort()).toEqual(['data', 'password', 'postgres.log', 'run']);
    });
  });

  it('stops, and starts again on the same folder with what was there', { timeout: LONG }, async () => {
    const pid = await using(folder, async (server) => {
      await query(server.url, 'create table t as select 1 as x');
      return server.pid()!;
    });
    expect(isAlive(pid)).toBe(false);
    expect(await using(folder, ({ url }) => query(url, 'table t'))).toEqual([1]);
  });

  it('comes back at the same address when it is killed, again and again, with all that was committed', {
    timeout: LONG,
  }, async () => {
    await using(folder, async (server) => {
      await query(server.url, 'create table t (x int)');
      for (let round = 1; round <= 3; round++) {
        await query(server.url, `insert into t values (${round})`);
        const before = server.pid()!;
        send(before, 'SIGKILL');
        await expect.poll(() => server.pid() !== before && server.pid() !== null, { timeout: 30_000 }).toBe(true);
        expect(await query(server.url, 'select count(*)::int from t')).toEqual([round]);
      }
    });
  });

  it('ends when its parent is killed, and starts again', { timeout: LONG }, async () => {
    for (const round of [1, 2, 3]) {
      const parent = await startParent('embedded', folder);
      expect(parent.told.error, `round ${round}`).toBeUndefined();
      if (round === 1) await query(parent.told.url!, 'create table t (x int)');
      await query(parent.told.url!, `insert into t values (${round})`);
      await parent.kill();
      if (round === 3) await expect.poll(() => isAlive(parent.told.pid), { timeout: 30_000 }).toBe(false);
    }
    expect(await using(folder, ({ url }) => query(url, 'select count(*)::int from t'))).toEqual([3]);
  });

  it('starts after parent, server and all other processes of it were killed at once', { timeout: LONG }, async () => {
    const parent = await startParent('embedded', folder);
    await query(parent.told.url!, 'create table t as select 1 as x');
    send(parent.child.pid!, 'SIGKILL');
    for (const pid of [parent.told.pid, ...processesIn(join(folder, 'data'))]) send(pid, 'SIGKILL');
    expect(await using(folder, ({ url }) => query(url, 'table t'))).toEqual([1]);
  });

  it('stops a server that still runs on its folder', { timeout: LONG }, async () => {
    const parent = await startParent('embedded', folder);
    // A stopped parent neither ends its server nor starts it again.
    send(parent.child.pid!, 'SIGSTOP');
    await using(folder, async (server) => {
      expect(isAlive(parent.told.pid)).toBe(false);
      expect(await query(server.url, 'select 1')).toEqual([1]);
      await parent.kill();
    });
  });

  it('starts though its pid file names a process that is something else by now', { timeout: LONG }, async () => {
    await using(folder, async () => {});
    const other = spawn('sleep', ['600'], process.getuid?.() === 0 ? { uid: 65534, gid: 65534 } : {});
    try {
      const lines = [other.pid, join(folder, 'data'), 1, 5432, join(folder, 'run'), '', '12345 1', 'ready'];
      await writeFile(join(folder, 'data', 'postmaster.pid'), `${lines.join('\n')}\n`);
      await writeFile(join(folder, 'run', '.s.PGSQL.5432.lock'), `${lines.join('\n')}\n`);
      expect(await using(folder, ({ url }) => query(url, 'select 1'))).toEqual([1]);
      expect(isAlive(other.pid!)).toBe(true);
    } finally {
      other.kill('SIGKILL');
    }
  });

  it('takes loopback with a password when the path is too long for a socket', { timeout: LONG }, async () => {
    const deep = join(folder, 'x'.repeat(80), 'y'.repeat(80));
    await using(deep, async (server) => {
      expect(server.url).toMatch(/@127\.0\.0\.1:\d+\/postgres$/);
      expect(await query(server.url, 'show listen_addresses')).toEqual(['127.0.0.1']);
      const before = server.pid()!;
      send(before, 'SIGKILL');
      await expect.poll(() => server.pid() !== before && server.pid() !== null, { timeout: 30_000 }).toBe(true);
      expect(await query(server.url, 'select 1')).toEqual([1]);
    });
  });

  it('starts in a path with spaces, quotes and other letters', { timeout: LONG }, async () => {
    const odd = join(folder, `o'ne two "日本" %20`);
    expect(await using(odd, ({ url }) => query(url, 'select 1'))).toEqual([1]);
  });

  it('starts over after an initdb that was killed', { timeout: LONG }, async () => {
    await mkdir(join(folder, 'making-0000', 'data', 'base'), { recursive: true });
    expect(await using(folder, ({ url }) => query(url, 'select 1'))).toEqual([1]);
    expect(await readdir(folder)).not.toContain('making-0000');
  });

  it('refuses a folder of another major version', { timeout: LONG }, async () => {
    await mkdir(join(folder, 'data'), { recursive: true });
    await writeFile(join(folder, 'data', 'PG_VERSION'), '14\n');
    await expect(startEmbedded(embeddedOptions(folder))).rejects.toMatchObject({
      code: 'database_folder_version',
      message: expect.stringMatching(/PostgreSQL 14.*PostgreSQL 18/),
    });
  });

  it('gives up on a broken cluster with what PostgreSQL says', { timeout: LONG }, async () => {
    await using(folder, async () => {});
    await writeFile(join(folder, 'data', 'postgresql.conf'), 'no_such_setting = 1\n');
    await expect(startEmbedded(embeddedOptions(folder))).rejects.toMatchObject({
      code: 'database_unavailable',
      message: expect.stringContaining('no_such_setting'),
    });
  });
});

describe.skipIf(process.getuid?.() !== 0)('startEmbedded as root', () => {
  it('runs as another user', { timeout: LONG }, async () => {
    await using(folder, async ({ pid }) => expect((await stat(`/proc/${pid()}`)).uid).not.toBe(0));
  });

  it('starts below a folder that is closed to others, and ends with its parent there', { timeout: LONG }, async () => {
    await chmod(dirname(folder), 0o700);
    const parent = await startParent('embedded', folder);
    expect(parent.told.error).toBeUndefined();
    expect((await stat(`/proc/${parent.told.pid}`)).uid).not.toBe(0);
    await parent.kill();
    await expect.poll(() => isAlive(parent.told.pid), { timeout: 30_000 }).toBe(false);
    expect(await using(folder, ({ url }) => query(url, 'select 1'))).toEqual([1]);
    expect((await stat(dirname(folder))).mode & 0o777).toBe(0o700);
  });

  it('starts with programs below a folder that is closed to others', { timeout: LONG }, async () => {
    await chmod(dirname(folder), 0o700);
    const { postgres } = await findBinaries();
    const copy = join(dirname(folder), 'native');
    await cp(dirname(dirname(postgres)), copy, { recursive: true, verbatimSymlinks: true });
    const binaries = { postgres: join(copy, 'bin', 'postgres'), initdb: join(copy, 'bin', 'initdb') };
    const cluster = await prepareCluster(folder, binaries);
    const address = { socketFolder: cluster.run, port: 5432 };
    const server = await launch({ ...embeddedOptions(folder), binaries, cluster, address });
    await stopProcess(server.pid, server.hasEnded);
    expect(await readFile(cluster.log, 'utf8')).toContain('ready to accept connections');
  });
});
