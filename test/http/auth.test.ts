/** Who may: keys, JWTs, the local token, Host and Origin, over real HTTP. */

import { generateKeyPairSync } from 'node:crypto';
import { createServer, request as httpRequest } from 'node:http';
import type { AddressInfo } from 'node:net';
import { exportJWK, type JWTHeaderParameters, SignJWT } from 'jose';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { AssayError } from '../../src/errors.ts';
import { addKey, bindAllowed, countKeys, listKeys, revokeKey } from '../../src/http/keys.ts';
import { type StartedApp, startApp } from './start-app.ts';

interface Answer {
  status: number;
  body: { error?: { code: string; type: string; message: string }; data?: { filename: string }[] };
}

/** fetch does not let a test choose Host. */
function get(url: string, headers: Record<string, string> = {}, path = '/v1/files'): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const request = httpRequest(`${url}${path}`, { headers }, async (answer) => {
      let text = '';
      for await (const piece of answer) text += piece;
      resolve({ status: answer.statusCode!, body: text.startsWith('{') ? JSON.parse(text) : {} });
    });
    request.on('error', reject);
    request.end();
  });
}

const bearer = (token: string) => ({ authorization: `Bearer ${token}` });
const code = (answer: Answer) => [answer.status, answer.body.error?.code];

describe('open on loopback', () => {
  let server: StartedApp;
  let port: string;
  beforeAll(async () => {
    server = await startApp('http_open');
    port = new URL(server.url).port;
  });
  afterAll(() => server.stop());

  test('everyone is the local user, whatever key a client sends', async () => {
    expect((await get(server.url)).status).toBe(200);
    expect((await get(server.url, bearer('sk-anything'))).status).toBe(200);
  });

  test.each([
    ['127.0.0.1:PORT', 200],
    ['localhost:PORT', 200],
    ['LocalHost:PORT', 200],
    ['[::1]:PORT', 200],
    ['127.0.0.1', 403],
    ['127.0.0.1:1', 403],
    ['evil.example:PORT', 403],
    ['127.0.0.1.evil.example:PORT', 403],
    ['localhost.evil.example:PORT', 403],
    ['localhost:PORT@evil.example', 403],
  ])('Host %s gives %i', async (host, status) => {
    const answer = await get(server.url, { host: host.replace('PORT', port) });
    expect(answer.status).toBe(status);
    if (status === 403) {
      expect(answer.body.error).toMatchObject({ code: 'host_not_allowed', type: 'permission_error' });
      expect(answer.body.error!.message).toContain(`http://127.0.0.1:${port}`);
    }
  });

  test.each([
    ['http://HOST', 200],
    ['https://HOST', 200],
    ['null', 403],
    ['http://evil.example', 403],
    ['http://127.0.0.1:1', 403],
    ['http://HOST.evil.example', 403],
  ])('Origin %s gives %i', async (origin, status) => {
    const answer = await get(server.url, { origin: origin.replace('HOST', `127.0.0.1:${port}`) });
    expect(answer.status).toBe(status);
    if (status === 403) expect(answer.body.error!.code).toBe('origin_not_allowed');
  });

  test('a foreign page gets no health either, and no documentation', async () => {
    const headers = { host: `evil.example:${port}` };
    for (const path of ['/healthz', '/readyz', '/openapi.json', '/metrics', '/nowhere']) {
      expect(code(await get(server.url, headers, path))).toEqual([403, 'host_not_allowed']);
    }
  });
});

