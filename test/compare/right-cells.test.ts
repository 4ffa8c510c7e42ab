/** Whether an answer is right stands in each cell, judged as the agreement counts it. */

import { afterAll, beforeAll, expect, test } from 'vitest';
import { agreementOf } from '../../src/compare/agreement-query.ts';
import { gridPage } from '../../src/compare/grid-page.ts';
import { eventPage } from '../../src/compare/live-page.ts';
import { wholeItem } from '../../src/compare/whole-item.ts';
import { gridFilter } from '../../src/contracts/workbench.ts';
import type { VersionOf } from '../../src/runs/deps.ts';
import { answer, type Bench, landIn, makeDataset, makeRun, openBench, query } from './seed.ts';

let bench: Bench;
let version: VersionOf;
beforeAll(async () => {
  bench = await openBench('right_cells');
  version = await makeDataset(
    bench,
    ['18', '#### 7', 'Yes', null, 'Yes'].map((truth) => ({ truth })),
    { comparing: { decision_path: 'verdict' } },
  );
  const run = await makeRun(bench, version, 'a');
  await landIn(bench, run, [
    // Without a decision the text is judged, as in the figures.
    answer(0, '6 * 3 = 18\nA: 18.0'),
    answer(1, 'That is 8.'),
    answer(2, { verdict: ' yes' }),
    answer(3, { verdict: 'Yes' }),
    answer(4, null),
  ]);
});
afterAll(() => bench.end());

const expected = [true, false, true, null, null];

test('in the grid and in the whole item: null without an expected answer and of a failed one; counted alike', async () => {
  const { items } = await gridPage(bench.db, 'local', query(version));
  expect(items.map((item) => item.results.a!.right)).toEqual(expected);
  const whole = await Promise.all(
    items.map((item) => wholeItem(bench.db, 'local', { datasetId: version.datasetId, candidateId: item.candidate_id })),
  );
  expect(whole.map((item) => item.results.a!.right)).toEqual(expected);
  const filter = gridFilter.parse({ dataset_id: version.datasetId });
  const { right, judged } = await agreementOf(bench.db, 'local', { filter });
  expect([right, judged]).toEqual([{ a: 2 }, { a: 3 }]);
});

test('in what the live feed sends', async () => {
  const { events } = await bench.db.asUser('local', (q) => eventPage(q, 'local', { cursor: 0, limit: 10 }));
  expect(events.map((event) => event.type === 'result' && event.result.cell.right)).toEqual(expected);
});
