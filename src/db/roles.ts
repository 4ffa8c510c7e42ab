/** Makes the two roles that row level security is written for, and lets the login role take them. */

import { setTimeout as sleep } from 'node:timers/promises';
import { type Client, DatabaseError, escapeIdentifier } from 'pg';
import { AssayError } from '../errors.ts';
import { problemOf } from './failures.ts';

const ROLES = ['assay_app', 'assay_system'] as const;

/**
 * Roles belong to the whole cluster, so other databases may create and grant the same ones at this moment. The loser
 * of such a race gets one of these: unique_violation, duplicate_object, or "tuple concurrently updated" (XX000).
 */
const RACE = ['23505', '42710', 'XX000'];
const RACE_TRIES = 10;

/**
 * Creates assay_app and assay_system (NOLOGIN) where missing, grants them to the login role where it may not SET ROLE
 * to them yet, and lets them use the current schema.
 * @throws AssayError database_role when the login role may not do that and nobody has done it before.
 */
export async function prepareRoles(client: Client): Promise<void> {
  const { rows } = await client.query<{ login: string; schema: string | null }>(
    'select current_user as login, current_schema() as schema',
  );
  const { login, schema } = rows[0]!;
  for (const role of ROLES) {
    await attempt(client, { role, login, sql: `create role ${role} nologin`, unless: exists });
    await attempt(client, { role, login, sql: `grant ${role} to ${escapeIdentifier(login)}`, unless: usable });
  }
  await attempt(client, {
    role: ROLES.join(', '),
    login,
    sql: `grant usage on schema ${escapeIdentifier(schema ?? 'public')} to ${ROLES.join(', ')}`,
    unless: (c) => schemaUsable(c, schema ?? 'public'),
  });
}

interface Attempt {
  role: string;
  login: string;
  sql: string;
  unless: (client: Client, role: string) => Promise<boolean>;
}

async function attempt(client: Client, { role, login, sql, unless }: Attempt): Promise<void> {
  const remedy = `create role assay_app nologin; create role assay_system nologin; grant assay_app, assay_system to ${escapeIdentifier(login)}; grant usage on schema public to assay_app, assay_system;`;
  for (let tries = 1; !(await unless(client, role)); tries++) {
    // A GRANT without the right to it may pass with only a warning.
    if (tries > RACE_TRIES) throw new AssayError('database_role', { role, problem: `no effect: ${sql}`, remedy });
    try {
      await client.query(sql);
    } catch (error) {
      if (!(error instanceof DatabaseError)) throw error;
      if (RACE.includes(error.code ?? '') && tries < RACE_TRIES) {
        await sleep(5 * tries);
        continue;
      }
      // Class 42 covers insufficient_privilege (42501) and what older versions say in its place.
      if (!error.code?.startsWith('42')) throw error;
      throw new AssayError('database_role', { role, problem: problemOf(error), remedy }, { cause: error });
    }
  }
}

async function exists(client: Client, role: string): Promise<boolean> {
  const { rowCount } = await client.query('select from pg_roles where rolname = $1', [role]);
  return rowCount === 1;
}

/** Asked by really taking the role: what membership allows SET ROLE differs between the versions of PostgreSQL. */
async function usable(client: Client, role: string): Promise<boolean> {
  try {
    await client.query(`SET ROLE ${role}`);
  } catch (error) {
    if (error instanceof DatabaseError && error.code === '42501') return false;
    throw error;
  }
  await client.query('RESET ROLE');
  return true;
}

async function schemaUsable(client: Client, schema: string): Promise<boolean> {
  const { rows } = await client.query<{ all: boolean }>(
    "select bool_and(has_schema_privilege(role, $1, 'usage')) as all from unnest($2::text[]) as role",
    [schema, [...ROLES]],
  );
  return rows[0]!.all;
}
