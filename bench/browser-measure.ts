/** Opens the workbench in Chromium to be measured, traces it, and prints figures beside their limits. */

import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { Browser, CDPSession, Page } from 'playwright-core';
import { openPage } from '../test/harness/browser.ts';
import { type MainThreadTasks, mainThreadTasks } from './browser-trace.ts';
import { version } from './workbench-seed.ts';

const pageScript = fileURLToPath(new URL('./browser-page.js', import.meta.url));

/** The value below which a share of them lies. */
export const at = (values: number[], share: number): number =>
  values.toSorted((a, b) => a - b)[Math.max(0, Math.ceil(share * values.length) - 1)] ?? Number.NaN;
export const most = (values: number[]): number => values.reduce((a, b) => Math.max(a, b), 0);
export const spread = (values: number[]): string =>
  `p50 ${at(values, 0.5).toFixed(0)}, p95 ${at(values, 0.95).toFixed(0)}, most ${at(values, 1).toFixed(0)} ms (${values.length})`;
export const share = (part: number, of: number): string => `${part} of ${of} (${((100 * part) / of).toFixed(1)} %)`;

/** Prints a figure, beside its limit where it has one. */
export function print(what: string, figure: string, limit?: { text: string; held: boolean }): void {
  const beside = limit === undefined ? '' : `  [limit ${limit.text}: ${limit.held ? 'held' : 'MISSED'}]`;
  console.log(`  ${what.padEnd(46)} ${figure}${beside}`);
}
/** A limit that a figure must stay under. */
export const below = (value: number, limit: number, unit: string) => ({
  text: `< ${limit.toLocaleString('en')} ${unit}`,
  held: value < limit,
});
export const mb = (bytes: number): string => `${(bytes / 1e6).toFixed(0)} MB`;

/** The page on the dataset, with bench/browser-page.js in it, its first rows painted. */
export async function openWorkbench(browser: Browser, url: string) {
  const { page, errors } = await openPage(browser, { width: 1920, height: 1080 });
  await page.addInitScript({ path: pageScript });
  const cdp = await page.context().newCDPSession(page);
  await cdp.send('Performance.enable');
  await page.goto(`${url}/?dataset=${version.datasetId}`);
  const firstRows = await painted(page);
  return { page, cdp, errors, firstRows };
}

/** Milliseconds from the last navigation to the paint of the first rows. */
export const painted = async (page: Page) => (await page.evaluate('bench.firstRows')) as number;

/** The JS heap in bytes; with `collect` after a forced collection of garbage. */
export async function heapBytes(cdp: CDPSession, collect: boolean): Promise<number> {
  if (collect) await cdp.send('HeapProfiler.collectGarbage');
  const { metrics } = await cdp.send('Performance.getMetrics');
  return metrics.find(({ name }) => name === 'JSHeapUsedSize')!.value;
}

/** Runs `work` under CDP tracing; gives its result, and the tasks of the page's main thread meanwhile, by both clocks. */
export async function traced<Result>(browser: Browser, page: Page, work: () => Promise<Result>) {
  await page.evaluate('bench.takeTasks()');
  await browser.startTracing(page, { categories: ['devtools.timeline', 'disabled-by-default-devtools.timeline'] });
  const result = await work();
  await sleep(200);
  const cpu = mainThreadTasks(await browser.stopTracing());
  return { result, cpu, wall: (await page.evaluate('bench.takeTasks()')) as number[] };
}

/** Prints the longest tasks, and how many are over the limit. */
export function printTasks(when: string, { cpu, wall }: { cpu: MainThreadTasks; wall: number[] }): void {
  const held = (values: number[]) => below(most(values), 100, 'ms');
  const over = (values: number[]) =>
    `${most(values).toFixed(0)} ms, ${values.filter((ms) => ms > 100).length} over 100`;
  print(`longest task ${when}, CPU time`, `${over(cpu.cpuMs)} (${cpu.longest})`, held(cpu.cpuMs));
  // A page is told of tasks over 50 ms only.
  print(`longest task ${when}, wall clock`, wall.length === 0 ? 'under 50 ms' : over(wall), held(wall));
}
