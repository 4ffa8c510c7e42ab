/** A large import passes through in flat memory, also when it fails at its end. */

import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { faultOf, pathOf } from './files.ts';
import { type DatasetBench, openBench } from './room.ts';

const MB = 1024 * 1024;
const ROWS = 50_000;
/** The file is larger: who held it, or its rows, would pass the limit. */
const LIMIT = 72 * MB;

let bench: DatasetBench;
beforeAll(async () => {
  bench = await openBench('large');
});
afterAll(() => bench.end());

/** 1.6 kB a row, nearly all of it in a field that is no prompt, so that little of the time goes into search words. */
async function writeRows(path: string): Promise<{ bytes: number; sha256: Buffer }> {
  const hash = createHash('sha256');
  const out = createWriteStream(path);
  let bytes = 0;
  for (let from = 0; from < ROWS; from += 1000) {
    const rows = Array.from({ length: 1000 }, (_, i) => {
      const n = from + i;
      const padding = `${n}`.repeat(1500 / `${n}`.length);
      return `${JSON.stringify({ custom_id: `c${n}`, prompt: `question ${n}`, padding, category: `k${n % 5}` })}\n`;
    });
    const piece = Buffer.from(rows.join(''));
    hash.update(piece);
    bytes += piece.length;
    if (!out.write(piece)) await once(out, 'drain');
  }
  out.end();
  await once(out, 'finish');
  return { bytes, sha256: hash.digest() };
}

it('50,000 rows of 1.6 kB raise resident memory by less than 72 MB', async () => {
  const path = pathOf('large.jsonl');
  const file = await writeRows(path);
  expect(file.bytes).toBeGreaterThan(LIMIT);
  // What the first import loads is no memory of the large one.
  await bench.put('first.jsonl', Array.from({ length: 3000 }, (_, i) => `{"prompt":"first ${i}"}\n`).join(''));
  const before = process.memoryUsage().rss;
  let peak = before;
  const watch = setInterval(() => {
    peak = Math.max(peak, process.memoryUsage().rss);
  }, 10);
  const dataset = await bench.room
    .import('local', { path, filename: 'large.jsonl', ...file })
    .finally(() => clearInterval(watch));
  expect(dataset).toMatchObject({
    count: ROWS,
    categories: Array(5).fill({ count: ROWS / 5, category: expect.any(String) }),
  });
  console.info(`resident memory grew by ${Math.round((peak - before) / MB)} MB`);
  expect(peak - before).toBeLessThan(LIMIT);
});

it('an import that breaks off at its end leaves nothing', async () => {
  const text = `${Array.from({ length: 5000 }, (_, i) => `{"custom_id":"x${i}"}`).join('\n')}\n{"custom_id":`;
  const fault = await faultOf(() => bench.put('end.jsonl', text));
  expect(fault.line).toBe(5001);
  expect(await bench.query(`select 1 from items where item_id like 'x%' limit 1`)).toEqual([]);
});
