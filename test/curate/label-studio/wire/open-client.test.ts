/** The client: what it does with the fake as with the real Label Studio, and what it does when one fails. */

import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { isOlder, openLabelStudioClient } from '../../../../src/curate/label-studio/wire/open-client.ts';
import {
  type FakeLabelStudio,
  type FakeLabelStudioOptions,
  startFakeLabelStudio,
} from '../../../harness/fake-label-studio.ts';
import { testClient } from '../../../harness/label-studio-client.ts';
import { CONFIG } from '../../../harness/label-studio-steps.ts';

testClient('the fake', async () => {
  const fake = await startFakeLabelStudio({ prefix: '/label' });
  return { ...fake, personalToken: () => fake.personalToken };
});

describe('a Label Studio that fails', () => {
  let fake: FakeLabelStudio;
  const start = async (options?: FakeLabelStudioOptions) => {
    fake = await startFakeLabelStudio(options);
  };
  const open = (token = fake.legacyToken, more = {}) =>
    openLabelStudioClient({ baseUrl: fake.url, token, timeoutMs: 5000, tries: 3, ...more });
  const task = { data: { input: 'x', answer_a: 'y' }, meta: {}, predictions: [] };
  const asked = (path: RegExp) => fake.requests.filter((request) => path.test(request.path)).length;
  beforeEach(() => start());
  afterEach(() => fake.close());

  test('is asked again while that does no harm, and then said to be unreachable', async () => {
    fake.failNext(2, 503);
    expect(await open().projects()).toEqual([]);
    fake.failNext(1, 'drop');
    expect(await open().projects()).toEqual([]);
    fake.failNext(3, 502);
    await expect(open().projects()).rejects.toMatchObject({
      code: 'label_studio_unreachable',
      message: expect.stringContaining('it answers 502: told to answer 502'),
    });
  });

  test('never gets an import twice whose answer was lost, but one that it was too busy for', async () => {
    const project = await open().createProject({ title: 'Lost', labelConfig: CONFIG, modelVersion: 'assay' });
    for (const failure of ['drop', 503] as const) {
      fake.failNext(1, failure, /import/);
      await expect(open().importTasks(project, [task])).rejects.toMatchObject({ code: 'label_studio_unreachable' });
    }
    expect(asked(/import/)).toBe(2);
    expect((await open().project(project)).tasks).toBe(1);
    fake.failNext(1, 429, /import/);
    expect(await open().importTasks(project, [task])).toHaveLength(1);
    expect(asked(/import/)).toBe(4);
  });

  test('gets an import that could not be sent, once it is back', async () => {
    const project = await open().createProject({ title: 'Back', labelConfig: CONFIG, modelVersion: 'assay' });
    await fake.refuse();
    const sent = open(fake.legacyToken, { tries: 6 }).importTasks(project, [task]);
    setTimeout(() => fake.listen(), 400);
    expect(await sent).toHaveLength(1);
    expect(asked(/import/)).toBe(1);
  });

  test('is waited for no longer than allowed', async () => {
    fake.failNext(1, 'hang');
    await expect(open(fake.legacyToken, { timeoutMs: 200 }).projects()).rejects.toMatchObject({
      code: 'label_studio_unreachable',
      message: expect.stringContaining('no answer within 200 ms'),
    });
    expect(asked(/./)).toBe(1);
  });

  test('is shown one new access token for all who wait, before it ends and when it is refused', async () => {
    await fake.close();
    await start({ accessSeconds: 31 });
    const client = open(fake.personalToken);
    await Promise.all([client.projects(), client.projects(), client.projects()]);
    expect(asked(/refresh/)).toBe(1);
    fake.endAccess();
    await Promise.all([client.projects(), client.projects()]);
    expect(asked(/refresh/)).toBe(2);
    // 30 s before its end it is exchanged: after one second here.
    await new Promise((resolve) => setTimeout(resolve, 1100));
    await client.projects();
    expect(asked(/refresh/)).toBe(3);
    fake.failNext(2, 401, /projects/);
    await expect(client.projects()).rejects.toMatchObject({ code: 'label_studio_refused' });
  });

  test('that forbids the address of a webhook does not refuse the token', async () => {
    const project = await open().createProject({ title: 'Hook', labelConfig: CONFIG, modelVersion: 'assay' });
    fake.failNext(1, 403, /webhooks/);
    await expect(open().createHook(project, { url: 'http://127.0.0.1:9/', headers: {} })).rejects.toMatchObject({
      code: 'label_studio_failed',
      message: expect.stringContaining('call http://127.0.0.1:9/ when annotations change'),
    });
    fake.failNext(1, 403);
    await expect(open().projects()).rejects.toMatchObject({ code: 'label_studio_refused' });
  });

  test('never sees its token in a message', async () => {
    await fake.refuse();
    const token = 'secret-token';
    const baseUrl = fake.url.replace('//', '//name:password@');
    const error: Error = await openLabelStudioClient({ baseUrl, token, timeoutMs: 1000, tries: 1 })
      .whoAmI()
      .then(
        () => new Error('it answered'),
        (thrown: Error) => thrown,
      );
    expect(error).toMatchObject({ code: 'label_studio_unreachable' });
    expect(error.message).not.toMatch(/secret-token|password/);
    await fake.listen();
  });
});

/** A server that answers everything alike. */
async function answering(
  status: number,
  { headers = {}, body = '' }: { headers?: Record<string, string>; body?: string },
) {
  const seen: (string | undefined)[] = [];
  const server = createServer((incoming, response) => {
    seen.push(incoming.headers.authorization);
    response.writeHead(status, headers).end(body);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const client = openLabelStudioClient({ baseUrl: url, token: 'secret-token', timeoutMs: 5000, tries: 1 });
  return { client, seen, [Symbol.asyncDispose]: () => new Promise<void>((resolve) => server.close(() => resolve())) };
}

describe('an address that is none of Label Studio', () => {
  test.each([
    [200, '<!doctype html><html></html>', /an HTML page came \(status 200\) instead of JSON/],
    [404, '<html></html>', /status 404: an HTML page/],
    [200, '{"name":"another server"}', /it is not at this address/],
  ])('is told by its answer, status %i', async (status, body, said) => {
    await using server = await answering(status, { body });
    await expect(server.client.whoAmI()).rejects.toMatchObject({
      code: 'label_studio_failed',
      message: expect.stringMatching(said),
    });
    expect(server.seen).toEqual([undefined]);
  });

  test('is not followed to another, which would get the token', async () => {
    await using other = await answering(200, { body: '[]' });
    await using server = await answering(302, { headers: { location: `${other.client.baseUrl}/login?next=/` } });
    await expect(server.client.projects()).rejects.toMatchObject({
      code: 'label_studio_failed',
      message: expect.stringContaining(`sends callers on to ${other.client.baseUrl}/login;`),
    });
    expect(other.seen).toEqual([]);
  });

  test('is too old by its version', async () => {
    await using server = await answering(200, { body: '{"release":"1.12.9"}' });
    await expect(server.client.whoAmI()).rejects.toMatchObject({
      code: 'label_studio_too_old',
      message: expect.stringContaining('1.12.9; 1.13.0 or newer'),
    });
  });
});

test('versions are told apart by their numbers', () => {
  const newer = ['1.13.0', '1.13.0.post0', '1.13.1', '1.23.2', '2.0', '1.100.0'];
  const older = ['1.12.9', '0.99.99', '1.9.2', '1'];
  expect(newer.map((version) => isOlder(version, '1.13.0'))).toEqual(newer.map(() => false));
  expect(older.map((version) => isOlder(version, '1.13.0'))).toEqual(older.map(() => true));
});
