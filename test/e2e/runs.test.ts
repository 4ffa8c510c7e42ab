/** Runs and long lists in a real browser: failed rows asked for again, older pages of batches, runs and golden sets. */

import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { chromiumPath, ended, grid, lines, openBrowser, openPage, sendFile } from '../harness/browser.ts';
import { type FakeOpenAi, startFakeOpenAi } from '../harness/fake-openai.ts';
import { type RunningAssay, startAssay } from '../harness/server.ts';

/** A slow machine may take so long to show what it knows. */
const soon = { timeout: 30_000 };
const items = 6;
const model = 'far-model';

let server: RunningAssay;
let browser: Browser;
let engine: FakeOpenAi;
let folder: string;
/** Whether the engine refuses every second item. */
let picky = true;

beforeAll(async () => {
  if (chromiumPath() === null) return;
  engine = await startFakeOpenAi(({ marker }) =>
    picky && /[135]$/.test(marker)
      ? { do: 'status', status: 400, body: '{"error": {"message": "not this one", "type": "invalid_request_error"}}' }
      : { do: 'answer', text: '{"verdict": "Yes"}' },
  );
  folder = await mkdtemp(join(tmpdir(), 'assay-e2e-'));
  const spec = { id: model, engine: 'openai', base_url: engine.url };
  await writeFile(join(folder, 'models.json'), JSON.stringify({ models: [spec] }));
  server = await startAssay({ env: { ASSAY_MODELS: join(folder, 'models.json') } });
  browser = await openBrowser();
});

afterAll(async () => {
  await browser?.close();
  await server?.remove();
  await engine?.close();
  if (folder) await rm(folder, { recursive: true, force: true });
});

async function newDataset(name: string): Promise<string> {
  const text = lines(items, (i) => ({ custom_id: `c-${i}`, prompt: `Question of ${name}, number ${i}` }));
  return (await sendFile<{ id: string }>(`${server.url}/admin/datasets/upload`, { name, text })).id;
}

async function post<T>(path: string, body: object): Promise<T> {
  const answer = await fetch(`${server.url}${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  expect([path, answer.status, answer.ok ? '' : await answer.text()]).toEqual([path, 200, '']);
  return (await answer.json()) as T;
}

const rows = (page: Page, table: string) => page.getByRole('region', { name: table }).locator('tbody tr');

describe.skipIf(chromiumPath() === null)('runs (skipped without a Chromium)', () => {
  test('failed rows of a run are asked for again and take their places', async () => {
    const dataset = await newDataset('retried.jsonl');
    const { page, errors } = await openPage(browser);
    await page.goto(`${server.url}/?dataset=${dataset}`);
    await page.getByRole('button', { name: 'New run' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel(model, { exact: true }).check();
    await dialog.getByRole('button', { name: 'Start the run' }).click();

    const run = ended(page).first();
    await run.getByText('3 failed').waitFor();
    await expect.poll(() => grid(page).getByText('failed', { exact: true }).count(), soon).toBe(3);
    picky = false;
    await run.getByRole('button', { name: `Actions for the run of ${model}` }).click();
    await page.getByRole('menuitem', { name: 'Retry 3 failed' }).click();
    await ended(page).first().getByText(`${items} answers`).waitFor();
    await expect.poll(() => grid(page).getByRole('gridcell').getByText('verdict Yes').count(), soon).toBe(items);
    expect(await grid(page).getByText('failed', { exact: true }).count()).toBe(0);
    expect(await ended(page).count()).toBe(1);
    expect(errors).toEqual([]);
    await page.close();
  });

  test('older batches, runs and golden sets come by the page', async () => {
    const dataset = await newDataset('many.jsonl');
    const models = Array.from({ length: 23 }, (_, i) => `model-${String(i).padStart(2, '0')}`);
    const table = [
      ['custom_id', ...models].join(','),
      ...Array.from({ length: items }, (_, i) => [`c-${i}`, ...models.map(() => 'Yes')].join(',')),
    ].join('\n');
    await sendFile(`${server.url}/admin/benchmarks/import`, { name: 'all.csv', text: table }, { dataset_id: dataset });
    await post(`/admin/annotations/golden/${dataset}/c-0`, { model_id: models[0] });
    for (let i = 0; i < 23; i += 1) await post('/admin/golden-sets', { name: 'kept', filter: { dataset_id: dataset } });
    await fifty();

    const { page, errors } = await openPage(browser);
    await page.goto(`${server.url}/?dataset=${dataset}&show=curate`);
    await expect.poll(() => ended(page).count(), soon).toBe(20);
    await page.getByRole('button', { name: 'Older runs' }).click();
    await expect.poll(() => ended(page).count(), soon).toBe(23);
    expect(await page.getByRole('button', { name: 'Older runs' }).count()).toBe(0);

    const sets = rows(page, 'Golden sets there are');
    await expect.poll(() => sets.count(), soon).toBe(20);
    expect(await sets.first().innerText()).toMatch(/kept\s+23/);
    await page.getByRole('button', { name: 'Older golden sets' }).click();
    await expect.poll(() => sets.count(), soon).toBe(23);

    await page.goto(`${server.url}/batches`);
    await expect.poll(() => rows(page, 'Batches').count(), soon).toBe(50);
    await page.getByRole('button', { name: 'Older batches' }).click();
    await expect.poll(() => rows(page, 'Batches').count(), soon).toBeGreaterThan(50);
    expect(await page.getByRole('button', { name: 'Older batches' }).count()).toBe(0);
    expect(errors).toEqual([]);
    await page.close();
  });
});

/** More batches than a page of their list shows. */
async function fifty(): Promise<void> {
  const body = { model, messages: [{ role: 'user', content: 'q' }] };
  const line = { custom_id: 'q', method: 'POST', url: '/v1/chat/completions', body };
  const file = { name: 'one.jsonl', text: JSON.stringify(line) };
  const { id } = await sendFile<{ id: string }>(`${server.url}/v1/files`, file, { purpose: 'batch' });
  const batch = { input_file_id: id, endpoint: '/v1/chat/completions', completion_window: '24h' };
  for (let i = 0; i < 51; i += 1) await post('/v1/batches', batch);
}
