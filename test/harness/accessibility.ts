/** Faults of accessibility that axe finds in a page that is open in a browser. */

import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { Page } from 'playwright-core';

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
/** The rules of axe that look at colours (its tag cat.color, but for what is not on by default). */
const ofColours = ['color-contrast', 'link-in-text-block'];
/** Resolves when the colours of another scheme are there. */
const settled = `new Promise((frame) => requestAnimationFrame(() => requestAnimationFrame(frame))).then(() =>
  Promise.allSettled(document.getAnimations().filter((each) => each instanceof CSSTransition).map(({ finished }) => finished)))`;

/** Serious and critical faults, each as "rule: element", of the page, or of what the id `within` names where it is there. */
export const seriousFaults = (page: Page, within?: string): Promise<string[]> => run(page, within, {});

/** Those of its colours in the dark, since all else is the same there. It is light again afterwards. */
export async function darkFaults(page: Page, within?: string): Promise<string[]> {
  await page.emulateMedia({ reducedMotion: 'reduce', colorScheme: 'dark' });
  await page.evaluate(settled);
  const faults = await run(page, within, { runOnly: ofColours });
  await page.emulateMedia({ reducedMotion: 'reduce', colorScheme: 'light' });
  await page.evaluate(settled);
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
