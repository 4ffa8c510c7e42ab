/** Datasets from before the marks get theirs when the database is migrated, also by an owner who is no superuser. */

import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { marksOf } from '../../src/compare/marks.ts';
import { openDatabase } from '../../src/db/database.ts';
import { migrate } from '../../src/db/migrate.ts';
import { emptyDatabase, freshDatabase, realServerUrl, runOn } from '../harness/database.ts';

const shipped = fileURLToPath(new URL('../../migrations/', import.meta.url));

test('marks of the datasets there were, which then count on', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'assay-marks-'));
  for (const name of ['0001_base.sql', '0002_workbench.sql']) await cp(join(shipped, name), join(folder, name));
  // The roles of the product, which an owner who is no superuser cannot make.
  const made = await freshDatabase('marks_roles');
  const server = (await realServerUrl()) ?? made.url;
  const empty = await emptyDatabase(server, 'marks');
  const owner = `assay_owner_${process.pid}_${Date.now()}`;
  await runOn(server, `create role ${owner} login password 'x' in role assay_app, assay_system`);
  await runOn(
    empty.url,
    `grant all on schema public to ${owner}; grant usage on schema public to assay_app, assay_system`,
  );
  const url = empty.url.replace(/\/\/[^@/]*@/, `//${owner}:x@`);
  const db = openDatabase({ url, max: 2 });
  try {
    await migrate(url, { folder });
    await db.asUser('local', (q) =>
      q.query(`insert into datasets (dataset_id, user_id, name) values ('ds_old', 'local', 'Old')`),
    );
    await migrate(url);
    const marks = () => db.asUser('local', (q) => marksOf(q, 'local'));
    const before = await marks();
    expect(before).toMatchObject([{ datasetId: 'ds_old' }]);
    await db.asUser('local', (q) => q.query(`update datasets set name = 'New'`));
    expect((await marks())[0]!.settings).not.toBe(before[0]!.settings);
    await db.asSystem((q) => q.query('select analyze_workbench($1)', [['items', 'answers']]));
  } finally {
    await db.close();
    await empty.drop();
    await runOn(server, `drop role ${owner}`);
    await made.drop();
    await rm(folder, { recursive: true });
  }
});
