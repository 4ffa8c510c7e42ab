/** COPY of rows: texts of every kind arrive as they were, and a refusal of the server reaches the writer. */

import { afterAll, beforeAll, expect, test } from 'vitest';
import { copyText, openCopy } from '../../src/datasets/copy-rows.ts';
import { type Bench, openBench } from '../batches/seed.ts';

let bench: Bench;
beforeAll(async () => {
  bench = await openBench('copy');
});
afterAll(() => bench.end());

test('texts that COPY would read otherwise come through whole, over many pieces', async () => {
  const texts = ['', '\\', '\\N', '\\.', 'a\tb', 'a\nb\r\nc\r', '\\n', 'ä😀\u2028', 'x'.repeat(100_000), '\\\\\t\\'];
  const all = Array.from({ length: 3000 }, (_, i) => texts[i % texts.length]!);
  const got = await bench.db.asUser('local', async (q) => {
    await q.query('create temp table copied (place integer, content text) on commit drop');
    const copy = openCopy(q, 'copy copied from stdin');
    for (const [place, text] of all.entries()) await copy.write(`${place}\t${copyText(text)}\n`);
    await copy.end();
    return (await q.query<{ content: string }>('select content from copied order by place')).rows;
  });
  expect(got.map((row) => row.content)).toEqual(all);
});

test('a row that the server refuses fails the copy', async () => {
  const copying = bench.db.asUser('local', async (q) => {
    await q.query('create temp table copied (place integer) on commit drop');
    const copy = openCopy(q, 'copy copied from stdin');
    await copy.write('1\n');
    await copy.write('no number\n');
    await copy.end();
  });
  await expect(copying).rejects.toThrow(/invalid input syntax for type integer/);
  expect(await bench.db.asUser('local', async (q) => (await q.query('select 1 as one')).rows)).toEqual([{ one: 1 }]);
});
