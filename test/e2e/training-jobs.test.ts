/** Training jobs in a real browser: the form with its estimate and warning, a token shown once, metrics as they come, what went wrong, deletion. */

import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { seriousFaults } from '../harness/accessibility.ts';
import { chromiumPath, lines, openBrowser, openPage, sendFile } from '../harness/browser.ts';
import { type RunningAssay, startAssay } from '../harness/server.ts';

/** A slow machine may take so long to show what it knows. */
const soon = { timeout: 60_000 };
const hostile = '<img src=x onerror="window.harmed = 1">';

let server: RunningAssay;
let browser: Browser;

beforeAll(async () => {
  if (chromiumPath() === null) return;
  [server, browser] = await Promise.all([startAssay(), openBrowser()]);
});

afterAll(async () => {
  await browser?.close();
  await server?.remove();
});

/** What a trainer says, with its token. */
async function say(what: 'metrics' | 'status', body: object, token: string): Promise<number> {
  const answer = await fetch(`${server.url}/api/training/local/${what}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
    body: JSON.stringify(body),
  });
  return answer.status;
}

const line = (step: number, loss: number | null, more = {}) => ({
  step,
  epoch: step / 10,
  values: { loss, learning_rate: 0.001 / step, ...more },
});

/** Fills the form in past its warning, and gives the token that is shown for the new job. */
async function makeJob(page: Page): Promise<string> {
  const facts = lines(3, (i) => ({ custom_id: `f-${i}`, prompt: `Fact ${i}?`, expected: `Yes ${i}` }));
  await sendFile(`${server.url}/admin/datasets/upload`, { name: 'facts.jsonl', text: facts });
  await page.goto(`${server.url}/training`);
  await page.getByText('npx assay train-demo').waitFor();
  await page.getByRole('button', { name: 'New job' }).click();
  const dialog = page.getByRole('dialog');
  const estimate = dialog.getByRole('region', { name: 'Estimate' });
  // 4 times 5 samples of 300 tokens at $0.01 for 1,000.
  await expect.poll(() => estimate.innerText(), soon).toContain('$0.06');
  await dialog.getByRole('button', { name: 'Make the job' }).click();
  await dialog.getByText('Name the model that is trained').waitFor();

  await dialog.getByRole('combobox', { name: 'Samples to predict' }).click();
  await page.getByRole('option', { name: 'A dataset with expected answers' }).click();
  await dialog.getByText('Choose where the samples come from').waitFor();
  await dialog.getByRole('combobox', { name: 'Dataset' }).click();
  await page.getByRole('option', { name: 'facts' }).click();
  await dialog.getByLabel('Name').fill(`facts ${hostile}`);
  await dialog.getByLabel('Base model').fill('tiny-llama');
  await dialog.getByLabel('Size of the model').fill('70');
  await dialog.getByRole('slider', { name: 'Samples each time' }).press('End');
  await dialog.getByText('100 samples each time').waitFor();
  await dialog.getByText('About $6.00 for predictions').waitFor();
  await dialog.getByText('Every so many steps').click();
  await dialog.getByLabel('Steps between').fill('9');
  await dialog.getByText('A whole number from 10').waitFor();
  await dialog.getByLabel('Steps between').fill('10');
  await dialog.getByLabel('Steps of the whole training').fill('40');
  await dialog.getByText('About $7.50 for predictions').waitFor();
  expect(await seriousFaults(page)).toEqual([]);
  await dialog.getByRole('slider', { name: 'Samples each time' }).press('Home');
  await expect.poll(() => estimate.innerText(), soon).toContain('1,500');
  expect(await dialog.getByText(/^About/).count()).toBe(0);

  await dialog.getByRole('button', { name: 'Make the job' }).click();
  const token = await dialog.getByRole('region', { name: 'Token', exact: true }).locator('pre').innerText();
  expect(token).toMatch(/^atj-/);
  const environment = await dialog.getByRole('region', { name: 'In the environment of the trainer' }).innerText();
  expect(environment).toContain(`ASSAY_URL='${server.url}'`);
  expect(environment).toContain(`ASSAY_JOB_TOKEN='${token}'`);
  await dialog.getByText('PredictionsCallback(rows=fetch_rows(*job, "samples"))').waitFor();
  await dialog.getByRole('button', { name: 'Open the job' }).click();
  await page.getByText('Its trainer was not heard of yet').waitFor();
  expect(await page.content()).not.toContain(token);
  return token;
}

const chart = (page: Page, title: string) => page.getByRole('img', { name: new RegExp(`^${title} over the steps`) });

describe.skipIf(chromiumPath() === null)('training jobs (skipped without a Chromium)', () => {
  test('made in the form, followed as its trainer tells of it, and deleted', async () => {
    const { page, errors } = await openPage(browser, { height: 1000 });
    const token = await makeJob(page);
    const id = new URL(page.url()).pathname.split('/').at(-1)!;

    const samples = await fetch(`${server.url}/api/training/jobs/${id}/data/samples`, {
      headers: { authorization: `Bearer ${token}` },
    });
    expect((await samples.text()).trim().split('\n')).toHaveLength(3);
    expect(await say('status', { job_id: id, status: 'running', total_steps: 40, total_epochs: 4 }, token)).toBe(200);
    expect(await say('metrics', { job_id: id, metrics: [line(10, 2.5)] }, token)).toBe(200);
    await page.getByText('running', { exact: true }).waitFor();
    await expect.poll(() => chart(page, 'Loss').getAttribute('aria-label'), soon).toContain('2.5 at step 10');
    const evaluated = { step: 20, epoch: 2, kind: 'eval', values: { eval_loss: 1.75 } };
    await say('metrics', { job_id: id, metrics: [line(20, 1.5, { entropy: 0.5 }), evaluated, line(30, null)] }, token);
    await expect
      .poll(() => chart(page, 'Loss').getAttribute('aria-label'), soon)
      .toContain('evaluation 1.75 at step 20');
    expect(await chart(page, 'Loss').getAttribute('aria-label')).toContain(
      'training 2.5 at step 10, not finite at step 30',
    );
    await page.getByText('30 of 40').waitFor();
    await page.getByText('1 more metric').waitFor();
    const box = (await chart(page, 'Learning rate').boundingBox())!;
    await page.mouse.move(box.x + box.width / 2, box.y + 20);
    await page.getByText('step 20, epoch 2').waitFor();
    await page.getByRole('button', { name: 'Loss as a table' }).click();
    await page.getByRole('row', { name: '20 2 1.5 1.75' }).waitFor();

    const told = { status: 'failed', problem: `out of memory ${hostile}`, undelivered: '3 rows of step 30' };
    await say('status', { job_id: id, ...told }, token);
    await page.getByRole('alert').filter({ hasText: 'out of memory' }).waitFor();
    await page.getByRole('alert').filter({ hasText: '3 rows of step 30' }).waitFor();

    await page.getByRole('tab', { name: 'Settings' }).click();
    await page.getByText(/^1 sample every 10 steps/).waitFor();
    await page.getByRole('button', { name: `Revoke the token …${token.slice(-4)}` }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Revoke' }).click();
    await page.getByText(/^revoked/).waitFor();
    expect(await say('metrics', { job_id: id, metrics: [line(40, 1)] }, token)).toBe(401);
    await page.getByRole('button', { name: 'New token' }).click();
    await page.getByText('The token of this job, shown this once').waitFor();

    await page.goto(`${server.url}/training`);
    const row = page.getByRole('row', { name: /facts/ });
    await expect.poll(() => row.innerText(), soon).toContain('30 of 40');
    expect(await row.innerText()).toContain('failed');
    await row.getByRole('link').click();
    await page.getByRole('button', { name: 'Delete' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Delete' }).click();
    await page.getByText('npx assay train-demo').waitFor();
    expect(await page.evaluate('window.harmed ?? null')).toBeNull();
    expect(errors).toEqual([]);
    await page.close();
  });

  test('no serious fault of accessibility, nothing wider than the page, dark and narrow', async () => {
    const made = await fetch(`${server.url}/api/training/jobs`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ name: 'seen', base_model: 'tiny-llama' }),
    });
    const { id, token } = (await made.json()) as { id: string; token: string };
    await say('status', { job_id: id, status: 'running', total_steps: 40 }, token);
    await say('metrics', { job_id: id, metrics: [1, 2, 3].map((step) => line(step, 3 / step)) }, token);
    const { page, errors } = await openPage(browser, { dark: true });
    await page.emulateMedia({ reducedMotion: 'reduce', colorScheme: 'dark' });
    for (const [path, ready] of [
      ['', 'text=seen'],
      [`/${id}`, 'text=Learning rate'],
      [`/${id}?view=settings`, 'text=Ends in'],
    ] as const) {
      await page.setViewportSize({ width: 1280, height: 800 });
      await page.goto(`${server.url}/training${path}`);
      await page.locator(ready).first().waitFor();
      expect([path, await seriousFaults(page)]).toEqual([path, []]);
      await page.setViewportSize({ width: 390, height: 800 });
      expect([path, await page.evaluate('document.documentElement.scrollWidth <= innerWidth')]).toEqual([path, true]);
    }
    expect(errors).toEqual([]);
    await page.close();
  });
});
