/** After much was written at once the database knows its tables: the grid's queries go by index right after it. */

import type { PoolClient } from 'pg';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { gridPage } from '../../src/compare/grid-page.ts';
import { wholeItem } from '../../src/compare/whole-item.ts';
import type { DatasetObject } from '../../src/contracts/datasets.ts';
import { gridQuery } from '../../src/contracts/workbench.ts';
import { analyzeAfter } from '../../src/datasets/analyze-tables.ts';
import { listItems } from '../../src/datasets/list-items.ts';
import type { Database } from '../../src/db/database.ts';
import { silentLog } from '../harness/database.ts';
import { type DatasetBench, openBench } from './room.ts';

const ITEMS = 100_000;
let bench: DatasetBench;
let dataset: DatasetObject;
beforeAll(async () => {
  bench = await openBench('analyze', { maxItems: ITEMS, blockRows: 5000 });
  // The database would otherwise look by itself at some moment of the test.
  for (const table of ['items', 'item_states', 'answers'])
    await ownerQuery(`alter table ${table} set (autovacuum_enabled = false)`);
  const rows = Array.from(
    { length: ITEMS },
    (_, i) => `{"custom_id":"c${i}","prompt":"question ${i}","category":"k${i % 9}"}`,
  );
  dataset = await bench.put('many.jsonl', rows.join('\n'));
}, 120_000);
afterAll(() => bench.end());

/** A statement of the owner of the tables, which asks as nobody of the product does. */
const ownerQuery = async (sql: string, values: unknown[] = []) => {
  let rows: Record<string, unknown>[] = [];
  await bench.db.asSystem(async (q) => {
    await q.query('reset role');
    rows = (await q.query(sql, values)).rows;
  });
  return rows;
};

/** The statements that `work` asks of the items, each with its plan as the user's role has it. */
async function plansOf(work: (db: Database) => Promise<unknown>): Promise<string[]> {
  const asked: { sql: string; values: unknown[] }[] = [];
  const db: Database = {
    ...bench.db,
    asUser: (userId, inside) =>
      bench.db.asUser(userId, (q) =>
        inside({
          query(sql: string, values: unknown[] = []) {
            if (/ items\b/.test(sql)) asked.push({ sql, values });
            return q.query(sql, values);
          },
        } as unknown as PoolClient),
      ),
  };
  await work(db);
  expect(asked.length).toBeGreaterThan(0);
  return bench.db.asUser('local', async (q) => {
    const plans: string[] = [];
    for (const { sql, values } of asked) {
      const { rows } = await q.query<{ 'QUERY PLAN': string }>(`explain ${sql}`, values);
      plans.push(rows.map((row) => row['QUERY PLAN']).join('\n'));
    }
    return plans;
  });
}

const page = (more: object) => (db: Database) =>
  gridPage(db, 'local', gridQuery.parse({ dataset_id: dataset.id, ...more }));
const queries: Record<string, (db: Database) => Promise<unknown>> = {
  'the first page of the grid': page({}),
  'a page far down': page({ skip: 90_000 }),
  'a page of one category': page({ category: 'k3' }),
  'one item': (db) => wholeItem(db, 'local', { datasetId: dataset.id, candidateId: 'c777' }),
  'a page of the dataset': (db) => listItems(db, 'local', { id: dataset.id, after: 70_000, limit: 100 }),
};

it('knows the size of the table right after an import', async () => {
  const [table] = await ownerQuery(`select reltuples::int as rows from pg_class where relname = 'items'`);
  expect(table!.rows).toBe(ITEMS);
  const stats = await ownerQuery(`select attname from pg_stats where tablename = 'items'`);
  expect(stats.map((row) => row.attname)).toContain('category');
});

it('has sorted all words into their index, so that a search need not read those that wait', async () => {
  const [waiting] = await ownerQuery(`select gin_clean_pending_list('items_by_words') as pages`);
  expect(Number(waiting!.pages)).toBe(0);
});

for (const [what, work] of Object.entries(queries)) {
  it(`reads ${what} by index`, async () => {
    for (const plan of await plansOf(work)) {
      // Of a category of a ninth of all items the count reads them all.
      if (plan.startsWith('Aggregate') || plan.startsWith('Finalize')) continue;
      expect(plan).toMatch(/items_(pkey|by_id)/);
      expect(plan).not.toContain('Seq Scan on items');
    }
  });
}

it('leaves small changes to the database, other tables alone, and a fault in the log', async () => {
  const warned: object[] = [];
  const log = { ...silentLog, warn: (values: object) => warned.push(values) };
  await analyzeAfter({ db: bench.db, log }, 10, ['annotations']);
  await analyzeAfter({ db: bench.db, log }, ITEMS, ['users' as 'items']);
  const looked = await ownerQuery(
    `select relname from pg_class where relname in ('annotations', 'users') and reltuples >= 0`,
  );
  expect([looked, warned]).toEqual([[], []]);
  const away = { ...bench.db, asSystem: () => Promise.reject(new Error('away')) };
  await analyzeAfter({ db: away, log }, ITEMS, ['items']);
  expect(warned).toEqual([{ tables: ['items'], problem: 'away' }]);
});
