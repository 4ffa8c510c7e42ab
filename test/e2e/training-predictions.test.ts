/** Predictions of a training job in a real browser: filtered by epoch, opened, errors seen, one sample over the epochs, two jobs side by side. */

import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { chromiumPath, openBrowser, openPage } from '../harness/browser.ts';
import { type RunningAssay, startAssay } from '../harness/server.ts';

/** A slow machine may take so long to show what it knows. */
const soon = { timeout: 30_000 };
const harm = '<img src=x onerror="window.harmed = 1">';
const dtypeError = 'RuntimeError: expected scalar type Float but found BFloat16 (model bf16, autocast off, cpu)';
const town = (sample: number) => `Town-${sample}`;

/** For each sample what it says before the training and after each of three epochs: right, wrong, or an error. */
const ways = ['wwrr', 'wrrr', 'wwwr', 'rrrw', 'wrwr', 'rrrr', 'wwww', 'weee'];
/** Another job that started from the same: right at 0, 3 and 6 at its end. */
const otherWays = ['wr', 'ww', 'ww', 'wr', 'ww', 'ww', 'wr', 'ww'];

let server: RunningAssay;
let browser: Browser;
let job: string;
let other: string;

beforeAll(async () => {
  if (chromiumPath() === null) return;
  [server, browser] = await Promise.all([startAssay(), openBrowser()]);
  job = await trained('First recipe', ways);
  other = await trained('Second recipe', otherWays);
});

afterAll(async () => {
  await browser?.close();
  await server?.remove();
});

