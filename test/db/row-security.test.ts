/** Row level security on both servers: with two users, on every table that the catalog says holds a user's rows. */

import { Client } from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Database, openDatabase } from '../../src/db/database.ts';
import { migrate } from '../../src/db/migrate.ts';
import { emptyDatabase, type FreshDatabase } from '../harness/database.ts';
import { servers } from './servers.ts';

const TABLES = `
  select c.oid::int as oid, c.relname as name, c.relrowsecurity as enabled, c.relforcerowsecurity as forced
  from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attname = 'user_id' and not a.attisdropped
  where c.relkind in ('r', 'p') and c.relnamespace = 'public'::regnamespace order by 2`;

const COLUMNS = `
  select a.attname as name, format_type(a.atttypid, a.atttypmod) as type, t.typcategory as category,
    (select pg_get_constraintdef(k.oid) from pg_constraint k
      where k.conrelid = a.attrelid and k.contype = 'c' and k.conkey = array[a.attnum] limit 1) as allowed
  from pg_attribute a join pg_type t on t.oid = a.atttypid
  where a.attrelid = $1 and a.attnum > 0 and not a.attisdropped and a.attidentity = '' and a.attgenerated = ''
    and (a.attnotnull or a.attname = 'user_id')
  order by a.attnum`;

interface Column {
  name: string;
  type: string;
  category: string;
  allowed: string | null;
}

/** Some literal that fits the column: the first word a check allows, else one by its kind of type. */
function literalFor({ type, category, allowed }: Column, word: string): string {
  const listed = allowed === null ? undefined : /'([^']+)'::text/.exec(allowed)?.[1];
  if (listed !== undefined) return `'${listed}'`;
  if (type === 'uuid') return 'gen_random_uuid()';
  if (type === 'jsonb' || type === 'json') return `'{}'`;
  const byCategory: Record<string, string> = { N: '1', B: 'true', D: 'now()', A: `'{}'`, S: `'${word}'` };
  return `${byCategory[category] ?? `'\\x${Buffer.from(word).toString('hex')}'`}::${type}`;
}

for (const candidate of servers) {
  describe.skipIf(!candidate.available)(`row level security on ${candidate.name}`, () => {
    let server: Awaited<ReturnType<typeof candidate.start>>;
    let database: FreshDatabase;
    let db: Database;
    let owner: Client;
    let tables: { oid: number; name: string; enabled: boolean; forced: boolean }[];

    beforeAll(async () => {
      server = await candidate.start();
      database = await emptyDatabase(server.url, 'rls');
      await migrate(database.url);
      db = openDatabase({ url: database.url, max: 2 });
      owner = new Client({ connectionString: database.url });
      await owner.connect();
      tables = (await owner.query(TABLES)).rows;
    });
    afterAll(async () => {
      await db?.close();
      await owner?.end();
      await database?.drop();
      await server?.stop();
    });

    it('is on and forced on every table with a user_id, and there are such tables', () => {
      expect(tables.map((t) => t.name)).toEqual(expect.arrayContaining(['files', 'batches', 'requests', 'results']));
      expect(tables.filter((t) => !t.enabled || !t.forced)).toEqual([]);
    });

    it('shows and lets change each user only their own rows, in every table', async () => {
      // Foreign keys are left out of this: rows of any table can then be made from their columns alone.
      await owner.query("set session_replication_role = 'replica'");
      for (const user of ['ann', 'bob']) {
        for (const table of tables) {
          const columns: Column[] = (await owner.query(COLUMNS, [table.oid])).rows;
          const values = columns.map((c) => (c.name === 'user_id' ? `'${user}'` : literalFor(c, `${user}-${c.name}`)));
          const names = columns.map((c) => `"${c.name}"`).join(', ');
          await owner.query(`insert into "${table.name}" (${names}) values (${values.join(', ')})`);
        }
      }
      for (const { name } of tables) {
        const seen = await db.asUser(
          'ann',
          async (q) => (await q.query(`select distinct user_id from "${name}"`)).rows,
        );
        expect(seen, name).toEqual([{ user_id: 'ann' }]);
        const both = await db.asSystem(
          async (q) => (await q.query(`select 1 from "${name}" where user_id in ('ann', 'bob')`)).rowCount,
        );
        expect(both, name).toBe(2);
        const { rows } = await owner.query(`select has_table_privilege('assay_app', $1, 'update') as may`, [name]);
        const stolen = db.asUser('ann', (q) => q.query(`update "${name}" set user_id = 'bob'`));
        await expect(stolen, name).rejects.toThrow(rows[0].may ? /row-level security/ : /permission denied/);
        if (!rows[0].may) continue;
        const touched = await db.asUser('ann', async (q) => {
          const updated = await q.query(`update "${name}" set user_id = user_id where user_id = 'bob'`);
          return updated.rowCount;
        });
        expect(touched, name).toBe(0);
      }
    });

    it('lets nobody delete the rows of others, in every table', async () => {
      for (const { name } of tables) {
        await db
          .asUser('ann', async (q) => {
            expect((await q.query(`delete from "${name}" where user_id = 'bob'`)).rowCount, name).toBe(0);
            throw new Error('undo');
          })
          .catch((error: Error) => expect(error.message).toBe('undo'));
      }
    });

    it('shows nothing without a user', async () => {
      const blind = db.asUser('', async (q) => (await q.query('select 1 from files')).rowCount);
      expect(await blind).toBe(0);
    });
  });
}
