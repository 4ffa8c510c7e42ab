/** The workbench in a real browser with two real models: from a dropped file to exported judgements, across a kill. */

import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { testModels } from '../../src/engines/built-in.ts';
import { chromiumPath, grid, openBrowser, openPage } from '../harness/browser.ts';
import { type RunningAssay, startAssay } from '../harness/server.ts';

const items = 8;
const models = ['smollm2-135m', 'gemma-3-270m'];
/** JSON is asked for by a schema, so that there are decisions to compare. */
const schema = JSON.stringify({
  type: 'object',
  properties: { recommendation: { enum: ['Yes', 'Maybe', 'No'] }, reason: { type: 'string', maxLength: 30 } },
  required: ['recommendation', 'reason'],
  additionalProperties: false,
});

let folder: string;
let browser: Browser;

const freePort = () =>
  new Promise<number>((resolve) => {
    const probe = createServer().listen(0, '127.0.0.1', () => {
      const { port } = probe.address() as { port: number };
      probe.close(() => resolve(port));
    });
  });

beforeAll(async () => {
  if (chromiumPath() === null) return;
  folder = await mkdtemp(join(tmpdir(), 'assay-e2e-'));
  // JSON is YAML as well.
  await writeFile(join(folder, 'models.json'), JSON.stringify({ models: testModels }));
  browser = await openBrowser();
});

afterAll(async () => {
  await browser?.close();
  if (folder) await rm(folder, { recursive: true, force: true });
});

/** On a port that it keeps when it is started again, as the page that stays open expects. */
const startServer = async (): Promise<RunningAssay> =>
  startAssay({
    env: {
      ASSAY_PORT: String(await freePort()),
      ASSAY_MODELS: join(folder, 'models.json'),
      ASSAY_MAX_LOADED_MODELS: '2',
    },
  });

/** Drops a file on the datasets column, as a person drags it there. */
async function drop(page: Page, file: { name: string; text: string }): Promise<void> {
  const made = `new File([${JSON.stringify(file.text)}], ${JSON.stringify(file.name)}, { type: 'application/jsonl' })`;
  const transfer = await page.evaluateHandle(
    `(() => { const data = new DataTransfer(); data.items.add(${made}); return data; })()`,
  );
  const zone = page.locator('[class*="mantine-Dropzone-root"]').first();
  for (const type of ['dragenter', 'dragover', 'drop']) await zone.dispatchEvent(type, { dataTransfer: transfer });
}

const answered = (page: Page) => grid(page).locator('[role="gridcell"]:has([class*="figures"] span)');
const marks = (page: Page, name: string) => grid(page).getByRole('img', { name });

const differences = (page: Page) =>
  page.getByRole('search', { name: 'Filter the answers' }).getByRole('button', { name: 'Differences', exact: true });

async function startTwoModels(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'New run' }).click();
  const dialog = page.getByRole('dialog');
  for (const model of models) await dialog.getByLabel(model, { exact: true }).check();
  await dialog.getByLabel('Most tokens of an answer').fill('40');
  await dialog.getByLabel('Temperature').fill('0');
  await dialog.getByLabel('JSON schema of the answers').fill(schema);
  await dialog.getByRole('button', { name: 'Start 2 runs' }).click();
  await dialog.waitFor({ state: 'detached' });
}

test.skipIf(chromiumPath() === null)(
  'drop a file, run two models, judge by keyboard, kill the server, export (skipped without a Chromium)',
  { timeout: 280_000 },
  async () => {
    const refused =
      /ERR_CONNECTION_REFUSED|ERR_CONNECTION_RESET|WebSocket connection|ERR_EMPTY_RESPONSE|Failed to load/;
    await using server = await startServer();
    const { page, errors } = await openPage(browser, { expected: refused });
    await page.goto(server.url);
    const lines = Array.from({ length: items }, (_, i) =>
      JSON.stringify({
        custom_id: `person-${i + 1}`,
        messages: [
          {
            role: 'user',
            content: `**Candidate:** Person ${i + 1}\n**Current Role:** Smith\nTo be invited? JSON only.`,
          },
        ],
      }),
    );
    await drop(page, { name: 'people.jsonl', text: `${lines.join('\n')}\n` });
    await grid(page).getByText('Person 1 (Smith)', { exact: true }).waitFor();
    await startTwoModels(page);

    // Rows appear while it runs; then all is killed at once, and the page catches up by itself.
    await expect.poll(() => answered(page).count(), { timeout: 120_000 }).toBeGreaterThan(1);
    await server.killGroup();
    await page
      .getByText(/Reconnecting|Offline|Not connected/i)
      .first()
      .waitFor();
    await server.restart();
    await expect.poll(() => answered(page).count(), { timeout: 150_000 }).toBe(items * 2);

    // Judged by keyboard: golden, the other model's wrong, the next one mended.
    await grid(page).focus();
    await page.keyboard.press('g');
    await marks(page, 'Golden').first().waitFor();
    await page.keyboard.press('l');
    await page.keyboard.press('w');
    await marks(page, 'Wrong').first().waitFor();
    await page.keyboard.press('j');
    await page.keyboard.press('f');
    const editor = page.getByRole('dialog').getByLabel('The answer as it should be');
    await editor.fill('{"recommendation": "Maybe", "reason": "mended by hand"}');
    await page.keyboard.press('Control+Enter');
    await marks(page, 'Fixed').first().waitFor();

    await filterToDifferences(page);
    await exportsWhatWasSaid(page);

    await page.reload();
    await grid(page).waitFor();
    for (const name of ['Golden', 'Wrong', 'Fixed']) await expect.poll(() => marks(page, name).count()).toBe(1);
    expect(errors).toEqual([]);
    await page.close();
  },
);

/** The rows that are left are those whose badge says that they differ, and the address keeps the filter. */
async function filterToDifferences(page: Page): Promise<void> {
  const differing = await grid(page).locator('[role="row"][data-differs]').count();
  await differences(page).click();
  await expect.poll(() => grid(page).locator('[role="row"][data-candidate]').count()).toBe(differing);
  expect(await grid(page).locator('[role="row"][data-candidate]:not([data-differs])').count()).toBe(0);
  expect(new URL(page.url()).searchParams.getAll('filter')).toEqual(['differences']);
  await differences(page).click();
  await expect.poll(() => grid(page).locator('[role="row"][data-candidate]').count()).toBeGreaterThan(5);
}

async function exportsWhatWasSaid(page: Page): Promise<void> {
  const coming = page.waitForEvent('download');
  await page.getByRole('button', { name: 'Export what the filter chooses' }).click();
  await page.getByRole('menuitem', { name: /^JSONL/ }).click();
  const download = await coming;
  const rows = (await readFile(await download.path(), 'utf8')).trim().split('\n');
  expect(rows).toHaveLength(3);
  expect(rows.map((row) => JSON.parse(row).meta.kind).toSorted()).toEqual(['fix', 'golden', 'wrong']);
}
