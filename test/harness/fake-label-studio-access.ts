/** Tokens of the fake Label Studio: legacy ones, personal ones, and the access tokens that those are exchanged for. */

import { createHmac, randomUUID } from 'node:crypto';
import type { Account, Store } from './fake-label-studio-store.ts';

export interface Authority {
  /** How long an access token serves, seconds. */
  accessSeconds: number;
  /** Access tokens given out, with whose they are and until when (ms since 1970). */
  access: Map<string, { account: number; until: number }>;
}

/** A JSON web token, signed with a secret that nobody checks. */
function webToken(claims: Record<string, unknown>): string {
  const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const body = `${part({ alg: 'HS256', typ: 'JWT' })}.${part({ ...claims, jti: randomUUID() })}`;
  return `${body}.${createHmac('sha256', 'fake').update(body).digest('base64url')}`;
}

export const accessTokens = {
  /** The account's personal token; null when it has one already. */
  personal(_authority: Authority, account: Account): string | null {
    if (account.personalToken !== null) return null;
    const iat = Math.floor(Date.now() / 1000);
    const year = 365 * 86_400;
    account.personalToken = webToken({
      token_type: 'refresh',
      exp: iat + 200 * year,
      iat,
      user_id: String(account.id),
    });
    return account.personalToken;
  },
  /** null: there is no such personal token. */
  exchange(authority: Authority, store: Store, refresh: string): string | null {
    const account = store.accounts.find((one) => one.personalToken === refresh);
    if (account === undefined) return null;
    const iat = Math.floor(Date.now() / 1000);
    const exp = iat + authority.accessSeconds;
    const token = webToken({ token_type: 'access', exp, iat, user_id: String(account.id) });
    authority.access.set(token, { account: account.id, until: Date.now() + authority.accessSeconds * 1000 });
    return token;
  },
  whose(authority: Authority, store: Store, header: string | undefined): Account | null {
    const [kind, token] = header?.split(' ') ?? [];
    if (kind === 'Token') return store.accounts.find((one) => one.legacyToken === token) ?? null;
    const held = kind === 'Bearer' ? authority.access.get(token ?? '') : undefined;
    if (held === undefined || held.until <= Date.now()) return null;
    return store.accounts.find((one) => one.id === held.account) ?? null;
  },
};
