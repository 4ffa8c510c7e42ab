/** Measures the page while results land: from commit to paint, late timers, clicks. */

import { setTimeout as sleep } from 'node:timers/promises';
import type { Browser, Page } from 'playwright-core';
import type { Database } from '../src/db/database.ts';
import { answer, land, modelName } from './browser-answers.ts';
import { at, below, heapBytes, mb, most, openWorkbench, print, printTasks, spread, traced } from './browser-measure.ts';

/** `rate`: results a second, of all models together. */
export interface Landing {
  seconds: number;
  rate: number;
  models: number;
}

/** An answer in the cell of an item and a model, with the time of its commit or of its paint, ms since 1970. */
interface Shown {
  item: string;
  model: string;
  number: number;
  at: number;
}

/** Items of the dataset: rows that are seen, and as many others below them. */
export const LIVE_ITEMS = 2000;
/** One of so many results is for a row that is seen; it replaces the answer that was there. */
const ONE_SEEN_OF = 4;
const GROUP_MS = 100;

/** Lands one model's share of the rate in groups, as a worker does; gives the commits of seen rows. */
async function stream(db: Database, m: number, { seen, landing }: { seen: number[]; landing: Landing }) {
  const commits: Shown[] = [];
  const each = landing.rate / landing.models;
  const all = Math.round(landing.seconds * each);
  const below = seen.at(-1)! + 1;
  const isSeen = (number: number) => number % ONE_SEEN_OF === 0;
  const ordinalOf = (number: number) =>
    isSeen(number) ? seen[(number / ONE_SEEN_OF + m) % seen.length]! : below + (number % (LIVE_ITEMS - below));
  const started = performance.now();
  for (let done = 0; done < all; ) {
    const due = Math.min(all, Math.ceil(((performance.now() - started) / 1000) * each));
    const numbers = Array.from({ length: due - done }, (_, i) => done + i + 1);
    done = due;
    const answers = numbers.map((number) => answer(ordinalOf(number), m, number));
    const at = await land(db, m, answers);
    for (const number of numbers.filter(isSeen)) {
      commits.push({ item: `item-${ordinalOf(number)}`, model: modelName(m), number, at });
    }
    await sleep(GROUP_MS);
  }
  return commits;
}

/** For each commit the ms until its cell was painted with it or with a later answer; infinite: never. */
function delaysOf(commits: Shown[], painted: Shown[]): number[] {
  return commits.map(({ item, model, number, at }) => {
    const shown = painted.find((each) => each.item === item && each.model === model && each.number >= number);
    return shown === undefined ? Number.POSITIVE_INFINITY : shown.at - at;
  });
}

/** A row that is seen, with a place to click on. */
interface Row {
  item: string;
  name: string;
  x: number;
  y: number;
}

/** Opens one row after the other, and closes it again, until `goesOn` gives false. */
async function openItems(page: Page, rows: Row[], goesOn: () => boolean): Promise<void> {
  const panel = page.locator('[role="dialog"][aria-label^="Item"]');
  for (let i = 0; goesOn(); i++) {
    const { x, y, name } = rows[i % rows.length]!;
    await page.mouse.click(x, y);
    await page.getByRole('dialog', { name: `Item ${name}`, exact: true }).waitFor();
    await sleep(300);
    await page.keyboard.press('Escape');
    await panel.waitFor({ state: 'detached' });
    await sleep(500);
  }
}

/** Measures the page of the server at `url` while results land in `db`, prints the figures, gives the line for the record. */
export async function measureLive(
  browser: Browser,
  { url, db }: { url: string; db: Database },
  landing: Landing,
): Promise<string> {
  const what = `live, ${landing.models} models, ${landing.rate} results a second`;
  console.log(`\n${what}, for ${landing.seconds} s`);
  const { page, cdp, errors } = await openWorkbench(browser, url);
  await page.waitForLoadState('networkidle');
  const rows = (await page.evaluate('bench.rowsSeen()')) as Row[];
  const seen = rows.map(({ item }) => Number(item.slice('item-'.length)));
  await page.evaluate(
    'Object.assign(window, { cells: bench.watchCells(), opening: bench.watchOpening(), beats: bench.heartbeat() })',
  );
  const live = await traced(browser, page, async () => {
    let lands = true;
    const streams = Array.from({ length: landing.models }, (_, m) => stream(db, m, { seen, landing }));
    const landed = Promise.all(streams).finally(() => (lands = false));
    const [commits] = await Promise.all([landed, openItems(page, rows, () => lands)]);
    // What is still on its way is painted, or counts as never.
    await sleep(2000);
    return commits.flat();
  });
  const commits = live.result;
  const delays = delaysOf(commits, (await page.evaluate('cells')) as Shown[]);
  const never = delays.filter((ms) => !Number.isFinite(ms)).length;
  const opening = (await page.evaluate('opening')) as { heard: number[]; panel: number[]; item: number[] };
  const beats = (await page.evaluate('beats')) as { late: number[]; intervals: number[] };
  const heap = await heapBytes(cdp, true);
  print('from commit to paint', spread(delays), below(at(delays, 0.95), 500, 'ms'));
  print('never painted', `${never} of ${delays.length}`, {
    text: 'none',
    held: never === 0,
  });
  print('timers of 20 ms come late by', spread(beats.late));
  print('time between frames', spread(beats.intervals));
  print('from a click to its handler', spread(opening.heard));
  print('from a click to the open panel', spread(opening.panel));
  print('from a click to the item in it', spread(opening.item));
  printTasks('while results land', live);
  print('JS heap at the end, after a collection', mb(heap), below(heap / 1e6, 150, 'MB'));
  for (const error of errors) console.log(`  error in the page: ${error}`);
  await page.close();
  return `page, ${what}: commit to paint ${spread(delays)}, ${never} never; timers late by p95 ${at(beats.late, 0.95).toFixed(0)} ms, a click opens its item in p95 ${at(opening.item, 0.95).toFixed(0)} ms; longest task ${most(live.cpu.cpuMs).toFixed(0)} ms of CPU`;
}
