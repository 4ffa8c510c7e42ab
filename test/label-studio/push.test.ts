/** Pushes to the real Label Studio: it ends in the middle of one and comes back, and 10,000 items take less than 3 minutes. */

import { afterAll, beforeAll, expect, test } from 'vitest';
import type { LabelProject } from '../../src/contracts/label-studio.ts';
import { waitFor } from '../harness/batches.ts';
import { type LabelStudio, startLabelStudio } from '../harness/label-studio.ts';
import { type OwnServer, openOwnServer, type StudioApi, studioApi, tasksThere } from './own-server.ts';

let studio: LabelStudio;
let own: OwnServer;
let api: StudioApi;

beforeAll(async () => {
  const flags = { label_studio_poll_ms: 0, label_studio_batch_tasks: 100 };
  [studio, own] = await Promise.all([startLabelStudio(), openOwnServer('label_studio_push', flags)]);
  api = studioApi(studio, studio.legacyToken);
  await own.ask('PUT', '/api/label-studio/connection', { base_url: studio.url, token: studio.legacyToken });
});
afterAll(async () => {
  await own?.stop();
  await studio?.close();
});

const made = async (items: number): Promise<LabelProject> =>
  own.ask('POST', '/api/label-studio/projects', { dataset_id: await own.answered(items) });
const now = (id: string): Promise<LabelProject> => own.ask('GET', `/api/label-studio/projects/${id}`);
/** How often each item is there. */
async function times(remote: number): Promise<number[]> {
  const counts = new Map<string, number>();
  for (const { data } of await tasksThere(api, remote))
    counts.set(data.assay_item, (counts.get(data.assay_item) ?? 0) + 1);
  return [...counts.values()];
}

test('Label Studio ends in the middle of a push: it waits, says so, and goes on; again, nothing is doubled', async () => {
  const { id, remote_id } = await made(1000);
  await own.ask('POST', `/api/label-studio/projects/${id}/push`, { select: 'everything' });
  await waitFor(
    () => now(id),
    ({ push }) => push!.done >= 200,
    { timeoutMs: 60_000, what: 'the first tasks' },
  );
  await studio.stop();
  const waiting = await waitFor(
    () => now(id),
    ({ push }) => push!.problem !== null,
    { timeoutMs: 60_000, what: 'why it waits' },
  );
  expect(waiting.push).toMatchObject({ state: 'running', problem: expect.stringContaining('cannot be reached') });
  expect(waiting.push!.done).toBeLessThan(1000);
  await studio.restart();
  const ended = await waitFor(
    () => now(id),
    ({ push }) => push!.state !== 'running',
    { timeoutMs: 120_000, what: 'the end of the push' },
  );
  expect(ended.push).toMatchObject({ state: 'completed', done: 1000, problem: null });
  expect(await times(remote_id!)).toEqual(Array(1000).fill(1));
  expect((await own.pushed(id)).push).toMatchObject({ state: 'completed', done: 1000, unchanged: 1000 });
  expect(await times(remote_id!)).toEqual(Array(1000).fill(1));
});

test('10,000 items are pushed in less than 3 minutes', async () => {
  const { id, remote_id } = await made(10_000);
  const begun = performance.now();
  const { push } = await own.pushed(id, { select: 'everything', limit: 10_000 });
  const seconds = (performance.now() - begun) / 1000;
  console.log(`10,000 items pushed in ${seconds.toFixed(0)} s`);
  expect(push).toMatchObject({ state: 'completed', done: 10_000, problem: null });
  expect((await api('GET', `/api/projects/${remote_id}`)).task_number).toBe(10_000);
  expect(seconds).toBeLessThan(180);
});