async function call<T>(path: string, body: object): Promise<T> {
  const answer = await fetch(`${server.url}${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  expect([path, answer.status, answer.ok ? '' : await answer.text()]).toEqual([path, 200, '']);
  return (await answer.json()) as T;
}

/** A job whose trainer sent so many of its evaluations; all where no number is given. */
async function trained(name: string, samples: string[], sent = samples[0]!.length): Promise<string> {
  const predictions = { sample_count: samples.length };
  const { id } = await call<{ id: string }>('/api/training/jobs', {
    name,
    base_model: 'tiny',
    config: { predictions },
  });
  for (let epoch = 0; epoch < sent; epoch += 1) await evaluated(id, samples, epoch);
  return id;
}

const evaluated = (id: string, samples: string[], epoch: number) =>
  call('/api/training/local/predictions', {
    job_id: id,
    epoch,
    step: epoch * 20,
    hook: epoch === 0 ? 'train_begin' : 'epoch_end',
    predictions: samples.map((way, sample) => predictionOf(sample, way[epoch]!, epoch)),
  });

function predictionOf(sample: number, how: string, epoch: number) {
  const right = how === 'r';
  return {
    sample_index: sample,
    ...(sample % 2 === 0 ? { sample_id: `s-${sample}` } : {}),
    prompt: `What is the capital of Land-${sample}? ${harm}`,
    ground_truth: `The capital is ${town(sample)}.`,
    prediction: how === 'e' ? null : `The capital is ${right ? town(sample) : `Guess-${epoch}`}.`,
    error: how === 'e' ? dtypeError : null,
    scores: how === 'e' ? {} : { exact_match: right ? 1 : 0, token_f1: right ? 1 : 0.5 + epoch / 20 },
    truth_nll: how === 'e' ? null : 3 - epoch * 0.75,
    dtype_rung: how === 'e' ? null : 'autocast',
  };
}

const rows = (page: Page) => page.getByRole('row').filter({ has: page.getByRole('button', { name: /in full$/ }) });
const option = (page: Page, sample: number) => page.getByRole('option', { name: `Land-${sample}?` });
const cards = (page: Page) => page.getByRole('list', { name: 'Predictions, the newest first' }).getByRole('listitem');

describe.skipIf(chromiumPath() === null)('predictions of a training job (skipped without a Chromium)', () => {
  test('the table: by epoch and sample, in full, errors as errors, new ones as they come', async () => {
    const { page, errors } = await openPage(browser);
    const live = await trained('Live', ways, 3);
    await page.goto(`${server.url}/training/${live}?view=predictions`);
    await expect.poll(() => rows(page).count(), soon).toBe(24);
    await page.getByText('2 of 24 predictions could not be made').waitFor();
    await page.getByText('22 predictions were made under autocast').waitFor();
    await page.getByRole('combobox', { name: 'Epoch' }).click();
    await page.getByRole('option', { name: '2 (step 40)' }).click();
    await expect.poll(() => rows(page).count(), soon).toBe(8);
    await rows(page).nth(0).getByRole('button').click();
    const whole = page.getByRole('region', { name: 'Sample 0 at epoch 2, step 40' });
    const text = (await whole.innerText()).replaceAll(/\s+/g, ' ');
    expect(text).toContain('The capital is Town-0.');
    expect(text).toContain('Perplexity of the truth 4.48');
    expect(text).toContain('Generated under autocast of the training’s dtype');
    expect(text).toContain(harm);
    const shared = page.url();

    await page.getByRole('combobox', { name: 'Epoch' }).click();
    await page.getByRole('option', { name: 'Newest evaluation' }).click();
    await evaluated(live, ways, 3);
    await expect.poll(() => rows(page).first().innerText(), soon).toContain('60');
    await page.getByText('3 of 32 predictions could not be made').waitFor();
    await page.getByRole('button', { name: 'Show the errors' }).click();
    await expect.poll(() => rows(page).count(), soon).toBe(3);
    expect(await rows(page).first().innerText()).toContain(dtypeError);
    await page.getByRole('textbox', { name: 'Sample' }).fill('6');
    await page.getByText('No such prediction.').waitFor();

    await page.goto(shared);
    await whole.waitFor();
    expect(await rows(page).count()).toBe(8);
    expect(await page.evaluate('window.harmed ?? null')).toBeNull();
    expect(errors).toEqual([]);
    await page.close();
  });

  test('one sample over the epochs: movements counted, words marked, trends by words, samples by keys', async () => {
    const { page, errors } = await openPage(browser);
    await page.goto(`${server.url}/training/${job}?view=comparison`);
    const counts = page.getByRole('group', { name: 'How samples moved' });
    const counted = async () => (await counts.innerText()).replaceAll(/\s+/g, ' ').trim();
    await expect
      .poll(counted, soon)
      .toBe('All 8 Learned 3 Forgotten 1 Flapping 1 Always right 1 Always wrong 1 Not known 1');
    await counts.getByRole('button', { name: /^Learned/ }).click();
    await expect.poll(() => page.getByRole('option').count(), soon).toBe(3);
    await option(page, 2).click();
    await page.getByRole('heading', { name: 'Prompt of sample 2' }).waitFor();
    await expect.poll(() => cards(page).count(), soon).toBe(4);
    const latest = cards(page).first();
    await expect.poll(() => latest.innerText(), soon).toMatch(/epoch 3, step 60\s*latest\s*✓ right/);
    expect(await latest.locator('del').allInnerTexts()).toEqual(['Guess']);
    expect(await latest.locator('ins').allInnerTexts()).toEqual(['Town']);
    expect(await latest.innerText()).toContain('+1 since epoch 2, step 40, better');
    await page.getByText('Against the truth', { exact: true }).click();
    await latest.getByText('The same as the truth.').waitFor();
    await page.getByRole('img', { name: /^Loss on the truth over 4 evaluations, between 0.75 and 3/ }).waitFor();
    await page.reload();
    await latest.getByText('The same as the truth.').waitFor();

    await page.getByRole('listbox', { name: 'Samples' }).press('ArrowUp');
    await page.getByRole('region', { name: 'Sample 1 over the evaluations' }).waitFor();
    await counts.getByRole('button', { name: /^Not known/ }).click();
    await expect.poll(() => latest.innerText(), soon).toContain(dtypeError);
    await counts.getByRole('button', { name: /^All/ }).click();
    await page.getByRole('textbox', { name: 'from a score of' }).fill('0.5');
    await expect.poll(counted, soon).toMatch(/Learned 3 /);
    await page.getByRole('combobox', { name: 'Right by' }).click();
    await page.getByRole('option', { name: 'Token F1' }).click();
    await expect.poll(counted, soon).toMatch(/^All 8 Learned 0 Forgotten 0 Flapping 0 Always right 7 /);
    expect(errors).toEqual([]);
    await page.close();
  });

  test('two jobs side by side: who is right where at their last evaluations, and at another one', async () => {
    const { page, errors } = await openPage(browser);
    await page.goto(`${server.url}/training/${job}/beside/${other}`);
    const counts = page.getByRole('group', { name: 'Samples by who is right' });
    const counted = async () => (await counts.innerText()).replaceAll(/\s+/g, ' ').trim();
    const atEnd = 'Both right 1 14 % Only A right 4 57 % Only B right 2 29 % Neither right 0 0 % Not comparable 1';
    await expect.poll(counted, soon).toBe(atEnd);
    await page.getByText('A is right at 5 of 7 samples, B at 3.').waitFor();
    await page.getByText('4 to 2, p = 0.688').waitFor();
    const means = page.getByRole('region', { name: 'Mean scores of A and B' });
    const exact = means.getByRole('row').filter({ hasText: 'Exact match' });
    expect((await exact.innerText()).replaceAll(/\s+/g, ' ')).toMatch(/0.714 0.429 ▼ −0.286/);
    await counts.getByRole('button', { name: /^Only B right/ }).click();
    const pairs = page.getByRole('list', { name: 'Samples of both jobs' }).getByRole('listitem');
    await expect.poll(() => pairs.count(), soon).toBe(2);
    await page.getByText('A against B', { exact: true }).click();
    await pairs.first().locator('ins').first().waitFor();
    await page.getByRole('combobox', { name: 'Evaluation of A' }).click();
    await page.getByRole('option', { name: /before the training/ }).click();
    await expect.poll(counted, soon).toMatch(/^Both right 1 .* Only A right 1 .* Only B right 2 /);
    expect(page.url()).toContain('who=only_b');
    expect(errors).toEqual([]);
    await page.close();
  });
});