describe('with API keys', () => {
  let server: StartedApp;
  beforeAll(async () => {
    server = await startApp('http_keys');
  });
  afterAll(() => server.stop());

  test('a key is stored as a hash with a hint, closes the server, lets its holder in until it is revoked', async () => {
    const made = await addKey(server.db, { name: 'laptop' });
    expect(made.key).toMatch(/^ask-[\w-]{43}$/);
    expect(made).toMatchObject({ id: expect.stringMatching(/^key_[0-9a-f]{16}$/), hint: made.key.slice(-4) });
    const raw = await server.db.asSystem((q) => q.query('select * from api_keys'));
    expect(JSON.stringify(raw.rows)).not.toContain(made.key.slice(4, -4));

    await expect.poll(async () => (await get(server.url)).status, { timeout: 5000 }).toBe(401);
    expect(code(await get(server.url))).toEqual([401, 'missing_api_key']);
    expect(code(await get(server.url, bearer('ask-wrong')))).toEqual([401, 'invalid_api_key']);
    expect(code(await get(server.url, bearer('sk-other')))).toEqual([401, 'invalid_api_key']);
    expect(code(await get(server.url, { authorization: `Basic ${made.key}` }))).toEqual([401, 'missing_api_key']);
    expect((await get(server.url, bearer(made.key))).status).toBe(200);
    expect((await get(server.url, bearer(server.localToken))).status).toBe(200);
    expect((await listKeys(server.db))[0]).toMatchObject({ name: 'laptop', last_used_at: expect.any(Number) });

    const revoked = await revokeKey(server.db, made.id);
    expect(revoked.revoked_at).toEqual(expect.any(Number));
    expect(code(await get(server.url, bearer(made.key)))).toEqual([401, 'invalid_api_key']);
    expect(await revokeKey(server.db, made.id)).toEqual(revoked);
    await expect(revokeKey(server.db, 'key_none')).rejects.toMatchObject({ code: 'not_found' });
    expect(await countKeys(server.db)).toEqual({ active: 0, all: 1 });
  });

  test('health and documentation need no key, numbers do', async () => {
    for (const path of ['/healthz', '/readyz', '/openapi.json', '/docs/static/swagger-ui.css']) {
      expect([path, (await get(server.url, {}, path)).status]).toEqual([path, 200]);
    }
    expect((await get(server.url, {}, '/metrics')).status).toBe(401);
    expect((await get(server.url, bearer(server.localToken), '/metrics')).status).toBe(200);
  });

  test('the log holds no key', async () => {
    const { key } = await addKey(server.db, { name: 'logged' });
    await get(server.url, bearer(key));
    await get(server.url, bearer(`${key}x`));
    expect(server.log.join('')).not.toContain(key.slice(4, 20));
  });

  test('keys are managed over HTTP by the local user only', async () => {
    const headers = { ...bearer(server.localToken), 'content-type': 'application/json' };
    const post = (body: object, more: object = {}) =>
      fetch(`${server.url}/admin/keys`, {
        method: 'POST',
        headers: { ...headers, ...more },
        body: JSON.stringify(body),
      });
    const made = (await (await post({ name: 'b', user_id: 'bob' })).json()) as { key: string; id: string };
    expect((await get(server.url, bearer(made.key))).status).toBe(200);
    expect(code(await get(server.url, bearer(made.key), '/admin/keys'))).toEqual([403, 'owner_only']);
    expect((await post({ name: 'c' }, bearer(made.key))).status).toBe(403);
    const ended = await fetch(`${server.url}/admin/keys/${made.id}`, {
      method: 'DELETE',
      headers: bearer(server.localToken),
    });
    expect(ended.status).toBe(200);
    expect(code(await get(server.url, bearer(made.key)))).toEqual([401, 'invalid_api_key']);
  });
});

