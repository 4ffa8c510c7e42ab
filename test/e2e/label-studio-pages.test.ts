/** The pages of Label Studio in a real browser: connection, preview, push, what waits for a person, files, review queue. */

import { readFileSync } from 'node:fs';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { seriousFaults } from '../harness/accessibility.ts';
import { chromiumPath, lines, openBrowser, openPage, sendFile } from '../harness/browser.ts';
import { type FakeLabelStudio, startFakeLabelStudio } from '../harness/fake-label-studio.ts';
import { type RunningAssay, startAssay } from '../harness/server.ts';

/** A slow machine may take so long to show what it knows. */
const soon = { timeout: 60_000 };
const items = 12;
const harm = '<img src=x onerror="window.harmed = 1"><script>window.harmed = 2</script>';

let server: RunningAssay;
let browser: Browser;
let labelStudio: FakeLabelStudio;
let dataset: string;

beforeAll(async () => {
  if (chromiumPath() === null) return;
  [server, browser, labelStudio] = await Promise.all([startAssay(), openBrowser(), startFakeLabelStudio()]);
  dataset = await newDataset();
});

afterAll(async () => {
  await browser?.close();
  await server?.remove();
  await labelStudio?.close();
});

/** Items, and the answers of two models to them, which differ on each; some texts are written by somebody who means harm. */
async function newDataset(): Promise<string> {
  const text = lines(items, (i) => ({
    custom_id: `c-${i}`,
    name: `Item ${i} ${i === 0 ? harm : ''}`,
    category: i % 3 === 0 ? 'hard' : 'easy',
    prompt: `Question ${i}: ${harm}`,
  }));
  const { id } = await sendFile<{ id: string }>(`${server.url}/admin/datasets/upload`, { name: 'hiring.jsonl', text });
  for (const [model, decision] of [
    ['model-a', 'hire'],
    ['model-b', 'reject'],
  ]) {
    const answers = lines(items, (i) => ({
      custom_id: `c-${i}`,
      content: JSON.stringify({ decision, why: `number ${i} ${harm}` }),
    }));
    const fields = { dataset_id: id, model_id: model! };
    await sendFile(`${server.url}/admin/benchmarks/import`, { name: `${model}.jsonl`, text: answers }, fields);
  }
  return id;
}

