/** Faults of accessibility that axe finds in a page that is open in a browser. */

import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { Page } from 'playwright-core';

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
/** Colours take so long (ms) to change. */
const changeMs = 5000;

/** Serious and critical faults, each as "rule: element", of the page, or of what the id `within` names where it is there. */
export const seriousFaults = (page: Page, within?: string): Promise<string[]> => run(page, within, {});

/**
 * Those that the page has in the dark beside: its contrasts, since all else is the same there. It is light again
 * afterwards.
 */
export async function darkFaults(page: Page, within?: string): Promise<string[]> {
  await page.emulateMedia({ reducedMotion: 'reduce', colorScheme: 'dark' });
  const late = performance.now() + changeMs;
  let faults: string[];
  do faults = await run(page, within, { runOnly: ['color-contrast'] });
  while (faults.length > 0 && performance.now() < late);
  await page.emulateMedia({ reducedMotion: 'reduce', colorScheme: 'light' });
  return faults;
}

async function run(page: Page, within: string | undefined, options: { runOnly?: string[] }): Promise<string[]> {
  if (await page.evaluate('globalThis.axe === undefined')) await page.evaluate(axe);
  const place = within === undefined ? 'document' : `document.getElementById(${JSON.stringify(within)}) ?? document`;
  const chosen = JSON.stringify({ resultTypes: ['violations'], ...options });
  return page.evaluate(`axe.run(${place}, ${chosen}).then(({ violations }) => violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .flatMap(({ id, nodes }) => nodes.map(({ html }) => id + ': ' + html.slice(0, 200))))`);
}
