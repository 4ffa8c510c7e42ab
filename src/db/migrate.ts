/** Brings a database to the tables this version knows: numbered files, forward only, safe with two migrators at once. */

import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Client, DatabaseError } from 'pg';
import { AssayError } from '../errors.ts';
import { mapConnectError, mapStatementError, problemOf } from './failures.ts';
import { awaitOlderWorkers, type WorkerWatch } from './older-workers.ts';
import { prepareRoles } from './roles.ts';

const ownFolder = fileURLToPath(new URL('../../migrations/', import.meta.url));
/** Oldest major version whose SQL the migrations and queries use. */
const OLDEST_VERSION = 15;

interface Migration {
  name: string;
  sql: string;
  breaking: boolean;
  /** sha256 of the text with line ends as \n, so that a checkout on Windows counts as the same file. */
  checksum: string;
}

/**
 * Applies the migrations that `url` lacks, each in its own transaction, and returns their names in order. When one of them
 * is breaking nothing is applied while `workers` of an older version are heard of; absent, nobody looks for any.
 *
 * @throws AssayError database_unavailable, database_too_old (PostgreSQL below 15), database_too_new (migrated by a
 * newer version in a way this one cannot read), workers_older, database_role, migration_changed, migration_failed, disk_full.
 */
export async function migrate(
  url: string,
  options: { folder?: string; workers?: WorkerWatch } = {},
): Promise<string[]> {
  const known = await readMigrations(options.folder ?? ownFolder);
  return onConnection(url, async (client) => {
    await checkVersion(client);
    await prepareRoles(client);
    await createLedger(client);
    const there = await checkLedger(client, known);
    const breaking = known.find((migration) => migration.breaking && !there.includes(migration.name));
    if (breaking !== undefined && options.workers !== undefined)
      await awaitOlderWorkers(client, breaking.name, options.workers);
    const applied: string[] = [];
    for (const migration of known) if (await apply(client, migration)) applied.push(migration.name);
    return applied;
  });
}

/**
 * The names of the migrations that `url` lacks, none of which is applied: for processes that leave that to the server.
 *
 * @throws AssayError database_unavailable, database_too_old, database_too_new, migration_changed.
 */
export async function missingMigrations(url: string, options: { folder?: string } = {}): Promise<string[]> {
  const known = await readMigrations(options.folder ?? ownFolder);
  return onConnection(url, async (client) => {
    await checkVersion(client);
    const { rows } = await client.query<{ there: boolean }>(
      "select to_regclass('schema_migrations') is not null as there",
    );
    const applied = rows[0]!.there ? await checkLedger(client, known) : [];
    return known.map((migration) => migration.name).filter((name) => !applied.includes(name));
  });
}

/**
 * A look for migrations that this version does not know and cannot live with: it throws database_too_new when the database
 * has had one since. What is known is read here and now, since the files of a running process may be replaced.
 */
export async function ledgerWatch(url: string, options: { folder?: string } = {}): Promise<() => Promise<void>> {
  const known = (await readMigrations(options.folder ?? ownFolder)).map((migration) => migration.name);
  return () =>
    onConnection(url, async (client) => {
      const { rows } = await client.query<{ name: string }>(
        'select name from schema_migrations where breaking and name <> all ($1) order by name limit 1',
        [known],
      );
      if (rows[0] !== undefined)
        throw new AssayError('database_too_new', { found: rows[0].name, known: known.at(-1) ?? 'none' });
    });
}

async function onConnection<T>(url: string, work: (client: Client) => Promise<T>): Promise<T> {
  const client = new Client({ connectionString: url, application_name: 'assay migrate' });
  let lost = false;
  client.on('error', () => {
    lost = true;
  });
  try {
    await client.connect();
  } catch (error) {
    await client.end().catch(() => {});
    throw mapConnectError(error);
  }
  try {
    return await work(client);
  } catch (error) {
    throw mapStatementError(error, lost);
  } finally {
    await client.end().catch(() => {});
  }
}

async function readMigrations(folder: string): Promise<Migration[]> {
  const names = (await readdir(folder)).filter((name) => /^\d{4}_.*\.sql$/.test(name)).sort();
  return Promise.all(
    names.map(async (file) => {
      const sql = (await readFile(join(folder, file), 'utf8')).replaceAll('\r\n', '\n');
      const name = file.slice(0, -'.sql'.length);
      const breaking = /^-- breaking: (yes|no)\n/.exec(sql)?.[1];
      if (breaking === undefined) {
        throw new AssayError('migration_failed', { name, problem: 'its first line is not "-- breaking: yes" or "no"' });
      }
      return { name, sql, breaking: breaking === 'yes', checksum: createHash('sha256').update(sql).digest('hex') };
    }),
  );
}

async function checkVersion(client: Client): Promise<void> {
  const { rows } = await client.query<{ number: number; text: string }>(
    "select current_setting('server_version_num')::int as number, current_setting('server_version') as text",
  );
  const [version] = rows;
  if (version!.number < OLDEST_VERSION * 10_000) throw new AssayError('database_too_old', { version: version!.text });
}

/** `if not exists` still races with another creator (it fails on the catalog's unique index): then it exists. */
async function createLedger(client: Client): Promise<void> {
  const sql = `create table if not exists schema_migrations (
    name text primary key,
    checksum text not null,
    breaking boolean not null,
    applied_at timestamptz not null default now()
  )`;
  try {
    await client.query(sql);
  } catch (error) {
    if (!(error instanceof DatabaseError) || !['23505', '42P07', '42710'].includes(error.code ?? '')) {
      throw failed('schema_migrations', error);
    }
  }
}

/** Gives the names of what is applied. */
async function checkLedger(client: Client, known: Migration[]): Promise<string[]> {
  const { rows } = await client.query<{ name: string; checksum: string; breaking: boolean }>(
    'select name, checksum, breaking from schema_migrations order by name',
  );
  for (const row of rows) {
    const mine = known.find((m) => m.name === row.name);
    if (mine === undefined && row.breaking) {
      throw new AssayError('database_too_new', { found: row.name, known: known.at(-1)?.name ?? 'none' });
    }
    if (mine !== undefined && mine.checksum !== row.checksum) {
      throw new AssayError('migration_changed', { name: row.name, found: mine.checksum, applied: row.checksum });
    }
  }
  return rows.map((row) => row.name);
}

/**
 * The row in schema_migrations comes first inside the transaction: a second migrator's insert waits on it, and then
 * either finds the migration done (and skips it) or, when the first one failed, does it itself.
 */
async function apply(client: Client, migration: Migration): Promise<boolean> {
  await client.query('BEGIN');
  try {
    const { rowCount } = await client.query(
      'insert into schema_migrations (name, checksum, breaking) values ($1, $2, $3) on conflict do nothing',
      [migration.name, migration.checksum, migration.breaking],
    );
    if (rowCount === 1) await client.query(migration.sql);
    await client.query('COMMIT');
    return rowCount === 1;
  } catch (error) {
    await client.query('ROLLBACK').catch(() => {});
    throw failed(migration.name, error);
  }
}

/** A full disk or a lost connection keeps its own code; anything else is the migration's fault. */
function failed(name: string, error: unknown): unknown {
  const mapped = mapStatementError(error, false);
  if (mapped instanceof AssayError) return mapped;
  return new AssayError('migration_failed', { name, problem: problemOf(error) }, { cause: error });
}
