/** Tests the figures of a project's annotators: how much each has done, and how far they agree. */

import { afterAll, beforeAll, expect, test } from 'vitest';
import { annotatorsOf, verdictAgreement } from '../../../../src/curate/label-studio/pull/agreement.ts';
import { type FakeLabelStudio, startFakeLabelStudio } from '../../../harness/fake-label-studio.ts';
import { type Bench, openBench } from '../../seed.ts';
import { pullBench } from './pull-bench.ts';

let bench: Bench;
let fake: FakeLabelStudio;
beforeAll(async () => {
  bench = await openBench('label_agreement');
  fake = await startFakeLabelStudio();
});
afterAll(async () => {
  await fake.close();
  await bench.end();
});

test('alpha is over the newest verdicts of answers with two annotators or more', async () => {
  const of = await pullBench({ bench, fake });
  const figures = () => bench.db.asUser(of.user, (q) => verdictAgreement(q, of.projectId));
  expect(await figures()).toEqual({ alpha: null, answers: 0, same: 0 });
  // Four answers with two verdicts each: golden golden, golden wrong, wrong wrong, wrong wrong. A fifth has one alone.
  await of.annotate('ann@x.org', 'i-1', { 'm-one': 'golden', 'm-two': 'golden' });
  await of.annotate('bob@x.org', 'i-1', { 'm-one': 'golden', 'm-two': 'wrong' });
  await of.annotate('ann@x.org', 'i-2', { 'm-one': 'golden' });
  await of.annotate('ann@x.org', 'i-2', { 'm-one': 'wrong', 'm-two': 'wrong' });
  await of.annotate('bob@x.org', 'i-2', { 'm-one': 'wrong', 'm-two': 'wrong' });
  const skipped = await of.annotate('bob@x.org', 'i-3', { 'm-one': 'golden' });
  await of.annotate('ann@x.org', 'i-3', { 'm-one': 'wrong' });
  await of.pull();
  await fake.deleteAnnotation(skipped);
  await of.pull();
  // 3 golden and 5 wrong: observed 2 / 8, expected (64 - 9 - 25) / (8 * 7); alpha = 1 - 0.25 / (30 / 56).
  const { alpha, ...counted } = await figures();
  expect(counted).toEqual({ answers: 4, same: 3 });
  expect(alpha).toBeCloseTo(1 - 0.25 / (30 / 56), 12);
  expect(await bench.db.asUser(of.user, (q) => annotatorsOf(q, of.projectId))).toEqual([
    { name: 'ann@x.org', annotations: 4 },
    { name: 'bob@x.org', annotations: 2 },
  ]);
  expect(await bench.db.asUser('other', (q) => annotatorsOf(q, of.projectId))).toEqual([]);
});
