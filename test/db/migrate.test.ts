/** Migrations on both servers: in order, once, safe under two migrators, refused on databases they do not fit. */

import { cp, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Client } from 'pg';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { ledgerWatch, migrate } from '../../src/db/migrate.ts';
import { emptyDatabase, type FreshDatabase, runOn } from '../harness/database.ts';
import { servers, testFolder } from './servers.ts';

const shipped = fileURLToPath(new URL('../../migrations/', import.meta.url));

async function rowsOf(url: string, sql: string): Promise<Record<string, unknown>[]> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query(sql)).rows;
  } finally {
    await client.end();
  }
}

for (const candidate of servers) {
  describe.skipIf(!candidate.available)(`migrate on ${candidate.name}`, () => {
    let server: Awaited<ReturnType<typeof candidate.start>>;
    let database: FreshDatabase;
    let folder: Awaited<ReturnType<typeof testFolder>>;

    beforeAll(async () => {
      server = await candidate.start();
      folder = await testFolder();
    });
    afterAll(async () => {
      await server?.stop();
      await folder?.remove();
    });
    beforeEach(async () => {
      database = await emptyDatabase(server.url, 'migrate');
      return () => database.drop();
    });

    /** A folder of migrations of the test's own. */
    async function migrations(name: string, files: Record<string, string>): Promise<string> {
      const path = join(folder.path, name);
      await mkdir(path, { recursive: true });
      for (const [file, sql] of Object.entries(files)) await writeFile(join(path, file), sql);
      return path;
    }

    it('applies what is missing once, in order', async () => {
      const first = await migrate(database.url);
      expect(first[0]).toBe('0001_base');
      expect(first).toEqual([...first].sort());
      expect(await migrate(database.url)).toEqual([]);
      const kept = await rowsOf(database.url, 'select name, breaking from schema_migrations order by name');
      expect(kept.map((row) => row.name)).toEqual(first);
    });

    it('lets migrators that start at the same moment share the work without an error', async () => {
      const slow = await migrations('slow', {
        '0001_a.sql': '-- breaking: no\ncreate table a (x int); select pg_sleep(0.3);',
        '0002_b.sql': '-- breaking: no\ncreate table b (x int); select pg_sleep(0.1);',
      });
      const runs = await Promise.all([1, 2, 3, 4].map(() => migrate(database.url, { folder: slow })));
      expect(runs.flat().sort()).toEqual(['0001_a', '0002_b']);
    });

    it('leaves nothing of a migration that fails, and a later try applies it', async () => {
      const broken = await migrations('broken', {
        '0001_a.sql': '-- breaking: no\ncreate table a (x int);',
        '0002_b.sql': '-- breaking: no\ncreate table b (x int); select 1 / 0;',
      });
      await expect(migrate(database.url, { folder: broken })).rejects.toMatchObject({
        code: 'migration_failed',
        message: expect.stringMatching(/0002_b.*division by zero/),
      });
      expect(await rowsOf(database.url, "select to_regclass('a') is null as a, to_regclass('b') is null as b")).toEqual(
        [{ a: false, b: true }],
      );
      await writeFile(join(broken, '0002_b.sql'), '-- breaking: no\ncreate table b (x int);');
      expect(await migrate(database.url, { folder: broken })).toEqual(['0002_b']);
    });

    it('refuses a database that a newer breaking version migrated, and takes a newer one that is not breaking', async () => {
      await migrate(database.url);
      await runOn(database.url, "insert into schema_migrations values ('9998_ahead', 'x', false)");
      expect(await migrate(database.url)).toEqual([]);
      await runOn(database.url, "insert into schema_migrations values ('9999_far_ahead', 'x', true)");
      await expect(migrate(database.url)).rejects.toMatchObject({
        code: 'database_too_new',
        message: expect.stringContaining('9999_far_ahead'),
      });
    });

    it('applies nothing breaking under workers that do not know of it, and names them', async () => {
      await migrate(database.url);
      const later = await migrations('later', {
        '9000_more.sql': '-- breaking: no\ncreate table more (x int);',
        '9001_other.sql': '-- breaking: yes\ncreate table other (x int);',
      });
      await cp(shipped, later, { recursive: true });
      await runOn(
        database.url,
        `set role assay_system;
         insert into workers (worker_id, host, pid, version, seen_at) values ('worker-old', 'box', 7, '0.0.9', now()),
           ('worker-dead', 'box', 8, '0.0.9', now() - interval '31 s')`,
      );
      const told: string[] = [];
      const workers = { aliveSeconds: 30, waitMs: 300, waiting: (reason: string) => void told.push(reason) };
      await expect(migrate(database.url, { folder: later, workers })).rejects.toMatchObject({
        code: 'workers_older',
        message: expect.stringMatching(/9001_other.*worker-old \(version 0\.0\.9, process 7 on box\)\. Stop each/),
      });
      expect(told).toEqual([expect.stringContaining('worker-old')]);
      expect(told[0]).not.toContain('worker-dead');
      expect(await rowsOf(database.url, "select to_regclass('more') as more")).toEqual([{ more: null }]);
      const waiting = migrate(database.url, { folder: later, workers: { ...workers, waitMs: 30_000 } });
      await runOn(database.url, `set role assay_system; delete from workers where worker_id = 'worker-old'`);
      expect(await waiting).toEqual(['9000_more', '9001_other']);
    });

    it('applies what only adds under workers, and tells a running process of what is breaking since its start', async () => {
      await migrate(database.url);
      const look = await ledgerWatch(database.url);
      await runOn(
        database.url,
        `set role assay_system; insert into workers (worker_id, host, pid, version) values ('worker-old', 'box', 7, '0.0.9')`,
      );
      const added = await migrations('added', { '9000_more.sql': '-- breaking: no\ncreate table more (x int);' });
      await cp(shipped, added, { recursive: true });
      const workers = { aliveSeconds: 30, waitMs: 0, waiting: () => undefined };
      expect(await migrate(database.url, { folder: added, workers })).toEqual(['9000_more']);
      await look();
      await runOn(database.url, "insert into schema_migrations values ('9999_far_ahead', 'x', true)");
      await expect(look()).rejects.toMatchObject({
        code: 'database_too_new',
        message: expect.stringContaining('9999_far_ahead'),
      });
    });

    it('names an applied migration whose file has changed, but not for other line ends', async () => {
      const copy = join(folder.path, 'copy');
      await cp(shipped, copy, { recursive: true });
      await migrate(database.url, { folder: copy });
      const text = '-- breaking: no\nselect 1;\n';
      await writeFile(join(copy, '9000_extra.sql'), text);
      expect(await migrate(database.url, { folder: copy })).toEqual(['9000_extra']);
      await writeFile(join(copy, '9000_extra.sql'), text.replaceAll('\n', '\r\n'));
      expect(await migrate(database.url, { folder: copy })).toEqual([]);
      await writeFile(join(copy, '9000_extra.sql'), `${text}select 2;\n`);
      await expect(migrate(database.url, { folder: copy })).rejects.toMatchObject({
        code: 'migration_changed',
        message: expect.stringContaining('9000_extra'),
      });
    });

    it('makes the roles when two databases of one server are migrated at once', async () => {
      const other = await emptyDatabase(server.url, 'migrate_other');
      try {
        const none = await migrations('none', {});
        await Promise.all([database, other, database, other].map(({ url }) => migrate(url, { folder: none })));
      } finally {
        await other.drop();
      }
      const roles = await rowsOf(
        server.url,
        "select rolname, rolsuper, rolbypassrls, rolcanlogin from pg_roles where rolname in ('assay_app', 'assay_system') order by 1",
      );
      const plain = { rolsuper: false, rolbypassrls: false, rolcanlogin: false };
      expect(roles).toEqual([
        { rolname: 'assay_app', ...plain },
        { rolname: 'assay_system', ...plain },
      ]);
    });

    it('works for an owner who is no superuser, and says what to run when he may not take the roles', async () => {
      await migrate(database.url);
      const owner = `assay_owner_${Date.now()}`;
      await runOn(server.url, `create role ${owner} login password 'owner'`);
      const theirs = await emptyDatabase(server.url, 'migrate_owner');
      const url = theirs.url.replace(/\/\/[^@]*@/, `//${owner}:owner@`);
      try {
        await runOn(theirs.url, `grant create on schema public to ${owner}`);
        await expect(migrate(url)).rejects.toMatchObject({
          code: 'database_role',
          message: expect.stringContaining(`grant assay_app, assay_system to "${owner}"`),
        });
        await runOn(theirs.url, `grant assay_app, assay_system to "${owner}"`);
        expect((await migrate(url)).length).toBeGreaterThan(0);
      } finally {
        await theirs.drop();
        await runOn(server.url, `drop role ${owner}`);
      }
    });
  });
}

it('says that no database answers', async () => {
  await expect(migrate('postgres://nobody@127.0.0.1:1/none')).rejects.toMatchObject({ code: 'database_unavailable' });
});
