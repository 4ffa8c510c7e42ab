/** Whose the rise of an engine's counters is: the one batch's that had rows in flight between two looks, else nobody's. */

import { expect, test } from 'vitest';
import { openPrefixSaved } from '../../src/scheduler/prefix-saved.ts';

function meter() {
  const kept: [string, number, number][] = [];
  const saved = openPrefixSaved(async ({ batchId }, { queries, hits }) => void kept.push([batchId, queries, hits]));
  const at = (queries: number | null, hits: number | null = queries) =>
    saved.sample({ prefixQueries: queries, prefixHits: hits });
  return { ...saved, kept, at, started: (batchId: string) => saved.started({ userId: 'local', batchId }) };
}

test('the rise between two looks belongs to the batch that ran alone', async () => {
  const { started, ended, at, flush, kept } = meter();
  at(1000, 400);
  started('a');
  at(1100, 460);
  started('a');
  ended('a');
  ended('a');
  at(1200, 500);
  await flush();
  expect(kept).toEqual([['a', 200, 100]]);
  at(1300, 600);
  await flush();
  expect(kept).toHaveLength(1);
});

test('with two batches in between it is nobody’s, also when one has ended or has only begun', async () => {
  const { started, ended, at, flush, kept } = meter();
  at(0);
  started('a');
  at(10);
  started('b');
  ended('a');
  at(30);
  at(70);
  ended('b');
  at(90);
  await flush();
  expect(kept).toEqual([
    ['a', 10, 10],
    ['b', 60, 60],
  ]);
});

test('an engine that was started anew, or says nothing, begins the count again', async () => {
  const { started, at, flush, kept } = meter();
  started('a');
  at(500);
  at(600);
  at(20);
  at(null);
  at(900);
  at(950);
  await flush();
  expect(kept).toEqual([['a', 150, 150]]);
});
