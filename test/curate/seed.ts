/** Makes a dataset with the answers of some models on a fresh database: what tests of the curate room begin with. */

import { createHash, randomUUID } from 'node:crypto';
import type { PoolClient } from 'pg';
import { landAnswers } from '../../src/compare/land-answers.ts';
import { gridFilter } from '../../src/contracts/workbench.ts';
import { type Curation, openCuration } from '../../src/curate/open.ts';
import { type Database, openDatabase } from '../../src/db/database.ts';
import type { AssayError } from '../../src/errors.ts';
import { freshDatabase } from '../harness/database.ts';

/** A database with the users `local` and `other`, and the room on it. */
export interface Bench {
  db: Database;
  curation: Curation;
  url: string;
  end(): Promise<void>;
}

export async function openBench(name: string): Promise<Bench> {
  const fresh = await freshDatabase(name);
  const db = openDatabase({ url: fresh.url, max: 6 });
  await db.asSystem((q) => q.query(`insert into users (user_id, display_name) values ('other', 'Another user')`));
  const end = async () => {
    await db.close();
    await fresh.drop();
  };
  return { db, curation: openCuration({ db }), url: fresh.url, end };
}

export interface SeedItem {
  id: string;
  input?: Record<string, unknown>;
  name?: string;
  category?: string | null;
  truth?: string | null;
  /** By model; null is a failed call. A model that is not named has not answered. */
  answers: Record<string, string | null>;
}

export interface Seeded {
  userId: string;
  datasetId: string;
  versionId: string;
  versionHash: string;
  /** By model. */
  runs: Record<string, string>;
  ids: string[];
}

const id = (prefix: string): string => `${prefix}_${randomUUID().replaceAll('-', '')}`;

/** A dataset of one version with a current run of each model that answers. */
export async function seed(
  { db }: Pick<Bench, 'db'>,
  items: SeedItem[],
  options: { userId?: string; settings?: Record<string, unknown> } = {},
): Promise<Seeded> {
  const userId = options.userId ?? 'local';
  const datasetId = id('ds');
  await db.asUser(userId, (q) =>
    q.query(`insert into datasets (dataset_id, user_id, name, comparing) values ($1, $2, 'Seeded', $3)`, [
      datasetId,
      userId,
      { decision_path: 'recommendation' },
    ]),
  );
  const version = await addVersion({ db }, { userId, datasetId }, items);
  const runs: Record<string, string> = {};
  for (const model of new Set(items.flatMap((item) => Object.keys(item.answers)))) {
    const rows = items.flatMap((item, ordinal) =>
      model in item.answers ? { ordinal, content: item.answers[model]! } : [],
    );
    runs[model] = await addRun({ db }, { userId, datasetId, ...version, model, ...options }, rows);
  }
  return { userId, datasetId, ...version, runs, ids: items.map((item) => item.id) };
}

export async function addVersion(
  { db }: Pick<Bench, 'db'>,
  of: { userId: string; datasetId: string },
  items: SeedItem[],
): Promise<{ versionId: string; versionHash: string }> {
  const versionId = id('dv');
  const hash = createHash('sha256').update(versionId).digest();
  const rows = items.map((item, ordinal) => ({
    ordinal,
    item_id: item.id,
    name: item.name ?? item.id,
    category: item.category ?? null,
    truth: item.truth ?? null,
    input: item.input ?? { messages: [{ role: 'user', content: `Judge ${item.id}` }] },
  }));
  await db.asUser(of.userId, async (q) => {
    await q.query(
      `insert into dataset_versions (version_id, user_id, dataset_id, content_hash, ordinal, filename, format, bytes, items)
       select $1, $2, $3, $4, count(*), 'seed.jsonl', 'jsonl', 1, $5 from dataset_versions where dataset_id = $3`,
      [versionId, of.userId, of.datasetId, hash, items.length],
    );
    await q.query(
      `insert into items (version_id, ordinal, user_id, item_id, name, category, truth, input, words)
       select $1, r.ordinal, $2, r.item_id, r.name, r.category, r.truth, r.input, to_tsvector('simple', r.name)
       from jsonb_to_recordset($3::jsonb) as r (ordinal integer, item_id text, name text, category text, truth text, input jsonb)`,
      [versionId, of.userId, JSON.stringify(rows)],
    );
  });
  return { versionId, versionHash: hash.toString('hex') };
}

/** A run with its answers landed; null content is a failed call. It takes the place of the model's run before. */
export async function addRun(
  { db }: Pick<Bench, 'db'>,
  of: { userId: string; datasetId: string; versionId: string; model: string; settings?: Record<string, unknown> },
  answers: { ordinal: number; content: string | null }[],
): Promise<string> {
  const runId = id('bm');
  const run = { runId, userId: of.userId, datasetId: of.datasetId, versionId: of.versionId, modelId: of.model };
  const rows = answers.map(({ ordinal, content }) => ({
    ordinal,
    ok: content !== null,
    errorCode: content === null ? 'engine_error' : null,
    content,
    finishReason: 'stop',
    promptTokens: 10,
    completionTokens: 5,
    cachedTokens: null,
    latencyMs: 100,
    firstTokenMs: null,
    scores: null,
  }));
  await db.asUser(of.userId, async (q) => {
    await q.query(
      'update runs set superseded_by = $1 where version_id = $2 and model_id = $3 and superseded_by is null',
      [runId, of.versionId, of.model],
    );
    await q.query(
      `insert into runs (run_id, user_id, dataset_id, version_id, model_id, source, settings, total)
       values ($1, $2, $3, $4, $5, 'import', $6, $7)`,
      [runId, of.userId, of.datasetId, of.versionId, of.model, of.settings ?? {}, rows.length],
    );
  });
  for (let from = 0; from < rows.length; from += 2000) {
    await db.asUser(of.userId, (q: PoolClient) => landAnswers(q, run, rows.slice(from, from + 2000)));
  }
  return runId;
}

/** The filter of a query string, as the routes read it. */
export const filterOf = (datasetId: string, more: Record<string, unknown> = {}) =>
  gridFilter.parse({ dataset_id: datasetId, ...more });

/** Rows as the system sees them. */
export const query = async <T = Record<string, unknown>>(
  { db }: Pick<Bench, 'db'>,
  sql: string,
  values: unknown[] = [],
) => (await db.asSystem((q) => q.query(sql, values))).rows as T[];

/** The code and message of the error that `work` ends with; null when it ends well. */
export const failure = (work: Promise<unknown>): Promise<{ code: string; message: string } | null> =>
  work.then(
    () => null,
    ({ code, message }: AssayError) => ({ code, message }),
  );
