/** Datasets in a real browser: uploads cut off, newer versions, settings and templates that last, two tabs at once. */

import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { chromiumPath, ended, grid, lines, openBrowser, openPage, sendFile } from '../harness/browser.ts';
import { type RunningAssay, startAssay } from '../harness/server.ts';

/** A slow machine may take so long to show what it knows. */
const soon = { timeout: 30_000 };
const items = 24;

let server: RunningAssay;
let browser: Browser;

beforeAll(async () => {
  if (chromiumPath() === null) return;
  server = await startAssay();
  browser = await openBrowser();
});

afterAll(async () => {
  await browser?.close();
  await server?.remove();
});

/** Items of a file, told from those of other files by their category; every second one expects Yes. */
const people = (count: number, category: string) =>
  lines(count, (i) => ({
    custom_id: `c-${i}`,
    label: `Person ${i}`,
    category,
    prompt: `To be invited? ${i}`,
    expected: i % 2 ? 'Yes' : 'No',
  }));

/** Answers that all say the same. */
const answers = (decision: string, count = items) =>
  lines(count, (i) => ({ custom_id: `c-${i}`, content: JSON.stringify({ verdict: decision, note: `because ${i}` }) }));

const upload = (name: string) =>
  sendFile<{ id: string }>(`${server.url}/admin/datasets/upload`, { name, text: people(items, name) });
const importAnswers = (dataset: string, model: string, text: string) =>
  sendFile(
    `${server.url}/admin/benchmarks/import`,
    { name: `${model}.jsonl`, text },
    { dataset_id: dataset, model_id: model },
  );

const datasets = (page: Page) => page.getByRole('list', { name: 'Datasets' }).getByRole('listitem');
const heads = (page: Page) => grid(page).getByRole('columnheader').allInnerTexts();

async function choose(page: Page, of: string, action: string): Promise<void> {
  await page.getByRole('button', { name: `Actions for ${of}` }).click();
  await page.getByRole('menuitem', { name: action }).click();
}

