/** An export of 20,000 rows with long answers flows through little memory, however slowly it is read. */

import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Bench, filterOf, openBench, query, type Seeded, type SeedItem, seed } from './seed.ts';

const items = 10_000;
const long = 'lorem ipsum '.repeat(250);
let bench: Bench;
let set: Seeded;
beforeAll(async () => {
  bench = await openBench('export_memory');
  set = await seed(
    bench,
    Array.from({ length: items }, (_, i) => ({
      id: `item-${i}`,
      answers: (i === 0 ? { a: 'x', b: 'x' } : {}) as SeedItem['answers'],
    })),
  );
  // Written as they would have landed: landing has tests of its own.
  await query(
    bench,
    `insert into answers (run_id, ordinal, user_id, version_id, model_id, seq, ok, content, parse)
     select r.run_id, i, 'local', $1, r.model_id, i, true, r.model_id || i || ' ' || $2, 'none'
     from runs r, generate_series(1, $3::int - 1) i where r.version_id = $1`,
    [set.versionId, long, items],
  );
  await query(
    bench,
    `insert into item_states (version_id, ordinal, user_id, decisions, answers)
     select $1, i, 'local', '{"a": null, "b": null}', 2 from generate_series(1, $2::int - 1) i`,
    [set.versionId, items],
  );
});
afterAll(() => bench.end());

test('20,000 rows of 3 kB', async () => {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  const { content } = await bench.curation.export('local', {
    format: 'jsonl',
    all: true,
    filter: filterOf(set.datasetId),
  });
  collect();
  const before = process.memoryUsage().heapUsed;
  let [rows, bytes, peak] = [0, 0, 0];
  for await (const piece of content as AsyncIterable<string>) {
    rows += piece.split('\n').length - 1;
    bytes += piece.length;
    collect();
    peak = Math.max(peak, process.memoryUsage().heapUsed - before);
  }
  expect(rows).toBe(2 * items);
  expect(bytes).toBeGreaterThan(60_000_000);
  expect(peak).toBeLessThan(30_000_000);
});
