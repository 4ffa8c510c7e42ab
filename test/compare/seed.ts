/** Makes datasets, runs and answers on a fresh database: items in bulk, answers through the landing itself. */

import { Client } from 'pg';
import { landAnswers, type RunOf } from '../../src/compare/land-answers.ts';
import { gridQuery } from '../../src/contracts/workbench.ts';
import { type Database, openDatabase } from '../../src/db/database.ts';
import type { LandingAnswer, VersionOf } from '../../src/runs/deps.ts';
import { freshDatabase } from '../harness/database.ts';

/** A database with its users `local` and `other`. */
export interface Bench {
  db: Database;
  url: string;
  end(): Promise<void>;
}

export async function openBench(name: string): Promise<Bench> {
  const fresh = await freshDatabase(name);
  const db = openDatabase({ url: fresh.url, max: 8 });
  await db.asSystem((q) => q.query(`insert into users (user_id, display_name) values ('other', 'Another user')`));
  const end = async () => {
    await db.close();
    await fresh.drop();
  };
  return { db, url: fresh.url, end };
}

export interface SeedItem {
  id?: string;
  name?: string;
  category?: string | null;
  truth?: string | null;
  words?: string;
}

let made = 0;

/** A dataset of one version; item n is called item-n unless it says otherwise. */
export async function makeDataset(
  bench: Bench,
  items: SeedItem[],
  more: { userId?: string; comparing?: object } = {},
): Promise<VersionOf> {
  const { userId = 'local', comparing = {} } = more;
  made += 1;
  const version = { userId, datasetId: `ds_${made}`, versionId: `dv_${made}` };
  await bench.db.asUser(userId, async (q) => {
    await q.query('insert into datasets (dataset_id, user_id, name, comparing) values ($1, $2, $3, $4)', [
      version.datasetId,
      userId,
      `Dataset ${made}`,
      JSON.stringify(comparing),
    ]);
    await q.query(
      `insert into dataset_versions (version_id, user_id, dataset_id, content_hash, ordinal, filename, format, bytes, items)
       values ($1, $2, $3, sha256($1::text::bytea), 1, 'items.jsonl', 'jsonl', 1, $4)`,
      [version.versionId, userId, version.datasetId, items.length],
    );
    await q.query(
      `insert into items (version_id, ordinal, user_id, item_id, name, category, truth, input, words)
       select $1, n - 1, $2, id, name, category, truth, jsonb_build_object('prompt', words), to_tsvector('simple', words)
       from unnest($3::text[], $4::text[], $5::text[], $6::text[], $7::text[]) with ordinality as t (id, name, category, truth, words, n)`,
      [
        version.versionId,
        userId,
        items.map((item, i) => item.id ?? `item-${i}`),
        items.map((item, i) => item.name ?? `Item ${i}`),
        items.map((item) => item.category ?? null),
        items.map((item) => item.truth ?? null),
        items.map((item, i) => item.words ?? `prompt number${i}`),
      ],
    );
  });
  return version;
}

export interface SeedRun {
  modelId: string;
  batchId?: string;
  items?: number[];
  exampleItems?: string[];
}

/** A current run of a model over the version. */
export async function makeRun(bench: Bench, version: VersionOf, of: string | SeedRun): Promise<RunOf> {
  const { modelId, ...more }: SeedRun = typeof of === 'string' ? { modelId: of } : of;
  made += 1;
  const run = { ...version, runId: `bm_${made}`, modelId };
  await bench.db.asUser(version.userId, (q) =>
    q.query(
      `insert into runs (run_id, user_id, dataset_id, version_id, model_id, source, batch_id, settings, total, items)
       values ($1, $2, $3, $4, $5, 'batch', $6, $7, 0, $8)`,
      [
        run.runId,
        run.userId,
        run.datasetId,
        run.versionId,
        modelId,
        more.batchId ?? null,
        JSON.stringify(more.exampleItems === undefined ? {} : { example_items: more.exampleItems }),
        more.items ?? null,
      ],
    ),
  );
  return run;
}

/** An answer to the item at `ordinal`; null content is a failure. */
export const answer = (
  ordinal: number,
  content: string | object | null,
  more: Partial<LandingAnswer> = {},
): LandingAnswer => ({
  ordinal,
  ok: content !== null,
  errorCode: content === null ? 'engine_error' : null,
  content: content === null || typeof content === 'string' ? content : JSON.stringify(content),
  finishReason: 'stop',
  promptTokens: 10,
  completionTokens: 5,
  cachedTokens: 0,
  latencyMs: 100,
  firstTokenMs: 20,
  scores: null,
  ...more,
});

export const landIn = (bench: Bench, run: RunOf, rows: LandingAnswer[]): Promise<void> =>
  bench.db.asUser(run.userId, (q) => landAnswers(q, run, rows));

/** A grid query out of what would stand in the address. */
export const query = (version: VersionOf, more: object = {}) =>
  gridQuery.parse({ dataset_id: version.datasetId, ...more });

/** Rows of a statement as the system sees them. */
export async function rowsOf<T extends object>(bench: Bench, sql: string, values: unknown[] = []): Promise<T[]> {
  return (await bench.db.asSystem((q) => q.query<T>(sql, values))).rows;
}

/** Says `kind` of the answer of a model to an item, as the curation room would. */
export async function annotate(
  bench: Bench,
  version: VersionOf,
  on: { itemId: string; modelId: string; kind: 'golden' | 'fix' | 'wrong' | null },
): Promise<void> {
  await bench.db.asUser(version.userId, async (q) => {
    await q.query('select pg_advisory_xact_lock(4080, 2)');
    await q.query(
      `insert into annotations (dataset_id, item_id, model_id, user_id, seq, kind, annotator)
       values ($1, $2, $3, $4, nextval('workbench_seq'), $5, 'someone')
       on conflict (dataset_id, item_id, model_id) do update set seq = excluded.seq, kind = excluded.kind`,
      [version.datasetId, on.itemId, on.modelId, version.userId, on.kind],
    );
    await q.query(`select pg_notify('assay_live', '')`);
  });
}

/** A connection of its own that ends every other connection of the database that `matches` chooses by its name. */
export async function cutConnections(url: string, applicationName: string): Promise<number> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    const { rowCount } = await client.query(
      `select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and application_name = $1`,
      [applicationName],
    );
    return rowCount ?? 0;
  } finally {
    await client.end();
  }
}
