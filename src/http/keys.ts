/** API keys: made once, stored as a hash, found again by it. */

import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { isIP } from 'node:net';
import type { Database } from '../db/database.ts';
import { AssayError } from '../errors.ts';

/** An API key as it can be shown: never the key itself. Times in unix seconds. */
export interface ApiKey {
  id: string;
  user_id: string;
  name: string;
  /** Its last four characters. */
  hint: string;
  created_at: number;
  last_used_at: number | null;
  revoked_at: number | null;
}

export const sha256 = (text: string): Buffer => createHash('sha256').update(text).digest();

/** Makes a key of `userId` (the local user when absent, made if new); `key` is shown this once and kept nowhere. */
export async function addKey(db: Database, o: { name: string; userId?: string }): Promise<ApiKey & { key: string }> {
  const key = `ask-${randomBytes(32).toString('base64url')}`;
  const userId = o.userId ?? 'local';
  const id = `key_${randomBytes(8).toString('hex')}`;
  return db.asSystem(async (q) => {
    await q.query('insert into users (user_id, display_name) values ($1, $1) on conflict do nothing', [userId]);
    const { rows } = await q.query<RawKey>(
      `insert into api_keys (key_id, user_id, name, hash, hint) values ($1, $2, $3, $4, $5) returning ${columns}`,
      [id, userId, o.name, sha256(key), key.slice(-4)],
    );
    return { ...shown(rows[0]!), key };
  });
}

/** All keys, newest first, revoked ones too. */
export async function listKeys(db: Database): Promise<ApiKey[]> {
  return db.asSystem(async (q) => {
    const { rows } = await q.query<RawKey>(`select ${columns} from api_keys order by created_at desc, key_id`);
    return rows.map(shown);
  });
}

/** Ends a key at once; ending it twice is the same as once. Throws not_found. */
export async function revokeKey(db: Database, id: string): Promise<ApiKey> {
  return db.asSystem(async (q) => {
    const { rows } = await q.query<RawKey>(
      `update api_keys set revoked_at = coalesce(revoked_at, now()) where key_id = $1 returning ${columns}`,
      [id],
    );
    if (!rows[0]) throw new AssayError('not_found', { kind: 'API key', id, list: '/admin/keys' }, { param: 'id' });
    return shown(rows[0]);
  });
}

/** The user of a key that is not revoked; null when there is none. Notes the use, once a minute at most. */
export async function userOfKey(db: Database, key: string): Promise<string | null> {
  const hash = sha256(key);
  return db.asSystem(async (q) => {
    const { rows } = await q.query<{ key_id: string; user_id: string; hash: Buffer; stale: boolean }>(
      `select key_id, user_id, hash, coalesce(last_used_at < now() - interval '1 minute', true) as stale
       from api_keys where hash = $1 and revoked_at is null`,
      [hash],
    );
    const row = rows[0];
    if (!row || !timingSafeEqual(row.hash, hash)) return null;
    if (row.stale) await q.query('update api_keys set last_used_at = now() where key_id = $1', [row.key_id]);
    return row.user_id;
  });
}

/** How many keys there are, and how many ever were. */
export async function countKeys(db: Database): Promise<{ active: number; all: number }> {
  return db.asSystem(async (q) => {
    const { rows } = await q.query<{ active: number; all: number }>(
      `select (count(*) filter (where revoked_at is null))::int as active, count(*)::int as all from api_keys`,
    );
    return rows[0]!;
  });
}

/** Whether an address to listen on is reached from this machine only. */
export function isLoopback(host: string): boolean {
  const bare = host.replace(/^\[|\]$/g, '');
  return bare === 'localhost' || bare === '::1' || (isIP(bare) === 4 && bare.startsWith('127.'));
}

/** Throws bind_without_auth when anyone on the network could use the server. */
export function bindAllowed(host: string, authConfigured: boolean): void {
  if (!isLoopback(host) && !authConfigured) throw new AssayError('bind_without_auth', { host });
}

interface RawKey {
  key_id: string;
  user_id: string;
  name: string;
  hint: string;
  created_at: Date;
  last_used_at: Date | null;
  revoked_at: Date | null;
}

const columns = 'key_id, user_id, name, hint, created_at, last_used_at, revoked_at';

const unix = (moment: Date | null) => (moment === null ? null : Math.floor(moment.getTime() / 1000));

function shown(raw: RawKey): ApiKey {
  return {
    id: raw.key_id,
    user_id: raw.user_id,
    name: raw.name,
    hint: raw.hint,
    created_at: unix(raw.created_at)!,
    last_used_at: unix(raw.last_used_at),
    revoked_at: unix(raw.revoked_at),
  };
}
