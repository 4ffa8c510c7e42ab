/** Analyses of failures in a real browser: the list, the map by pointer and by keyboard, the grid of a pattern, before and after; hostile texts do nothing. */

import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { darkFaults, seriousFaults } from '../harness/accessibility.ts';
import { plantedFailures, type SeededAnalysis, seedAnalysis } from '../harness/analyses.ts';
import { chromiumPath, grid, openBrowser, openPage } from '../harness/browser.ts';
import { type FreshDatabase, freshDatabase } from '../harness/database.ts';
import { type RunningAssay, startAssay } from '../harness/server.ts';

/** A slow machine may take so long to show what it knows. */
const soon = { timeout: 60_000 };
const failures = plantedFailures(null).length;

let database: FreshDatabase;
let server: RunningAssay;
let browser: Browser;
let seeded: SeededAnalysis;

beforeAll(async () => {
  if (chromiumPath() === null) return;
  database = await freshDatabase('analyses');
  server = await startAssay({ env: { DATABASE_URL: database.url } });
  seeded = await seedAnalysis(server.url, database.url);
  browser = await openBrowser();
});

afterAll(async () => {
  await browser?.close();
  await server?.remove();
  await database?.drop();
});

const canvas = (page: Page) => page.getByRole('img', { name: /^Map of/ });
const choice = (page: Page, title: string) =>
  page.getByRole('button', { name: title }).and(page.locator('[aria-pressed]'));
const shown = (page: Page) => page.getByRole('list', { name: 'Failures chosen' }).getByRole('listitem');

async function open(page: Page, more = ''): Promise<void> {
  await page.goto(`${server.url}/failures/${seeded.analysis}${more}`);
  await canvas(page).waitFor();
}

/** Moves the pointer over the map until it is on a point; gives where that is. */
async function toPoint(page: Page): Promise<{ x: number; y: number }> {
  await canvas(page).scrollIntoViewIfNeeded();
  const box = (await canvas(page).boundingBox())!;
  for (let y = 30; y < box.height; y += 15)
    for (let x = 30; x < box.width; x += 15) {
      await page.mouse.move(box.x + x, box.y + y);
      if (await page.locator('[role=status]', { hasText: 'Loading …' }).count()) return { x: box.x + x, y: box.y + y };
    }
  throw new Error('no point of the map answered the pointer');
}

