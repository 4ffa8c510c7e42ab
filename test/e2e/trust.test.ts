/** The trust panel and the labelling queue in a real browser: labels by keys change the panel, and nothing of a judge is seen while labelling. */

import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { darkFaults, seriousFaults } from '../harness/accessibility.ts';
import { chromiumPath, lines, openBrowser, openPage, sendFile } from '../harness/browser.ts';
import { type RunningAssay, startAssay } from '../harness/server.ts';

/** A slow machine may take so long to show what it knows. */
const soon = { timeout: 30_000 };
const items = 60;
/** Answers labelled by keys. */
const labels = 12;
/** Names that must not be seen while labelling. */
const secret = ['hidden-model-a', 'hidden-model-b', 'hidden-judge', 'the judge thinks'];
const hostile = [
  '<img src=x onerror="window.harmed = 1"><script>window.harmed = 2</script>',
  '[click](javascript:window.harmed=3) ![pixel](http://127.0.0.1:9/pixel.png)',
  '\u202Eright to left {{constructor.constructor("window.harmed=4")()}}',
];

let server: RunningAssay;
let browser: Browser;
let dataset: string;
/** The runs of both models. */
let runs: [string, string];

/** What is true of an answer, and what the judge makes of it: every fifth verdict is wrong, one reply is unusable. */
const isRight = (i: number) => i % 2 === 0;
const judged = (i: number) =>
  i === 7
    ? { error: 'unusable' }
    : { score: isRight(i) !== (i % 5 === 0) ? 9 : 2, reasoning: `the judge thinks ${hostile[i % 3]}` };
const answer = (i: number, model: string) =>
  `${isRight(i) ? 'RIGHT' : 'WRONG'} answer of ${model === secret[0] ? 'left' : 'other'}, number ${i}: ${hostile[i % 3]}`;

beforeAll(async () => {
  if (chromiumPath() === null) return;
  server = await startAssay();
  const text = lines(items, (i) => ({
    custom_id: `c-${i}`,
    name: `Item ${i} ${hostile[i % 3]}`,
    category: i % 3 ? 'maths' : '<b>law</b>',
    prompt: `Question ${i}: ${hostile[(i + 1) % 3]}`,
    expected: `Expected ${i}`,
  }));
  dataset = (await sendFile<{ id: string }>(`${server.url}/admin/datasets/upload`, { name: 'items.jsonl', text })).id;
  runs = [await importAnswers(secret[0]!), await importAnswers(secret[1]!)];
  browser = await openBrowser();
});

afterAll(async () => {
  await browser?.close();
  await server?.remove();
});

async function importAnswers(model: string): Promise<string> {
  const text = lines(items, (i) => ({ custom_id: `c-${i}`, content: answer(i, model) }));
  const file = { name: `${model}.jsonl`, text };
  const fields = { dataset_id: dataset, model_id: model };
  return (await sendFile<{ runs: { id: string }[] }>(`${server.url}/admin/benchmarks/import`, file, fields)).runs[0]!
    .id;
}

async function ask<T>(path: string, init: RequestInit = {}): Promise<T> {
  const reply = await fetch(`${server.url}${path}`, init);
  expect([path, reply.status, reply.ok ? '' : await reply.text()]).toEqual([path, 200, '']);
  return (await reply.json()) as T;
}

async function importJudgments(query: Record<string, string>, text: string): Promise<string> {
  const path = `/api/evaluation/judgments/import?${new URLSearchParams(query)}`;
  const init = { method: 'POST', headers: { 'content-type': 'application/x-ndjson' }, body: text };
  return (await ask<{ id: string }>(path, init)).id;
}

const importJudge = () =>
  importJudgments(
    { benchmark_id: runs[0], judge_type: 'llm', judge: secret[2]! },
    lines(items, (i) => ({ ordinal: i, ...judged(i) })),
  );

const panelOf = (page: Page) => page.getByRole('region', { name: 'How far to trust this judge' });
const item = (page: Page) => page.getByRole('article');
/** What stands in the answer on the page. */
const shownAnswer = (page: Page, name = 'Answer') => page.getByRole('region', { name, exact: true }).innerText();