describe('with JWT', () => {
  const secret = 'a secret of at least thirty-two characters';
  const bytes = new TextEncoder().encode(secret);
  const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
  let server: StartedApp;
  let keySet: ReturnType<typeof createServer>;

  beforeAll(async () => {
    const jwk = { ...(await exportJWK(rsa.publicKey)), kid: 'one', alg: 'RS256', use: 'sig' };
    keySet = createServer((_request, answer) => {
      answer.setHeader('content-type', 'application/json');
      answer.end(JSON.stringify({ keys: [jwk] }));
    });
    await new Promise<void>((resolve) => keySet.listen(0, '127.0.0.1', resolve));
    const jwksUrl = `http://127.0.0.1:${(keySet.address() as AddressInfo).port}/keys`;
    server = await startApp('http_jwt', {
      auth: { jwtSecret: secret, jwksUrl, jwtIssuer: 'me', jwtAudience: 'assay' },
    });
  });
  afterAll(async () => {
    await server.stop();
    keySet.close();
  });

  const token = (claims: Record<string, unknown> = {}, header: JWTHeaderParameters = { alg: 'HS256' }) =>
    new SignJWT({ sub: 'alice', iss: 'me', aud: 'assay', name: 'Alice', ...claims })
      .setProtectedHeader(header)
      .setExpirationTime((claims.exp as number | undefined) ?? '1h');

  test('a token of the secret is its subject, whose row is made at first sight', async () => {
    expect((await get(server.url, bearer(await token().sign(bytes)))).status).toBe(200);
    const { rows } = await server.db.asSystem((q) => q.query(`select display_name from users where user_id = 'alice'`));
    expect(rows).toEqual([{ display_name: 'Alice' }]);
  });

  test('a token of the key set is taken too', async () => {
    const signed = await token({ sub: 'rita' }, { alg: 'RS256', kid: 'one' }).sign(rsa.privateKey);
    expect((await get(server.url, bearer(signed))).status).toBe(200);
  });

  test('refused: expired, wrong issuer, audience, signature, algorithm or subject, and nothing at all', async () => {
    const past = Math.floor(Date.now() / 1000) - 60;
    const none = `${Buffer.from('{"alg":"none"}').toString('base64url')}.${Buffer.from('{"sub":"alice"}').toString('base64url')}.`;
    // The public key of the set, used as if it were an HS256 secret.
    const confused = await token().sign(Buffer.from(rsa.publicKey.export({ type: 'spki', format: 'pem' }) as string));
    const refused = [
      await token({ exp: past }).sign(bytes),
      await token({ iss: 'you' }).sign(bytes),
      await token({ aud: 'other' }).sign(bytes),
      await token().sign(new TextEncoder().encode(`${secret}!`)),
      await token({ sub: 'local' }).sign(bytes),
      await token({ sub: '' }).sign(bytes),
      await token({ sub: 'x'.repeat(201) }).sign(bytes),
      await token({}, { alg: 'HS512' }).sign(bytes),
      none,
      confused,
      'not.a.token',
    ];
    for (const [i, bad] of refused.entries()) {
      expect([i, ...code(await get(server.url, bearer(bad)))]).toEqual([i, 401, 'invalid_api_key']);
    }
    expect(code(await get(server.url))).toEqual([401, 'missing_api_key']);
    expect((await get(server.url, bearer(server.localToken))).status).toBe(200);
  });
});

describe('on other addresses', () => {
  test('listening beyond loopback needs keys or JWT', () => {
    for (const host of ['127.0.0.1', 'localhost', '::1', '[::1]', '127.1.2.3']) {
      expect(() => bindAllowed(host, false)).not.toThrow();
    }
    for (const host of ['0.0.0.0', '::', '192.168.1.5', 'box.example']) {
      expect(() => bindAllowed(host, false)).toThrow(AssayError);
      expect(() => bindAllowed(host, false)).toThrow(/Refusing to listen on/);
      expect(() => bindAllowed(host, true)).not.toThrow();
    }
  });

  test('bound to all addresses any Host will do, but nobody comes in without a key', async () => {
    const server = await startApp('http_all', { auth: { host: '0.0.0.0' } });
    const url = `http://127.0.0.1:${new URL(server.url).port}`;
    try {
      expect(code(await get(url, { host: 'gpu-box:9999' }))).toEqual([401, 'missing_api_key']);
      const { key } = await addKey(server.db, { name: 'a' });
      expect((await get(url, { host: 'gpu-box:9999', ...bearer(key) })).status).toBe(200);
      expect(code(await get(url, { host: 'gpu-box', origin: 'http://evil.example', ...bearer(key) }))).toEqual([
        403,
        'origin_not_allowed',
      ]);
    } finally {
      await server.stop();
    }
  });
});
