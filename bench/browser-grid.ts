/** Measures the page on a large grid: first rows, a steady scroll, jumps, memory. */

import { setTimeout as sleep } from 'node:timers/promises';
import type { Browser, Page } from 'playwright-core';
import {
  at,
  below,
  heapBytes,
  mb,
  most,
  openWorkbench,
  painted,
  print,
  printTasks,
  share,
  spread,
  traced,
} from './browser-measure.ts';

/** `seconds` and `speed` (px/s) of the steady scroll; `jumps` after it. */
export interface Scrolling {
  seconds: number;
  speed: number;
  jumps: number;
}

interface Seen {
  frames: number;
  blank: number;
  gap: number;
  mostBlankPx: number;
  passedPx: number;
  intervals: number[];
}

/** Frames seen by the page while `work` runs. */
async function watched(page: Page, work: () => Promise<void>): Promise<Seen> {
  await page.evaluate('window.stopWatching = bench.watch()');
  await work();
  return (await page.evaluate('stopWatching()')) as Seen;
}

function printFrames(when: string, seen: Seen): void {
  print(
    `frames with a blank area, ${when}`,
    `${share(seen.blank, seen.frames)}, at most ${seen.mostBlankPx.toFixed(0)} px`,
    {
      text: 'none',
      held: seen.blank === 0,
    },
  );
  print('  of them without even a place for a row', `${seen.gap}`);
  print(`time between frames, ${when}`, spread(seen.intervals));
}

/** Measures the grid of the server at `url`, prints the figures, and gives the line for the record. */
export async function measureGrid(browser: Browser, url: string, scrolling: Scrolling): Promise<string> {
  const { seconds, speed, jumps } = scrolling;
  const { page, cdp, errors, firstRows } = await openWorkbench(browser, url);
  const grid = page.locator('[role="grid"]');
  const count = async (name: string) => Number(await grid.getAttribute(name)) - 1;
  const size = `grid of ${await count('aria-rowcount')} items x ${await count('aria-colcount')} models`;
  console.log(`\n${size}`);
  const again: number[] = [];
  for (let i = 0; i < 4; i++) {
    await page.reload();
    again.push(await painted(page));
  }
  print('first rows painted, first visit', `${firstRows.toFixed(0)} ms`, below(firstRows, 1000, 'ms'));
  print('first rows painted, again', spread(again), below(most(again), 1000, 'ms'));
  const load = await traced(browser, page, async () => {
    await page.reload();
    await painted(page);
    await page.waitForLoadState('networkidle');
  });
  printTasks('while it loads', load);

  let highest = 0;
  const sampling = setInterval(async () => {
    highest = Math.max(highest, await heapBytes(cdp, false).catch(() => 0));
  }, 250);
  const box = (await grid.boundingBox())!;
  // The browser itself makes a step of the wheel for every frame.
  const scroll = { x: box.x + box.width / 2, y: box.y + box.height / 2, gestureSourceType: 'mouse' } as const;
  const steady = await traced(browser, page, () =>
    watched(page, async () => {
      const started = performance.now();
      await cdp.send('Input.synthesizeScrollGesture', { ...scroll, yDistance: -seconds * speed, speed });
      const took = (performance.now() - started) / 1000;
      print('steady scroll', `${took.toFixed(1)} s for ${seconds * speed} px`);
    }),
  );
  print('px that passed', `${steady.result.passedPx.toFixed(0)}`);
  printFrames('steady scroll', steady.result);
  printTasks('while scrolling', steady);
  const filled: (number | null)[] = [];
  const jumping = await traced(browser, page, () =>
    watched(page, async () => {
      for (let i = 0; i < jumps; i++) {
        // Spread over the list by the golden ratio, so that no jump is near the one before.
        filled.push((await page.evaluate(`bench.jump(${((i + 1) * 0.618034) % 1})`)) as number | null);
        await sleep(250);
      }
    }),
  );
  clearInterval(sampling);
  printFrames('jumps', jumping.result);
  const waits = filled.map((ms) => ms ?? Number.POSITIVE_INFINITY);
  print('from a jump to its rows painted', spread(waits));
  printTasks('while jumping', jumping);
  const heap = await heapBytes(cdp, true);
  print('JS heap at the end, after a collection', mb(heap), below(heap / 1e6, 150, 'MB'));
  print('JS heap at most while scrolling, uncollected', mb(highest), below(highest / 1e6, 150, 'MB'));
  for (const error of errors) console.log(`  error in the page: ${error}`);
  await page.close();
  const tasks = [steady, jumping].flatMap(({ cpu }) => cpu.cpuMs);
  return `page, ${size}: first rows ${firstRows.toFixed(0)} ms (again ${at(again, 0.5).toFixed(0)}); blank frames ${share(steady.result.blank, steady.result.frames)} of a steady scroll, ${share(jumping.result.blank, jumping.result.frames)} of ${jumps} jumps (rows there after p95 ${at(waits, 0.95).toFixed(0)} ms); longest task ${most(tasks).toFixed(0)} ms of CPU, ${most([...steady.wall, ...jumping.wall]).toFixed(0)} ms by the clock; heap ${mb(heap)}, ${mb(highest)} at most`;
}
