/** Tokens of trainers: each good for one job, made once, kept as a hash, found again by it. */

import { createHash, randomBytes } from 'node:crypto';
import type { PoolClient } from 'pg';
import type { JobToken, NewJobToken } from '../contracts/training.ts';
import { idText } from '../datasets/version-items.ts';
import type { Database } from '../db/database.ts';
import { AssayError } from '../errors.ts';
import { seconds } from './job-row.ts';

/** How every job token begins. */
export const jobTokenPrefix = 'atj-';

interface TokenRow {
  token_id: string;
  job_id: string;
  hint: string;
  created_at: Date;
  last_used_at: Date | null;
  revoked_at: Date | null;
}
const columns = 'token_id, job_id, hint, created_at, last_used_at, revoked_at';
const sha256 = (text: string): Buffer => createHash('sha256').update(text).digest();

/** A new token of the job; `token` is shown this once and kept nowhere. */
export async function makeToken(q: PoolClient, of: { userId: string; jobId: string }): Promise<NewJobToken> {
  const token = `${jobTokenPrefix}${randomBytes(32).toString('base64url')}`;
  const { rows } = await q.query<TokenRow>(
    `insert into training_tokens (token_id, job_id, user_id, hash, hint) values ($1, $2, $3, $4, $5) returning ${columns}`,
    [`tt_${randomBytes(8).toString('hex')}`, of.jobId, of.userId, sha256(token), token.slice(-4)],
  );
  return { ...toToken(rows[0]!), token };
}

/** The newest first, revoked ones too. */
export async function listTokens(q: PoolClient, jobId: string): Promise<JobToken[]> {
  const { rows } = await q.query<TokenRow>(
    `select ${columns} from training_tokens where job_id = $1 order by created_at desc, token_id`,
    [jobId],
  );
  return rows.map(toToken);
}

/** Ends a token at once; ending it twice is the same as once. @throws AssayError not_found */
export async function revokeToken(q: PoolClient, of: { jobId: string; tokenId: string }): Promise<JobToken> {
  const { rows } = await q.query<TokenRow>(
    `update training_tokens set revoked_at = coalesce(revoked_at, now()) where job_id = $1 and token_id = $2 returning ${columns}`,
    [idText(of.jobId), idText(of.tokenId)],
  );
  if (rows[0] !== undefined) return toToken(rows[0]);
  const list = `/api/training/jobs/${of.jobId}/tokens`;
  throw new AssayError('not_found', { kind: 'job token', id: of.tokenId, list }, { param: 'token_id' });
}

/** The job and user of a token that is not revoked; null when there is none. Notes the use, once a minute at most. */
export async function jobOfToken(db: Database, token: string): Promise<{ jobId: string; userId: string } | null> {
  return db.asSystem(async (q) => {
    const { rows } = await q.query<{ token_id: string; jobId: string; userId: string; stale: boolean }>(
      `select token_id, job_id as "jobId", user_id as "userId",
         coalesce(last_used_at < now() - interval '1 minute', true) as stale
       from training_tokens where hash = $1 and revoked_at is null`,
      [sha256(token)],
    );
    const row = rows[0];
    if (row === undefined) return null;
    if (row.stale) await q.query('update training_tokens set last_used_at = now() where token_id = $1', [row.token_id]);
    return { jobId: row.jobId, userId: row.userId };
  });
}

const orNull = (at: Date | null): number | null => (at === null ? null : seconds(at));

function toToken({ token_id: id, ...row }: TokenRow): JobToken {
  return {
    id,
    ...row,
    created_at: seconds(row.created_at),
    last_used_at: orNull(row.last_used_at),
    revoked_at: orNull(row.revoked_at),
  };
}
