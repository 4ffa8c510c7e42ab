/** Gives tests a migrated database of their own, on a real PostgreSQL where there is one, else on the embedded one. */

import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from 'pg';
import type { Log } from '../../src/contracts/log.ts';
import { migrate } from '../../src/db/migrate.ts';

/** A database that holds only what its test puts there. `drop` ends its connections and removes it. */
export interface FreshDatabase {
  url: string;
  drop(): Promise<void>;
}

/** A migrated database that nobody is connected to, by name, on the server of a maintenance URL. */
export interface Template {
  server: string;
  database: string;
}

/** A log that keeps nothing. */
export const silentLog: Log = { debug() {}, info() {}, warn() {}, error() {} };

const REAL_URL = process.env.ASSAY_TEST_DATABASE_URL ?? 'postgres://postgres@127.0.0.1:5432/postgres';

/**
 * The maintenance URL of the real PostgreSQL, or null when none answers. A server that was named in
 * ASSAY_TEST_DATABASE_URL must answer: then this throws instead of letting its tests be skipped.
 */
export async function realServerUrl(): Promise<string | null> {
  const client = new Client({ connectionString: REAL_URL, connectionTimeoutMillis: 5000 });
  client.on('error', () => {});
  try {
    await client.connect();
    await client.query('select 1');
    return REAL_URL;
  } catch (error) {
    if (process.env.ASSAY_TEST_DATABASE_URL !== undefined) throw error;
    return null;
  } finally {
    await client.end().catch(() => {});
  }
}

/**
 * A fresh, migrated database whose name holds `name`: a copy of the template of this run of vitest, where it has one
 * (whole-run.ts). ASSAY_TEST_DATABASE=embedded takes an embedded server even where a real one answers.
 *
 *     const { url, drop } = await freshDatabase('uploads');
 *     afterAll(drop);
 */
export async function freshDatabase(name: string): Promise<FreshDatabase> {
  const template = await templateOfRun();
  if (template !== null) return newDatabase(template.server, name, template.database);
  const server = await openTestServer(process.env.ASSAY_TEST_DATABASE === 'embedded');
  const empty = await emptyDatabase(server.url, name);
  const drop = async () => {
    await empty.drop();
    await server.stop();
  };
  return migrated({ url: empty.url, drop });
}

/** What others are copied from; null outside vitest, and in projects without one. */
async function templateOfRun(): Promise<Template | null> {
  if (process.env.VITEST === undefined) return null;
  const { inject } = await import('vitest');
  return inject('template') ?? null;
}

/** A database without tables on the server of the maintenance URL `server`. */
export const emptyDatabase = (server: string, name: string): Promise<FreshDatabase> =>
  newDatabase(server, name, 'template1');

async function newDatabase(server: string, name: string, template: string): Promise<FreshDatabase> {
  const database = `assay_${name.replaceAll(/\W/g, '_').toLowerCase().slice(0, 40)}_${randomBytes(4).toString('hex')}`;
  await runOn(server, `create database ${database} template ${template}`);
  return { url: onDatabase(server, database), drop: () => runOn(server, `drop database ${database} with (force)`) };
}

/** One statement on a connection of its own. */
export async function runOn(url: string, sql: string): Promise<void> {
  const client = new Client({ connectionString: url });
  client.on('error', () => {});
  await client.connect();
  try {
    await client.query(sql);
  } finally {
    await client.end();
  }
}

/** `server` with another database's name in its path. */
function onDatabase(server: string, database: string): string {
  return server.replace(/^(\w+:\/\/[^/]*)\/[^?]*/, `$1/${database}`);
}

/** Brings a database without tables to those of this version; drops it where that fails. */
export async function migrated(database: FreshDatabase): Promise<FreshDatabase> {
  try {
    await migrate(database.url);
    return database;
  } catch (error) {
    await database.drop();
    throw error;
  }
}

/** The maintenance URL of a server for tests; `stop` ends and removes one that was started for them. */
export async function openTestServer(embedded: boolean): Promise<{ url: string; stop(): Promise<void> }> {
  const real = embedded ? null : await realServerUrl();
  if (real !== null) return { url: real, stop: async () => {} };
  const { startEmbedded } = await import('../../src/db/embedded.ts');
  const folder = await mkdtemp(join(tmpdir(), 'assay-test-db-'));
  const server = await startEmbedded({
    folder,
    sharedBuffersMb: 64,
    startTimeoutMs: 60_000,
    restartMaxMs: 1000,
    log: silentLog,
  });
  const stop = async () => {
    await server.stop();
    await rm(folder, { recursive: true, force: true });
  };
  return { url: server.url, stop };
}
