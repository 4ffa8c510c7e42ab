/** Verifies JWTs: HS256 by a shared secret, or the algorithms of a published key set. */

import { createRemoteJWKSet, errors, type JWTPayload, jwtVerify } from 'jose';
import { AssayError } from '../errors.ts';
import type { AuthOptions } from './deps.ts';

export interface TokenUser {
  userId: string;
  displayName: string;
}

/** Gives the user that a token names, or throws invalid_api_key. */
export type VerifyToken = (token: string) => Promise<TokenUser>;

const ASYMMETRIC = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512', 'EdDSA'];

/** The verifier of the configured secret or key set; null when neither is set. Both may be set. */
export function tokenVerifier(options: AuthOptions): VerifyToken | null {
  const claims = {
    ...(options.jwtIssuer ? { issuer: options.jwtIssuer } : {}),
    ...(options.jwtAudience ? { audience: options.jwtAudience } : {}),
  };
  const secret = options.jwtSecret ? new TextEncoder().encode(options.jwtSecret) : null;
  const keys = options.jwksUrl ? createRemoteJWKSet(new URL(options.jwksUrl)) : null;
  if (!secret && !keys) return null;
  return async (token) => {
    // A token is held against the secret only when it names HS256: a public key can never serve as a secret.
    if (secret && (!keys || algorithmOf(token) === 'HS256')) {
      return userOf((await verified(jwtVerify(token, secret, { ...claims, algorithms: ['HS256'] }))).payload);
    }
    return userOf((await verified(jwtVerify(token, keys!, { ...claims, algorithms: ASYMMETRIC }))).payload);
  };
}

function algorithmOf(token: string): unknown {
  try {
    return JSON.parse(Buffer.from(token.split('.')[0]!, 'base64url').toString()).alg;
  } catch {
    return null;
  }
}

async function verified<T>(verifying: Promise<T>): Promise<T> {
  try {
    return await verifying;
  } catch (error) {
    const problem = error instanceof errors.JOSEError ? error.message : 'the key set cannot be fetched';
    throw new AssayError('invalid_api_key', { problem }, { cause: error });
  }
}

function userOf(payload: JWTPayload): TokenUser {
  const { sub } = payload;
  if (typeof sub !== 'string' || sub === '' || sub.length > 200 || /[\x00-\x1f]/.test(sub)) {
    throw new AssayError('invalid_api_key', { problem: 'the token names no user ("sub", at most 200 characters)' });
  }
  // The local user owns the machine; no issuer may hand that name out.
  if (sub === 'local') throw new AssayError('invalid_api_key', { problem: 'the user "local" cannot come by a token' });
  const name = [payload.name, payload.email].find((claim) => typeof claim === 'string' && claim !== '');
  return { userId: sub, displayName: String(name ?? sub).slice(0, 200) };
}
