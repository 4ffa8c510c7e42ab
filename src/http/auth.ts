/** Who may: checks Host and Origin, and finds the user of a request by key, token, job token or, on loopback, by default. */

import { timingSafeEqual } from 'node:crypto';
import type { FastifyRequest } from 'fastify';
import type { Database } from '../db/database.ts';
import { AssayError } from '../errors.ts';
import { jobOfToken, jobTokenPrefix } from '../training/job-tokens.ts';
import type { AuthOptions } from './deps.ts';
import { tokenVerifier } from './jwt.ts';
import { countKeys, isLoopback, sha256, userOfKey } from './keys.ts';

declare module 'fastify' {
  interface FastifyRequest {
    /** The user this request is made for; every room is asked as this user. */
    userId: string;
    /** The one training job that the request may be about, when it came with a job token. */
    jobId: string | null;
  }
  interface FastifyContextConfig {
    /** Answered without a key: health and documentation. */
    open?: boolean;
    /** A job token is good for it, too, where it is about that job. */
    jobToken?: boolean;
  }
}

/** How long "no key was ever made" is believed; once there is one, the server stays closed. */
const OPEN_BELIEF_MS = 500;

/** Users whose row is known to be there; the insert is cheap, so forgetting them does no harm. */
const USERS_REMEMBERED = 10_000;

/** Whom a request is made for: a user, and with a job token the one job of his that it may be about. */
export interface Caller {
  userId: string;
  jobId: string | null;
}

/** Gives the caller of a request. Throws missing_api_key, invalid_api_key, job_token_only. */
export type Authenticate = (request: FastifyRequest) => Promise<Caller>;

/** The function that finds the user of a request. */
export function authenticator(db: Database, options: AuthOptions): Authenticate {
  const verifyToken = tokenVerifier(options);
  const localToken = sha256(options.localToken);
  const closed = closedCheck(db, verifyToken !== null || !isLoopback(options.host));
  const seen = new Set<string>();

  const userOf = async (bearer: string | null): Promise<string> => {
    if (bearer !== null && timingSafeEqual(sha256(bearer), localToken)) return 'local';
    // Nobody can be told apart yet: the official clients always send some key, so it means nothing here.
    if (!(await closed())) return 'local';
    if (bearer === null) throw new AssayError('missing_api_key');
    if (bearer.startsWith('ask-')) {
      const userId = await userOfKey(db, bearer);
      if (userId === null) throw new AssayError('invalid_api_key', { problem: 'no such key, or it was revoked' });
      return userId;
    }
    if (!verifyToken) throw new AssayError('invalid_api_key', { problem: 'it is no key of this server' });
    const user = await verifyToken(bearer);
    if (!seen.has(user.userId)) {
      await db.asSystem((q) =>
        q.query('insert into users (user_id, display_name) values ($1, $2) on conflict do nothing', [
          user.userId,
          user.displayName,
        ]),
      );
      if (seen.size >= USERS_REMEMBERED) seen.clear();
      seen.add(user.userId);
    }
    return user.userId;
  };
  return async (request) => {
    const bearer = bearerOf(request);
    // Held to its job also where no key is asked for: a revoked one must not go on writing.
    if (bearer?.startsWith(jobTokenPrefix)) return callerOfJob(db, bearer, request);
    return { userId: await userOf(bearer), jobId: null };
  };
}

async function callerOfJob(db: Database, token: string, request: FastifyRequest): Promise<Caller> {
  const caller = await jobOfToken(db, token);
  if (caller === null) {
    throw new AssayError('invalid_api_key', { problem: 'no such job token, or it was revoked, or its job deleted' });
  }
  if (!request.routeOptions.config.jobToken) {
    const what = `${request.method} ${request.routeOptions.url ?? request.url.split('?')[0]}`;
    throw new AssayError('job_token_only', { job: caller.jobId, what });
  }
  return caller;
}

/**
 * Whether a key or token is asked for. A key that was ever made closes the server for good, even when revoked:
 * ending a leaked key must not let everyone in.
 */
function closedCheck(db: Database, always: boolean): () => Promise<boolean> {
  let closed = always;
  let askedAt = Number.NEGATIVE_INFINITY;
  return async () => {
    if (closed || performance.now() - askedAt < OPEN_BELIEF_MS) return closed;
    closed = (await countKeys(db)).all > 0;
    askedAt = performance.now();
    return closed;
  };
}

/** A page cannot set headers on a WebSocket; it offers the subprotocols "bearer" and its key. */
function bearerOf(request: FastifyRequest): string | null {
  const match = /^Bearer +(\S+)$/i.exec(request.headers.authorization ?? '');
  if (match) return match[1]!;
  const [scheme, key] = (request.headers['sec-websocket-protocol'] ?? '').split(',').map((each) => each.trim());
  return scheme === 'bearer' && key ? key : null;
}

/**
 * Refuses requests that a web page elsewhere may have caused: a Host that is not this server's (DNS rebinding), an
 * Origin that is not the Host (cross-site posts). Bound to all addresses the server has names it cannot know, and
 * asks everyone for a key, which a foreign page does not have; then any Host will do.
 */
export function checkSource(request: FastifyRequest, bound: { host: string; port: number }): void {
  const host = request.headers.host ?? '';
  const anyName = bound.host === '0.0.0.0' || bound.host === '::' || bound.host === '[::]';
  if (!anyName && !isOwnName(host, bound)) {
    throw new AssayError('host_not_allowed', { value: host, port: bound.port });
  }
  const origin = request.headers.origin;
  if (origin !== undefined && origin !== `http://${host}` && origin !== `https://${host}`) {
    throw new AssayError('origin_not_allowed', { value: origin, port: bound.port });
  }
}

function isOwnName(host: string, bound: { host: string; port: number }): boolean {
  const match = /^(\[[0-9a-f:.]+\]|[^:]*)(?::(\d+))?$/i.exec(host);
  if (!match) return false;
  const name = match[1]!.replace(/^\[|\]$/g, '').toLowerCase();
  const named = isLoopback(name) || name === bound.host.replace(/^\[|\]$/g, '').toLowerCase();
  return named && Number(match[2] ?? 80) === bound.port;
}
