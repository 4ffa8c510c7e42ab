/** The recordings that the fake is held against are what the real Label Studio answers; with `-- --record` they are written anew. */

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type LabelStudio, startLabelStudio } from '../harness/label-studio.ts';
import { type Delivery, deliveriesOf } from '../harness/label-studio-deliveries.ts';
import { exchangesWith } from '../harness/label-studio-exchanges.ts';
import { type Exchange, recordings } from '../harness/label-studio-steps.ts';

let real: LabelStudio;
let answered: Record<string, Exchange[] | Delivery[]>;
beforeAll(async () => {
  real = await startLabelStudio();
  answered = { ...(await exchangesWith(real)), deliveries: await deliveriesOf(real) };
}, 300_000);
afterAll(() => real?.close());

test.each([...Object.keys(recordings), 'deliveries'])('%s: the real one answers as it is recorded', (name) => {
  const file = join(import.meta.dirname, 'recordings', `${name}.json`);
  if (process.env.ASSAY_TEST_RECORD === '1') writeFileSync(file, `${JSON.stringify(answered[name], null, 2)}\n`);
  expect(answered[name]).toEqual(JSON.parse(readFileSync(file, 'utf8')));
});
