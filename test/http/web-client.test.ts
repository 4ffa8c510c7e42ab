/** The web client as it is served: its pages, its assets and their caching, the policy, and what is not there. */

import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type StartedApp, startApp } from './start-app.ts';

let server: StartedApp;
let folder: string;
const page = '<!doctype html><title>Assay</title><script type="module" src="/assets/index-a1b2.js"></script>';

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'assay-web-'));
  await mkdir(join(folder, 'assets'));
  await writeFile(join(folder, 'index.html'), page);
  await writeFile(join(folder, 'favicon.svg'), '<svg xmlns="http://www.w3.org/2000/svg"/>');
  await writeFile(join(folder, '.built'), '');
  await writeFile(join(folder, 'assets', 'index-a1b2.js'), 'export {};');
  server = await startApp('web_client', { deps: { webFolder: folder } });
});

afterAll(async () => {
  await server?.stop();
  await rm(folder, { recursive: true, force: true });
});

const get = (path: string) => fetch(`${server.url}${path}`);
/** As a browser asks: fetch would add headers that keep a 304 away, and make the path its own. */
const inject = (url: string, headers: Record<string, string> = {}) =>
  server.app.inject({ method: 'GET', url, headers: { host: new URL(server.url).host, ...headers } });

test.each(['/', '/models', '/batches', '/batches/batch_1', '/settings', '/?dataset=ds_1&filter=differences'])(
  'the page is at %s, asked for anew each time',
  async (path) => {
    const response = await get(path);
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toMatch(/^text\/html/);
    expect(response.headers.get('cache-control')).toBe('no-cache');
    expect(await response.text()).toBe(page);
    const again = await inject(path, { 'if-none-match': response.headers.get('etag')! });
    expect(again.statusCode).toBe(304);
  },
);

test('an asset is kept for good', async () => {
  const response = await get('/assets/index-a1b2.js');
  expect(response.status).toBe(200);
  expect(response.headers.get('content-type')).toMatch(/javascript/);
  expect(response.headers.get('cache-control')).toBe('public, max-age=31536000, immutable');
  await response.body?.cancel();
});

test('files beside the page are served, hidden ones are not', async () => {
  const icon = await get('/favicon.svg');
  expect(icon.status).toBe(200);
  expect(icon.headers.get('content-type')).toMatch(/^image\/svg/);
  expect(icon.headers.get('cache-control')).toBe('no-cache');
  await icon.body?.cancel();
  const built = await get('/.built');
  expect(built.status).toBe(404);
  await built.body?.cancel();
});

test.each(['/', '/assets/index-a1b2.js'])('%s runs nothing that is not ours, in no frame', async (path) => {
  const response = await get(path);
  await response.body?.cancel();
  const policy = response.headers.get('content-security-policy')!;
  const { host } = new URL(server.url);
  expect(policy).toContain("default-src 'self'");
  expect(policy).toContain(`connect-src 'self' ws://${host} wss://${host}`);
  expect(policy).toContain("frame-ancestors 'none'");
  expect(policy).not.toMatch(/script-src|unsafe-eval|\*/);
  expect(response.headers.get('x-content-type-options')).toBe('nosniff');
  expect(response.headers.get('referrer-policy')).toBe('no-referrer');
});

test.each(['/assets/gone.js', '/assets/../index.html', '/assets/%2e%2e/index.html', '/nowhere', '/v1/nothing'])(
  'there is nothing at %s, said in the envelope of errors',
  async (path) => {
    const response = await inject(path);
    expect(response.statusCode).toBe(404);
    expect(response.json().error.code).toBe('route_not_found');
  },
);

test('the page needs no key where the data does', async () => {
  const closed = await startApp('web_client_closed', {
    deps: { webFolder: folder },
    auth: { jwtSecret: 'a secret of thirty-two characters' },
  });
  try {
    const statuses = await Promise.all(
      ['/', '/assets/index-a1b2.js', '/v1/batches'].map(async (path) => {
        const response = await fetch(`${closed.url}${path}`);
        await response.body?.cancel();
        return response.status;
      }),
    );
    expect(statuses).toEqual([200, 200, 401]);
  } finally {
    await closed.stop();
  }
});
