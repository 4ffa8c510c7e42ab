/** Every page of the workbench in a real browser: no serious fault of accessibility, no error, and hostile texts do nothing. */

import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { darkFaults, seriousFaults } from '../harness/accessibility.ts';
import { chromiumPath, openBrowser, openPage, sendFile } from '../harness/browser.ts';
import { type RunningAssay, startAssay } from '../harness/server.ts';

/** What a model or an upload may hold: markup, script, links, terminal codes, a text that runs right to left. */
const hostile = [
  '<img src=x onerror="window.harmed = 1"><script>window.harmed = 2</script>',
  '[click](javascript:window.harmed=3) ![pixel](http://127.0.0.1:9/pixel.png) <iframe src="javascript:window.harmed=4">',
  '\u001b[31mred\u001b[0m \u202Eright to left {{constructor.constructor("window.harmed=5")()}}',
  '{"recommendation": "<b onmouseover=window.harmed=6>Yes</b>", "__proto__": {"harmed": 7}}',
];

let server: RunningAssay;
let browser: Browser;
let dataset: string;

const post = (path: string, file: { name: string; text: string }, fields = {}) =>
  sendFile<{ id: string }>(`${server.url}${path}`, file, fields);

beforeAll(async () => {
  if (chromiumPath() === null) return;
  server = await startAssay();
  const items = Array.from({ length: 40 }, (_, i) =>
    JSON.stringify({
      custom_id: `c-${i}`,
      name: hostile[i % 4],
      prompt: `Judge: ${hostile[(i + 1) % 4]}`,
      expected: i % 2 ? 'Yes' : 'No',
    }),
  );
  dataset = (await post('/admin/datasets/upload', { name: '<b>names</b>.jsonl', text: items.join('\n') })).id;
  for (const [model, at] of [
    ['<i>model</i>', 0],
    ['other', 1],
  ] as const) {
    const answers = Array.from({ length: 40 }, (_, i) => {
      const content =
        i < 8
          ? hostile[(i + at) % 4]
          : JSON.stringify({ recommendation: (i + at) % 3 ? 'Yes' : 'No', reason: 'clear' });
      return JSON.stringify({ custom_id: `c-${i}`, content });
    });
    const file = { name: 'answers.jsonl', text: answers.join('\n') };
    await post('/admin/benchmarks/import', file, { dataset_id: dataset, model_id: model });
  }
  browser = await openBrowser();
});

afterAll(async () => {
  await browser?.close();
  await server?.remove();
});

/** Address, what to wait for, and what to do before it is looked at. */
const screens: Record<string, [path: () => string, ready: string, act?: (page: Page) => Promise<unknown>]> = {
  answers: [() => `/?dataset=${dataset}`, '[role=row][data-candidate]'],
  'an open item': [() => `/?dataset=${dataset}&item=c-1`, 'text=Judge:'],
  agreement: [() => `/?dataset=${dataset}&show=agreement`, 'text=alpha'],
  curate: [() => `/?dataset=${dataset}&show=curate`, 'text=Golden sets'],
  'the editor of a fix': [
    () => `/?dataset=${dataset}`,
    '[role=row][data-candidate]',
    (page) => page.keyboard.press('f'),
  ],
  'the keys': [() => `/?dataset=${dataset}`, '[role=row][data-candidate]', (page) => page.keyboard.press('?')],
  'a new run': [
    () => `/?dataset=${dataset}`,
    '[role=row][data-candidate]',
    (page) => page.getByRole('button', { name: 'New run' }).click(),
  ],
  'the details of a dataset': [
    () => `/?dataset=${dataset}`,
    '[role=row][data-candidate]',
    async (page) => {
      await page
        .getByRole('button', { name: /^Actions for/ })
        .first()
        .click();
      await page.getByRole('menuitem', { name: 'Details and settings' }).click();
      await page.getByRole('region', { name: 'Versions of the dataset' }).waitFor();
    },
  ],
  models: [() => '/models', 'section[aria-label="Workers"] tbody th'],
  batches: [() => '/batches', 'h1'],
  settings: [() => '/settings', 'text=ASSAY_PORT'],
};

describe.skipIf(chromiumPath() === null)('pages (skipped without a Chromium)', () => {
  for (const [name, [path, ready, act]] of Object.entries(screens)) {
    test(`${name}: no serious fault of accessibility, no error, nothing of the texts runs`, {
      timeout: 120_000,
    }, async () => {
      for (const width of [1280, 390]) {
        // Narrow, the columns are tabs: what is opened by a button of another column is looked at wide only.
        if (width === 390 && ['a new run', 'the details of a dataset'].includes(name)) continue;
        const { page, errors } = await openPage(browser, { width });
        await page.emulateMedia({ reducedMotion: 'reduce' });
        await page.goto(`${server.url}${path()}`);
        await page.locator(ready).first().waitFor();
        await act?.(page);
        await page.waitForLoadState('networkidle').catch(() => undefined);
        await page.waitForTimeout(400);
        expect(await seriousFaults(page)).toEqual([]);
        if (width === 1280) expect(await darkFaults(page)).toEqual([]);
        expect(await page.evaluate('window.harmed ?? ({}).harmed ?? null')).toBeNull();
        expect(await page.locator('img[src="x"], iframe, a[href^="javascript:"]').count()).toBe(0);
        expect(errors).toEqual([]);
        await page.close();
      }
    });
  }
});