describe.skipIf(chromiumPath() === null)('analyses (skipped without a Chromium)', () => {
  test('from the list to the map; a pattern is chosen by keyboard and by pointer, failures are marked by a drag', async () => {
    const { page, errors } = await openPage(browser, { height: 1000 });
    await page.goto(`${server.url}/failures`);
    await page.getByRole('link', { name: 'Planted failures' }).click();
    await canvas(page).waitFor();
    expect(await canvas(page).getAttribute('aria-label')).toContain(
      `Map of ${failures} failures: ${seeded.titles[0]}, 82`,
    );
    await page.getByRole('list', { name: 'Steps' }).getByText('6 clusters').waitFor();

    const wanted = seeded.titles[3]!;
    await choice(page, wanted).focus();
    await page.keyboard.press('Enter');
    await expect.poll(() => choice(page, wanted).getAttribute('aria-pressed'), soon).toBe('true');
    await page.getByRole('region', { name: `Pattern: ${wanted}` }).waitFor();
    await expect.poll(() => shown(page).first().innerText(), soon).toContain('cannot be found anywhere');
    expect(new URL(page.url()).searchParams.get('cluster')).toBe('3');
    await page.keyboard.press('Enter');
    await expect.poll(() => choice(page, wanted).getAttribute('aria-pressed'), soon).toBe('false');

    const at = await toPoint(page);
    const hover = page.locator('[role=status]', {
      hasText: /Question|What|train|Write|paper|Describe|boxes|Something/,
    });
    await hover.first().waitFor();
    await page.mouse.click(at.x, at.y);
    await expect.poll(() => page.locator('[aria-pressed=true]').count(), soon).toBe(1);

    const box = (await canvas(page).boundingBox())!;
    await page.mouse.move(box.x + 2, box.y + 2);
    await page.mouse.down();
    await page.mouse.move(box.x + box.width - 2, box.y + box.height - 2, { steps: 4 });
    await page.mouse.up();
    await page.getByRole('button', { name: `Only ${failures} marked on the map; show all` }).click();
    expect(errors).toEqual([]);
    await page.close();
  });

  test('the grid and its marks take the items of a pattern, a rubric begins with it, a warning stands at a weak label', async () => {
    const { page, errors } = await openPage(browser);
    await open(page, '?cluster=4');
    await page.getByText('no better than chance').first().waitFor();
    const dialog = page.getByRole('dialog');
    await page.getByRole('button', { name: 'Mark as wrong' }).click();
    await dialog.getByRole('button', { name: 'Count them' }).click();
    await expect.poll(() => dialog.getByRole('status').innerText(), soon).toContain('Mark as wrong 26 answers');
    await dialog.getByRole('button', { name: 'Cancel' }).click();
    await dialog.waitFor({ state: 'detached' });
    await page.getByRole('link', { name: 'Make a rule of it' }).click();
    await expect.poll(() => page.getByLabel('Name').nth(1).inputValue(), soon).toBe('ignores_the_asked_length');
    await page.goBack();
    await page.getByRole('link', { name: 'Show in grid' }).click();
    await page.getByText('Pattern 5 of the failures').waitFor();
    await expect.poll(() => page.getByRole('status', { name: 'Rows' }).innerText(), soon).toContain('26 of');
    await grid(page).getByText('Question 239').first().waitFor();
    expect(errors).toEqual([]);
    await page.close();
  });

  test('before and after: which patterns went and which came', async () => {
    const { page, errors } = await openPage(browser);
    await open(page);
    await page.getByRole('combobox', { name: /^Compare with a later judge run/ }).click();
    await page.getByRole('option', { name: /^small-model-tuned/ }).click();
    const table = page.getByRole('region', { name: 'Patterns before and after' });
    const row = (title: string) => table.getByRole('row', { name: title });
    await expect.poll(() => row(seeded.titles[3]!).innerText(), soon).toContain('gone');
    expect(await row(seeded.titles[0]!).innerText()).toContain('fewer');
    expect(await row(seeded.titles[1]!).innerText()).toContain('no clear change');
    expect(await row(seeded.titles[4]!).innerText()).toContain('more');
    await page.getByText(/1 pattern is gone/).waitFor();
    expect(new URL(page.url()).searchParams.get('after')).toBe(seeded.after);
    expect(errors).toEqual([]);
    await page.close();
  });

  test('no serious fault of accessibility, nothing wider than the page, light, dark and narrow', async () => {
    for (const width of [1440, 390]) {
      const { page, errors } = await openPage(browser, { width });
      await page.emulateMedia({ reducedMotion: 'reduce' });
      const screens = [
        ['/failures', 'text=Planted failures'],
        [`/failures/${seeded.analysis}?cluster=0&after=${seeded.after}`, 'text=1 pattern is gone'],
        [`/failures?dataset=${seeded.dataset}`, 'text=Choose a model to see'],
      ] as const;
      for (const [path, ready] of screens) {
        await page.goto(`${server.url}${path}`);
        await page.locator(ready).first().waitFor();
        await page.waitForTimeout(200);
        expect([path, width, await seriousFaults(page)]).toEqual([path, width, []]);
        if (width === 1440) expect([path, await darkFaults(page)]).toEqual([path, []]);
        expect(await page.evaluate('document.documentElement.scrollWidth <= innerWidth')).toBe(true);
      }
      expect(errors).toEqual([]);
      await page.close();
    }
  });
});
