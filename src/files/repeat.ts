/** Recognises a POST that a client sent again (same Idempotency-Key, or a client library's own retry) by its body. */

import { createHash } from 'node:crypto';
import type { PoolClient } from 'pg';
import { AssayError } from '../errors.ts';

/** How a POST may be a repeat of an earlier one. */
export interface Repeat {
  /** Idempotency-Key header. */
  key: string | null;
  /** x-stainless-retry-count header of the official clients, which retry without a key; 0 when absent. */
  retryCount: number;
  /** When this request began to arrive. */
  arrivedAt: Date;
  windowSeconds: number;
}

export interface RepeatScope {
  userId: string;
  scope: 'file' | 'batch' | 'upload';
  /** Of everything that makes two requests the same, see {@link bodyHash}. */
  hash: Buffer;
  repeat: Repeat;
}

/** sha256 over the parts, each with its length in front, so that no two lists of parts look alike. */
export function bodyHash(...parts: (string | Buffer | number | null)[]): Buffer {
  const hash = createHash('sha256');
  for (const part of parts) {
    const bytes = Buffer.isBuffer(part) ? part : Buffer.from(part === null ? '\0null' : String(part));
    hash.update(`${bytes.length}:`).update(bytes);
  }
  return hash.digest();
}

/**
 * The id that an earlier request of this scope made, or null. Holds a lock until the transaction ends, so that of two
 * equal requests at the same time the second waits and then finds the first.
 * @throws AssayError idempotency_key_reused when the key came with another body
 */
export async function findRepeat(q: PoolClient, o: RepeatScope): Promise<string | null> {
  const { userId, scope, hash, repeat } = o;
  const name = repeat.key === null ? `body:${hash.toString('hex')}` : `key:${repeat.key}`;
  await q.query('select pg_advisory_xact_lock(hashtextextended($1, 0))', [`repeat/${userId}/${scope}/${name}`]);
  if (repeat.key !== null) {
    const { rows } = await q.query<{ body_hash: Buffer; resource_id: string }>(
      `select body_hash, resource_id from idempotency_keys
       where user_id = $1 and scope = $2 and key = $3 and created_at > now() - $4 * interval '1 second'`,
      [userId, scope, name, repeat.windowSeconds],
    );
    const row = rows[0];
    if (!row) return null;
    if (!row.body_hash.equals(hash)) {
      throw new AssayError('idempotency_key_reused', { key: repeat.key }, { param: 'Idempotency-Key' });
    }
    return row.resource_id;
  }
  // A retry finds any earlier one. A first try finds only a retry of itself that overtook it: one made since it arrived.
  const { rows } = await q.query<{ resource_id: string }>(
    `select resource_id from idempotency_keys
     where user_id = $1 and scope = $2 and body_hash = $3 and created_at > now() - $4 * interval '1 second'
       and ($5 and key not like 'key:%' or key like 'retry:%' and created_at >= $6)
     order by created_at desc limit 1`,
    [userId, scope, hash, repeat.windowSeconds, repeat.retryCount > 0, repeat.arrivedAt],
  );
  return rows[0]?.resource_id ?? null;
}

/** Remembers what this request made, in the same transaction. */
export async function rememberRepeat(q: PoolClient, o: RepeatScope, resourceId: string): Promise<void> {
  const { userId, scope, hash, repeat } = o;
  const name = repeat.key !== null ? `key:${repeat.key}` : `${repeat.retryCount > 0 ? 'retry' : 'first'}:${resourceId}`;
  await q.query(
    `insert into idempotency_keys (user_id, scope, key, body_hash, resource_id) values ($1, $2, $3, $4, $5)
     on conflict (user_id, scope, key)
     do update set body_hash = excluded.body_hash, resource_id = excluded.resource_id, created_at = now()`,
    [userId, scope, name, hash, resourceId],
  );
}

/** Forgets what is older than the window. `q` sees all users. */
export async function forgetRepeats(q: PoolClient, windowSeconds: number): Promise<void> {
  await q.query(`delete from idempotency_keys where created_at <= now() - $1 * interval '1 second'`, [windowSeconds]);
}