async function call<T>(method: string, path: string, body?: object): Promise<T> {
  const answer = await fetch(`${server.url}${path}`, {
    method,
    headers: body === undefined ? {} : { 'content-type': 'application/json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  expect([path, answer.status, answer.ok ? '' : await answer.text()]).toEqual([path, 200, '']);
  return (await answer.json()) as T;
}

const sayHere = (item: string, model: string, kind: string) =>
  call('POST', `/admin/annotations/${kind}/${dataset}/${item}`, { model_id: model });

/** What Assay has of an item's answers, by model. */
async function saidHere(item: string): Promise<Record<string, string | null>> {
  const { data } = await call<{ data: { candidate_id: string; model_id: string; kind: string | null }[] }>(
    'GET',
    `/admin/annotations?dataset_id=${dataset}`,
  );
  const said = data.filter(({ candidate_id }) => candidate_id === item);
  return Object.fromEntries(said.map(({ model_id, kind }) => [model_id, kind]));
}

/** The number of an item's task in Label Studio. */
function taskOf(item: string): number {
  for (const task of labelStudio.store.tasks.values()) if (task.data.assay_item === item) return task.id;
  throw new Error(`no task of ${item} is there`);
}

/** An annotation of both answers of an item. */
const verdicts = (verdict: string) =>
  ['a', 'b'].map((slot) => ({
    from_name: `verdict_${slot}`,
    to_name: `answer_${slot}`,
    type: 'choices',
    value: { choices: [verdict] },
  }));

async function connect(page: Page): Promise<void> {
  await page.goto(`${server.url}/label-studio`);
  await page.getByText('There is no connection to Label Studio yet').waitFor();
  await page.getByText('No project yet.').waitFor();
  await page.getByRole('status').getByRole('link', { name: 'Settings' }).click();
  const panel = page.getByRole('region', { name: 'Label Studio' });
  const token = panel.getByRole('textbox', { name: 'Token' });
  await panel.getByRole('textbox', { name: 'Address' }).fill(labelStudio.url);
  await token.fill('f'.repeat(40));
  await panel.getByRole('button', { name: 'Connect' }).click();
  await panel.getByText('refuses the token').waitFor();
  expect(await token.getAttribute('aria-invalid')).toBe('true');
  await token.fill(labelStudio.personalToken);
  await panel.getByRole('button', { name: 'Connect' }).click();
  await panel.getByText('owner@example.com').waitFor();
  await panel.getByText('version 1.23.2, by a personal token').waitFor();
  expect(await page.content()).not.toContain(labelStudio.personalToken);
}

/** Fills the form in past a configuration that does not serve; gives the project's address. */
async function makeProject(page: Page): Promise<string> {
  await page.goto(`${server.url}/label-studio`);
  await page.getByRole('button', { name: 'New project' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByRole('button', { name: 'Make the project' }).click();
  await dialog.getByText('Choose a dataset', { exact: true }).waitFor();
  await dialog.getByRole('combobox', { name: 'Dataset' }).click();
  await page.getByRole('option', { name: 'hiring' }).click();
  const preview = dialog.getByRole('region', { name: 'Preview' });
  await preview.getByText('Answer B', { exact: true }).waitFor();
  expect(await preview.getByRole('region', { name: 'prompt' }).innerText()).toContain('<script>window.harmed = 2');
  expect(await preview.getByRole('list', { name: 'verdict_a' }).innerText()).toMatch(/golden\s+fix\s+wrong/);
  for (const slot of ['a', 'b']) {
    const answer = await preview.getByRole('region', { name: `answer_${slot}` }).innerText();
    const own = /"decision":"(\w+)"/.exec(answer)![1];
    const choices = await preview.getByRole('list', { name: `field_${slot}_1` }).innerText();
    // Choices of other answers that read the same differ by signs that are not seen.
    expect(choices).toMatch(new RegExp(`${own}[\\s\\u2060]+\\(chosen`));
  }
  expect(await preview.innerText()).not.toContain('model-a');

  await dialog.getByRole('switch', { name: 'A labeling configuration of my own' }).click();
  const config = dialog.getByRole('textbox', { name: 'Labeling configuration' });
  expect(await config.inputValue()).toContain('name="verdict_b"');
  await config.fill('<View><Text name="prompt" value="$prompt"');
  await dialog.getByText(/The labeling configuration does not serve/).waitFor();
  expect(await config.getAttribute('aria-invalid')).toBe('true');
  await dialog.getByRole('button', { name: 'Back to the generated one' }).click();
  await dialog.getByRole('textbox', { name: 'Title' }).fill(`Round 1 ${harm.slice(0, 40)}`);
  await preview.getByText('Answer B', { exact: true }).waitFor();
  expect(await seriousFaults(page)).toEqual([]);
  await dialog.getByRole('button', { name: 'Make the project' }).click();
  await page.getByRole('heading', { name: /^Round 1/ }).waitFor();
  return page.url();
}

const waiting = (page: Page) => page.getByRole('list', { name: 'Answers that wait' }).locator('> li');

/** One answer that both sides changed, and an item on which two annotators are apart. */
async function disagree(page: Page): Promise<void> {
  await sayHere('c-1', 'model-a', 'golden');
  await labelStudio.annotate(taskOf('c-1'), { email: 'anna@example.com', result: verdicts('wrong') });
  await labelStudio.annotate(taskOf('c-2'), { email: 'anna@example.com', result: verdicts('golden') });
  await labelStudio.annotate(taskOf('c-2'), { email: 'ben@example.com', result: verdicts('wrong') });
  await page.getByRole('button', { name: 'Pull now' }).click();
  await expect.poll(() => waiting(page).count(), soon).toBe(3);
}

describe.skipIf(chromiumPath() === null)('the pages of Label Studio (skipped without a Chromium)', () => {
  test('from a connection to a project, a push, and answers that a person settles by keys', async () => {
    const { page, errors } = await openPage(browser, { height: 1000, expected: /status of (400|409|422)/ });
    await connect(page);
    const address = await makeProject(page);

    await page.getByRole('combobox', { name: 'Items' }).first().click();
    await page.getByRole('option', { name: 'Everything' }).first().click();
    await page.getByRole('button', { name: 'Push', exact: true }).click();
    await page.getByText('All tasks are there').waitFor();
    await page.getByText(`${items} of ${items}`).waitFor();
    expect(labelStudio.store.tasks.size).toBe(items);

    await disagree(page);
    const conflict = waiting(page).filter({ hasText: 'Both sides changed it' });
    expect(await conflict.count()).toBe(1);
    expect(await conflict.innerText()).toMatch(/Assay\s+golden[\s\S]*Label Studio\s+wrong · newest/);
    await conflict.getByText('The question and the answer').click();
    await conflict.getByText('Question 1:').waitFor();
    expect(await seriousFaults(page)).toEqual([]);
    await conflict.getByRole('button', { name: /^Take Label Studio’s/ }).click();
    await expect.poll(() => waiting(page).count(), soon).toBe(2);
    expect(await saidHere('c-1')).toEqual({ 'model-a': 'wrong', 'model-b': 'wrong' });

    await page.getByRole('heading', { name: 'Waits for a person' }).click();
    await page.keyboard.press('j');
    await expect.poll(() => waiting(page).nth(1).getAttribute('aria-current'), soon).toBe('true');
    const second = await waiting(page).nth(1).innerText();
    await page.keyboard.press(/Take anna@example.com’s\s+1/.test(second) ? '1' : '2');
    await expect.poll(() => waiting(page).count(), soon).toBe(1);
    await page.keyboard.press('o');
    await page.getByText('Nothing waits.').waitFor();
    expect(Object.values(await saidHere('c-2'))).toEqual(['golden']);
    await page.getByRole('row', { name: 'anna@example.com 2' }).waitFor();

    await page.getByRole('combobox', { name: 'Of several annotators is taken' }).click();
    await page.getByRole('option', { name: 'The newest word' }).click();
    await page.getByRole('button', { name: 'Keep', exact: true }).click();
    await page.getByText('the next pull goes by this rule').waitFor();
    await page.reload();
    await page.getByText('The newest annotation is taken, whoever made it.').waitFor();
    expect(page.url()).toBe(address);
    expect(await page.evaluate('window.harmed ?? null')).toBeNull();
    expect(errors).toEqual([]);
    await page.close();
  });

  test('tasks leave as a file and annotations come back as one; a project of files is made and removed', async () => {
    const { page, errors } = await openPage(browser, { height: 1000, expected: /status of 400/ });
    await page.goto(`${server.url}/label-studio?dataset=${dataset}`);
    const dialog = page.getByRole('dialog');
    await dialog.getByText('Files only').click();
    await dialog.getByRole('textbox', { name: 'Title' }).fill('By files');
    await dialog.getByRole('button', { name: 'Make the project' }).click();
    await page.getByRole('heading', { name: 'By files' }).waitFor();
    await page.getByRole('combobox', { name: 'Items' }).click();
    await page.getByRole('option', { name: 'Everything' }).click();
    const saving = page.waitForEvent('download');
    await page.getByRole('button', { name: 'Download tasks' }).click();
    const tasks = JSON.parse(readFileSync(await (await saving).path(), 'utf8')) as object[];
    expect(tasks).toHaveLength(items);

    const annotated = tasks.slice(0, 2).map((task, at) => ({
      ...task,
      id: at + 1,
      annotations: [
        {
          id: at + 1,
          completed_by: { email: 'carla@example.com' },
          result: verdicts('golden'),
          created_at: '2026-01-31T10:00:00Z',
        },
      ],
    }));
    const send = async (text: string) => {
      await page
        .locator('input[type=file]')
        .setInputFiles({ name: 'export.json', mimeType: 'application/json', buffer: Buffer.from(text) });
      await page.getByRole('button', { name: 'Bring annotations in' }).click();
    };
    await send('{"not": "a list"');
    await page.getByRole('alert').filter({ hasText: 'Nothing was taken in' }).waitFor();
    await send(JSON.stringify(annotated));
    await page.getByText(/Annotations: 2 new in 2 tasks/).waitFor();
    await page.getByRole('row', { name: 'carla@example.com 2' }).waitFor();

    await page.getByRole('button', { name: 'Remove' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Remove' }).click();
    await page.getByText('was taken off the list').waitFor();
    await page.getByRole('link', { name: /^Round 1/ }).waitFor();
    expect(await page.getByRole('link', { name: 'By files' }).count()).toBe(0);
    expect(errors).toEqual([]);
    await page.close();
  });

  test('the review queue of a dataset: what is useful first, with its reasons, and a link to each item', async () => {
    const { page, errors } = await openPage(browser);
    await page.goto(`${server.url}/?dataset=${dataset}`);
    await page.getByRole('button', { name: 'Actions for hiring' }).click();
    await page.getByRole('menuitem', { name: 'Review queue' }).click();
    const rows = page.getByRole('region', { name: 'Items to review' }).getByRole('row');
    await rows.nth(1).waitFor();
    const { left } = await call<{ left: number }>('GET', `/api/review-queue?dataset_id=${dataset}`);
    expect(await rows.count()).toBe(left + 1);
    expect(left).toBeLessThan(items);
    await page.getByText('new labels until queue and figures are made anew').waitFor();
    await page.getByText('audit', { exact: true }).first().waitFor();
    await rows.nth(1).getByRole('link').click();
    await expect.poll(() => page.url(), soon).toMatch(/item=c-\d+/);
    expect(await page.evaluate('window.harmed ?? null')).toBeNull();
    expect(errors).toEqual([]);
    await page.close();
  });

  test('no serious fault of accessibility, nothing wider than the page, dark and narrow', async () => {
    const { data } = await call<{ data: { id: string }[] }>('GET', '/api/label-studio/projects');
    const { page, errors } = await openPage(browser, { dark: true });
    await page.emulateMedia({ reducedMotion: 'reduce', colorScheme: 'dark' });
    for (const [path, ready] of [
      ['/label-studio', 'text=Round 1'],
      [`/label-studio/${data[0]!.id}`, 'text=Nothing waits'],
      [`/review/${dataset}`, 'text=Usefulness'],
      ['/settings', 'text=owner@example.com'],
    ] as const) {
      await page.setViewportSize({ width: 1280, height: 800 });
      await page.goto(`${server.url}${path}`);
      await page.locator(ready).first().waitFor();
      expect([path, await seriousFaults(page)]).toEqual([path, []]);
      await page.setViewportSize({ width: 360, height: 800 });
      expect([path, await page.evaluate('document.documentElement.scrollWidth <= innerWidth')]).toEqual([path, true]);
    }
    expect(errors).toEqual([]);
    await page.close();
  });
});