describe.skipIf(chromiumPath() === null)('datasets (skipped without a Chromium)', () => {
  test('an upload that is cancelled half-way leaves nothing behind, and the next one goes through', async () => {
    const { page, errors } = await openPage(browser);
    await page.goto(server.url);
    const slow = await page.context().newCDPSession(page);
    await slow.send('Network.emulateNetworkConditions', {
      offline: false,
      latency: 0,
      downloadThroughput: -1,
      uploadThroughput: 300_000,
    });
    const text = lines(20_000, (i) => ({ custom_id: `c-${i}`, prompt: `A prompt that is somewhat long, number ${i}` }));
    const file = { name: 'cut.jsonl', mimeType: 'application/jsonl', buffer: Buffer.from(text) };
    await page.getByLabel('Dataset files').setInputFiles(file);
    const uploads = page.getByRole('region', { name: 'Uploads' });
    await uploads.getByText(/kB of .* MB .*left/).waitFor();
    await uploads.getByRole('button', { name: 'Cancel the upload of cut.jsonl' }).click();
    await uploads.waitFor({ state: 'detached' });
    await expect.poll(() => readdir(join(server.dataFolder, 'files', 'staging')), soon).toEqual([]);
    expect(await (await fetch(`${server.url}/admin/datasets`)).json()).toEqual({ data: [] });

    await slow.detach();
    await page.getByLabel('Dataset files').setInputFiles({ ...file, name: 'whole.jsonl' });
    await datasets(page).getByText('whole').waitFor();
    await expect.poll(() => grid(page).getByRole('rowheader').count(), soon).toBeGreaterThan(3);
    expect(errors).toEqual([]);
    await page.close();
  });

  test('a newer version takes the grid; runs of the older one say so, and the details list both', async () => {
    const { id } = await upload('versions.jsonl');
    await importAnswers(id, 'early', answers('Yes'));
    const { page, errors } = await openPage(browser);
    await page.goto(`${server.url}/?dataset=${id}`);
    await expect.poll(() => heads(page), soon).toEqual(['Item', 'early']);
    expect(await ended(page).getByText('older version').count()).toBe(0);

    await choose(page, 'versions', 'Upload a new version');
    const file = {
      name: 'versions-2.jsonl',
      mimeType: 'application/jsonl',
      buffer: Buffer.from(people(30, 'newer')),
    };
    const dialog = page.getByRole('dialog');
    await dialog.locator('input[type=file]').setInputFiles(file);
    await dialog.getByRole('button', { name: 'Upload' }).click();
    await ended(page).getByText('older version').waitFor();
    await page.getByText('30 of 30').waitFor();
    await grid(page).getByText('newer', { exact: true }).first().waitFor();
    expect(await heads(page)).toEqual(['Item']);
    await datasets(page).getByText('30 items · JSONL · version 2').waitFor();

    await choose(page, 'versions', 'Details and settings');
    const versions = page.getByRole('region', { name: 'Versions of the dataset' }).locator('tbody tr');
    await expect.poll(() => versions.count(), soon).toBe(2);
    expect(await versions.nth(0).innerText()).toMatch(/^2\s+, shown in the grid\s+30\s+0\s.*\sversions-2\.jsonl/);
    expect(await versions.nth(1).innerText()).toMatch(/^1\s+24\s+1\s.*\sversions\.jsonl/);
    expect(errors).toEqual([]);
    await page.close();
  });

  test('settings of a dataset are kept, and its answers are read by them', async () => {
    const { id } = await upload('settings.jsonl');
    await importAnswers(id, 'loud', answers('YES'));
    await importAnswers(id, 'plain', answers('Yes'));
    const { page, errors } = await openPage(browser);
    await page.goto(`${server.url}/?dataset=${id}`);
    await choose(page, 'settings', 'Details and settings');
    const drawer = page.getByRole('dialog');
    await drawer.getByRole('textbox', { name: 'Name', exact: true }).fill('settled');
    await drawer.getByLabel('Name of an item').fill('label');
    await drawer.getByLabel('Decision', { exact: true }).fill('verdict');
    await drawer.getByLabel('How note is compared').click();
    await page.getByRole('option', { name: 'not compared' }).click();
    await drawer.getByLabel('How verdict is compared').click();
    await page.getByRole('option', { name: 'exactly' }).click();
    await drawer.getByRole('button', { name: 'Save' }).click();
    await page.getByText('Saved the settings of settled.').waitFor();
    await drawer.getByRole('button', { name: 'Close' }).click();
    // The page follows without being loaded again: names, decisions, and that YES is not Yes.
    await grid(page).getByText('Person 0', { exact: true }).waitFor();
    await expect.poll(() => grid(page).getByText('DIFF', { exact: true }).count(), soon).toBeGreaterThan(4);

    await page.reload();
    await choose(page, 'settled', 'Details and settings');
    await expect.poll(() => drawer.getByLabel('Name of an item').inputValue(), soon).toBe('label');
    expect(await drawer.getByLabel('Decision', { exact: true }).inputValue()).toBe('verdict');
    expect(await drawer.getByLabel('How note is compared').inputValue()).toBe('not compared');
    expect(await drawer.getByLabel('How verdict is compared').inputValue()).toBe('exactly');
    expect(errors).toEqual([]);
    await page.close();
  });

  test('while answers are compared anew, a line says how far that is', async () => {
    const count = 3000;
    const text = people(count, 'many');
    const url = `${server.url}/admin/datasets/upload`;
    const { id } = await sendFile<{ id: string }>(url, { name: 'anew.jsonl', text });
    await importAnswers(id, 'one', answers('Yes', count));
    const { page, errors } = await openPage(browser);
    await page.goto(`${server.url}/?dataset=${id}`);
    await choose(page, 'anew', 'Details and settings');
    await page.getByRole('dialog').getByLabel('How note is compared').click();
    await page.getByRole('option', { name: 'not compared' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Save' }).click();
    const line = page.getByText(/Answers are compared anew: [\d,]+ of 3,000 items/);
    await line.first().waitFor();
    await expect.poll(() => line.count(), soon).toBe(0);
    expect(errors).toEqual([]);
    await page.close();
  });

  test('a template is kept and can be chosen after a reload', async () => {
    const { id } = await upload('templates.jsonl');
    const { page, errors } = await openPage(browser);
    await page.goto(`${server.url}/?dataset=${id}`);
    await page.getByRole('button', { name: 'New run' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel('Template', { exact: true }).fill('Judge ');
    await dialog.getByRole('button', { name: '{{label}}', exact: true }).click();
    await dialog.getByLabel('Save it as').fill('judging');
    await dialog.getByRole('button', { name: 'Save template' }).click();
    await page.getByText('Saved the template judging.').waitFor();

    await page.reload();
    await page.getByRole('button', { name: 'New run' }).click();
    await dialog.getByLabel('Saved template').click();
    await page.getByRole('option', { name: 'judging' }).click();
    expect(await dialog.getByLabel('Template', { exact: true }).inputValue()).toBe('Judge {{label}}');
    expect(errors).toEqual([]);
    await page.close();
  });

  test('what is expected is marked on each answer, in the grid and in the item', async () => {
    const { id } = await upload('truth.jsonl');
    await importAnswers(id, 'sure', answers('Yes'));
    const { page, errors } = await openPage(browser);
    await page.goto(`${server.url}/?dataset=${id}`);
    const mark = (at: number, name: string) =>
      grid(page).locator(`[data-candidate=c-${at}]`).getByRole('img', { name, exact: true });
    await mark(0, 'Not as expected').waitFor();
    await mark(1, 'As expected').waitFor();
    await page.goto(`${server.url}/?dataset=${id}&item=c-1`);
    const item = page.getByRole('dialog');
    await item.getByRole('img', { name: 'As expected', exact: true }).waitFor();
    await item.getByRole('button', { name: 'Previous item' }).click();
    await item.getByRole('img', { name: 'Not as expected' }).waitFor();
    expect(errors).toEqual([]);
    await page.close();
  });

  test('two tabs: what one does, the other shows without a reload', async () => {
    const { id } = await upload('shared.jsonl');
    const [one, two] = await Promise.all([tab(id), tab(id)]);
    await choose(one.page, 'shared', 'Import answers');
    const dialog = one.page.getByRole('dialog');
    const file = { name: 'far.jsonl', mimeType: 'application/jsonl', buffer: Buffer.from(answers('Yes')) };
    await dialog.locator('input[type=file]').setInputFiles(file);
    await dialog.getByLabel('Model').fill('far');
    await dialog.getByRole('button', { name: 'Import' }).click();
    await dialog.getByText('24 matched, 0 unmatched').waitFor();
    await dialog.getByRole('button', { name: 'Done' }).click();
    for (const { page } of [one, two]) {
      await expect.poll(() => heads(page), soon).toEqual(['Item', 'far']);
      await ended(page).getByText('24 answers').waitFor();
    }

    await choose(two.page, 'the run of far', 'Remove');
    await two.page.getByRole('dialog').getByRole('button', { name: 'Remove' }).click();
    for (const { page } of [two, one]) {
      await expect.poll(() => heads(page), soon).toEqual(['Item']);
      await expect.poll(() => ended(page).count(), soon).toBe(0);
    }

    await upload('another.jsonl');
    for (const { page } of [one, two]) await datasets(page).getByText('another').waitFor();
    await fetch(`${server.url}/admin/datasets/${id}`, { method: 'DELETE' });
    for (const { page } of [one, two]) await page.getByText('This dataset is not here').waitFor();
    expect([...one.errors, ...two.errors].filter((text) => !text.includes('404'))).toEqual([]);
    for (const { page } of [one, two]) await page.close();
  });
});

async function tab(dataset: string) {
  const tab = await openPage(browser);
  await tab.page.goto(`${server.url}/?dataset=${dataset}`);
  await tab.page.getByText('Live', { exact: true }).waitFor();
  return tab;
}
