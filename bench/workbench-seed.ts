/** Puts a dataset without answers into a database, with the runs whose answers a benchmark lands. */

import type { Database } from '../src/db/database.ts';

export const version = { userId: 'local', datasetId: 'ds_bench', versionId: 'dv_bench' };

/** Run of model number `m`. */
export const runId = (m: number): string => `bm_${m}`;

/** `items` persons with a prompt of some hundred characters, in twelve categories. */
export async function seedWorkbench(db: Database, items: number, models: string[]): Promise<void> {
  await db.asUser('local', async (q) => {
    await q.query(`insert into datasets (dataset_id, user_id, name) values ($1, 'local', 'bench')`, [
      version.datasetId,
    ]);
    await q.query(
      `insert into dataset_versions (version_id, user_id, dataset_id, content_hash, ordinal, filename, format, bytes, items)
       values ($1, 'local', $2, '\\x00', 1, 'bench.jsonl', 'jsonl', 1, $3)`,
      [version.versionId, version.datasetId, items],
    );
    await q.query(
      `insert into items (version_id, ordinal, user_id, item_id, name, category, input, words)
       select $1, n, 'local', 'item-' || n, 'Person ' || n || ' (Engineer at Company ' || n % 500 || ')',
         'category ' || n % 12, jsonb_build_object('prompt', repeat('Who is this? ', 60) || n),
         to_tsvector('simple', repeat('Who is this? ', 60) || n || ' Person Company' || n % 500)
       from generate_series(0, $2 - 1) as n`,
      [version.versionId, items],
    );
    for (const [m, modelId] of models.entries()) {
      await q.query(
        `insert into runs (run_id, user_id, dataset_id, version_id, model_id, source, total, created_at)
         values ($1, 'local', $2, $3, $4, 'import', $5, now() + $6::int * interval '1 second')`,
        [runId(m), version.datasetId, version.versionId, modelId, items, m],
      );
    }
  });
}