interface Row {
  candidate_id: string;
  judge: string;
  pass: boolean | null;
  preference: string | null;
  error: string | null;
}

/** The labels that the server holds for a run, or for two. */
async function labelsOf(benchmark: string, other: string | null): Promise<Row[]> {
  interface JudgeRun {
    id: string;
    mode: string;
    source: string;
    other_benchmark_id: string | null;
    judges: string[];
  }
  const { data } = await ask<{ data: JudgeRun[] }>(`/api/evaluation/runs?benchmark_id=${benchmark}&limit=100`);
  const run = data.find(
    (each) => each.mode === 'human' && each.source === 'assay' && each.other_benchmark_id === other,
  );
  if (run === undefined) return [];
  return (await ask<{ data: Row[] }>(`/api/evaluation/judgments?judge_run_id=${run.id}&limit=500`)).data;
}

/** Labels the answer on the page as it deserves, and waits for the next one. */
async function labelRightly(page: Page): Promise<string> {
  const [name, text] = [await item(page).getAttribute('aria-label'), await shownAnswer(page)];
  await page.keyboard.press(text.includes('RIGHT') ? '1' : '2');
  await expect.poll(() => item(page).getAttribute('aria-label'), soon).not.toBe(name);
  return name!;
}

describe.skipIf(chromiumPath() === null)('trust (skipped without a Chromium)', () => {
  test('labels given by keys change the panel; its cells lead to their rows', async () => {
    const judge = await importJudge();
    const { page, errors } = await openPage(browser);
    await page.goto(`${server.url}/judging/${judge}`);
    const panel = panelOf(page);
    await panel.getByText('No labels yet. About 100').waitFor();
    await panel.getByText('Not known yet').waitFor();
    await panel.getByRole('link', { name: 'Begin to label' }).click();

    await item(page).waitFor();
    await page.getByText('0 of 60 of the audit sample labelled').waitFor();
    for (let i = 0; i < labels; i += 1) {
      const seen = await page.evaluate('document.documentElement.outerHTML');
      for (const name of secret) expect(seen).not.toContain(name);
      await labelRightly(page);
    }
    await page.keyboard.press('3');
    await page.keyboard.press('u');
    await page.getByText(`${labels} of 60 of the audit sample labelled`).waitFor();
    await expect.poll(async () => (await labelsOf(runs[0], null)).length, soon).toBe(labels);
    expect(
      (await labelsOf(runs[0], null)).every((row) => row.pass === isRight(Number(row.candidate_id.slice(2)))),
    ).toBe(true);

    await page.getByRole('link', { name: 'Back to the judge run' }).click();
    await panel.getByText(`${labels} labelled answers`).waitFor();
    // Which answers the audit sample holds, and so which cells, is drawn by the run.
    const cell = panel.getByRole('link', { name: /people say/ }).first();
    const [, human, says] = /people say (\w+), the judge says (\w+)/.exec((await cell.getAttribute('aria-label'))!)!;
    const count = Number(await cell.innerText());
    expect(count).toBeGreaterThan(0);
    await cell.click();
    const asked = new URL(page.url());
    expect([asked.pathname, asked.search, asked.hash]).toEqual([
      `/judging/${judge}`,
      `?labels=all&human=${human}&says=${says}`,
      '#rows',
    ]);
    const rows = page.getByRole('list', { name: 'Verdicts by item' }).getByRole('listitem');
    await expect.poll(() => rows.count(), soon).toBe(count);
    expect(errors).toEqual([]);
    await page.close();
  });

  test('judgments are imported on the page: a fault names line and field, people stand beside each other', async () => {
    const judge = await importJudge();
    const { page, errors } = await openPage(browser, { expected: /status of 400/ });
    await page.goto(`${server.url}/judging/${judge}`);
    const panel = panelOf(page);
    await panel.getByRole('button', { name: 'Import judgments' }).click();
    const dialog = page.getByRole('dialog');
    const choose = (text: string) =>
      dialog.locator('input[type=file]').setInputFiles({
        name: 'people.jsonl',
        mimeType: 'application/x-ndjson',
        buffer: Buffer.from(text),
      });
    await choose('{"ordinal": 0, "pass": true}\n{"ordinal": 1, "pass": "yes"}');
    await dialog.getByLabel('By whom').fill('ann');
    await dialog.getByRole('button', { name: 'Import', exact: true }).click();
    await dialog
      .getByRole('alert')
      .getByText(/line 2.*pass/i)
      .waitFor();

    // Ben says of every tenth answer what Ann does not.
    const both = ['ann', 'ben'].flatMap((name) =>
      Array.from({ length: items }, (_, i) =>
        JSON.stringify({
          ordinal: i,
          judge: name,
          pass: isRight(i) !== (name === 'ben' && i % 10 === 0),
          sample: 'audit',
        }),
      ),
    );
    await choose(both.join('\n'));
    await dialog.getByRole('button', { name: 'Import', exact: true }).click();
    await dialog.getByText('Judgments on 60 answers imported, by ann, ben.').waitFor();
    await dialog.getByRole('button', { name: 'Use these labels alone' }).click();
    await panel.getByText('54 labelled answers of ann, ben').waitFor();
    await panel.getByText('6 more have no majority').waitFor();
    await panel.getByText('1 reply of the judge could not be used').waitFor();
    const people = panel.getByRole('region', { name: 'People among themselves' });
    expect(await people.innerText()).toContain('ann and ben');
    // 54 of 60 are said alike, half of them passed by chance: kappa is 1 - 6 / 30.
    expect(await people.getByRole('row', { name: /ann and ben/ }).innerText()).toContain('0.80');
    await panel.getByText('Corrected (PPI++)').waitFor();
    expect(await panel.getByRole('region', { name: 'Agreement by category', exact: true }).innerText()).toContain(
      '<b>law</b>',
    );
    expect(errors).toEqual([]);
    await page.close();
  });

  test('a label that is not kept is shown, waits over the end of the page, and is sent again', async () => {
    const { page, errors } = await openPage(browser, { expected: /ERR_FAILED/ });
    await page.goto(`${server.url}/label?benchmark_id=${runs[1]}&sample=audit`);
    await item(page).waitFor();
    await page.getByLabel('Your name').fill('cut off');
    await page.getByLabel('Your name').press('Enter');
    await page.getByText('0 of 60 of the audit sample labelled').waitFor();
    await item(page).waitFor();
    await page.getByRole('heading', { name: 'Label answers' }).click();
    await labelRightly(page);
    await expect.poll(async () => (await labelsOf(runs[1], null)).length, soon).toBe(1);

    // Those fetched ahead can still be labelled.
    await page.route('**/api/evaluation/labels**', (route) => route.abort());
    await labelRightly(page);
    const noted = (await item(page).getAttribute('aria-label'))!;
    await page.keyboard.press('n');
    await page.keyboard.type('1, 2 and u are only letters here');
    await page.keyboard.press('Escape');
    await page.keyboard.press('3');
    const alert = page.getByRole('alert').filter({ hasText: '2 labels are not kept yet' });
    await alert.getByText('The server does not answer').waitFor();
    await page.getByText('3 of 60 of the audit sample labelled').waitFor();
    expect((await labelsOf(runs[1], null)).length).toBe(1);

    page.on('dialog', (dialog) => void dialog.accept());
    await page.reload();
    await alert.waitFor();
    await page.unroute('**/api/evaluation/labels**');
    await page.getByRole('button', { name: 'Try again now' }).click();
    await expect.poll(async () => (await labelsOf(runs[1], null)).length, soon).toBe(3);
    await page.getByText('3 of 60 of the audit sample labelled').waitFor();
    await item(page).waitFor();
    expect(await alert.count()).toBe(0);
    const kept = await labelsOf(runs[1], null);
    expect(kept.every((row) => row.judge === 'cut off')).toBe(true);
    const unsure = kept.filter((row) => row.error === 'unsure') as (Row & { name: string; reasoning: string })[];
    expect(unsure.map(({ name, reasoning }) => [`Item ${name}`, reasoning])).toEqual([
      [noted, '1, 2 and u are only letters here'],
    ]);
    expect(errors).toEqual([]);
    await page.close();
  });

  test('of two answers the first and the second are a and b as they were drawn; models are ranked', async () => {
    const query = { benchmark_id: runs[0], other_benchmark_id: runs[1], judge_type: 'llm', judge: secret[2]! };
    const text = lines(items, (i) => ({ ordinal: i, preference: i % 4 === 0 ? 'tie' : i % 4 === 1 ? 'b' : 'a' }));
    const judge = await importJudgments(query, text);
    const { page, errors } = await openPage(browser);
    await page.goto(`${server.url}/judging/${judge}`);
    const panel = panelOf(page);
    const ranking = panel.getByRole('region', { name: 'Ranking of the models', exact: true });
    await expect.poll(() => ranking.locator('tbody tr').allInnerTexts(), soon).toHaveLength(2);
    expect((await ranking.locator('tbody tr').first().innerText()).startsWith(secret[0]!)).toBe(true);
    await panel.getByRole('link', { name: 'Label answers' }).click();

    for (let i = 0; i < 12; i += 1) {
      const name = await item(page).getAttribute('aria-label');
      const first = await shownAnswer(page, 'First');
      // The answer of the left run, wherever it stands; every fourth is a tie.
      await page.keyboard.press(i % 4 === 3 ? '3' : first.includes('of left') ? '1' : '2');
      await expect.poll(() => item(page).getAttribute('aria-label'), soon).not.toBe(name);
    }
    const seen = await page.evaluate('document.documentElement.outerHTML');
    for (const name of secret) expect(seen).not.toContain(name);
    await expect.poll(async () => (await labelsOf(runs[0], runs[1])).length, soon).toBe(12);
    const said = (await labelsOf(runs[0], runs[1])).map(({ preference }) => preference);
    expect([said.filter((each) => each === 'a').length, said.filter((each) => each === 'tie').length]).toEqual([9, 3]);
    await page.keyboard.press('s');
    await page.getByText('12 of 60 of the audit sample labelled').waitFor();
    expect(errors).toEqual([]);
    await page.close();
  });

  test('no serious fault of accessibility, and nothing of the texts runs, light, dark and narrow', async () => {
    const judge = await importJudge();
    await importJudgments(
      { benchmark_id: runs[0], judge_type: 'human', judge: hostile[0]! },
      lines(items, (i) => ({ ordinal: i, pass: isRight(i), sample: 'audit' })),
    );
    for (const width of [1280, 360]) {
      for (const [path, ready] of [
        [`/judging/${judge}`, 'text=People against the judge'],
        [`/label?benchmark_id=${runs[0]}&other_benchmark_id=${runs[1]}&judge_run_id=${judge}&sample=audit`, 'article'],
      ] as const) {
        const { page, errors } = await openPage(browser, { width });
        await page.emulateMedia({ reducedMotion: 'reduce' });
        await page.goto(`${server.url}${path}`);
        await page.locator(ready).first().waitFor();
        await page.waitForLoadState('networkidle').catch(() => undefined);
        expect([path, width, await seriousFaults(page, 'trust')]).toEqual([path, width, []]);
        if (width === 1280) expect([path, await darkFaults(page, 'trust')]).toEqual([path, []]);
        expect(await page.evaluate('window.harmed ?? null')).toBeNull();
        expect(await page.locator('img[src="x"], iframe, a[href^="javascript:"]').count()).toBe(0);
        const wide = `[...document.querySelectorAll('#trust, #trust > *, #trust [class*=figures] > *, article, article > *')]
          .filter((part) => part.scrollWidth > part.clientWidth + 1 || part.getBoundingClientRect().right > innerWidth)
          .map((part) => part.outerHTML.slice(0, 100))`;
        expect([path, width, await page.evaluate(wide)]).toEqual([path, width, []]);
        expect(errors).toEqual([]);
        await page.close();
      }
    }
  });
});
