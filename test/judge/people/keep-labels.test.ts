/** Labels of many answers at once: the same as one after the other, and what cannot be kept is passed over. */

import { afterAll, beforeAll, expect, test } from 'vitest';
import { keepLabels, type LabelChange } from '../../../src/judge/people/keep-labels.ts';
import { query, seed } from '../../curate/seed.ts';
import { openPeoplePlace, type PeoplePlace } from './people-place.ts';

let place: PeoplePlace;
beforeAll(async () => {
  place = await openPeoplePlace('keep_labels');
});
afterAll(() => place.end());

const items = (name: string) =>
  Array.from({ length: 6 }, (_, n) => ({ id: `${name}-${n}`, answers: { alpha: n === 5 ? null : `answer ${n}` } }));

/** All that is kept of a run's labels, but for names of rows and times. */
const labelsOf = async (runId: string) => ({
  run: await query(
    place,
    'select judges, judged, failed, answers, status from judge_runs where run_id = $1 and mode = $2',
    [runId, 'human'],
  ),
  labels: await query(
    place,
    `select ordinal, judge, part, judge_type, passed, preference, error, reasoning, sample from judgments
     where run_id = $1 order by ordinal, judge`,
    [runId],
  ),
});

test('they stand as those that came one after the other, majority and counts too', async () => {
  const at = async (name: string) => (await seed(place, items(name))).runs.alpha!;
  const [single, many] = [await at('x'), await at('y')];
  const said = (run: string, name: string): (LabelChange & { verdict: 'pass' | 'fail' })[] =>
    [0, 1, 2, 3].flatMap((n) =>
      ['Ann', 'Bob'].map((labeller) => ({
        benchmark_id: run,
        candidate_id: `${name}-${n}`,
        labeller,
        verdict: labeller === 'Bob' && n > 1 ? ('fail' as const) : ('pass' as const),
        sample: n === 0 ? ('audit' as const) : ('picked' as const),
        note: n === 1 ? 'since' : null,
      })),
    );
  for (const { note, ...label } of said(single, 'x'))
    await place.label({ ...label, ...(note === null ? {} : { note }) });
  expect(await keepLabels(place.db, 'local', said(many, 'y'))).toBe(8);
  expect(await labelsOf(many)).toEqual(await labelsOf(single));

  await place.takeBack({ benchmark_id: single, candidate_id: 'x-3', labeller: 'Bob' });
  await place.label({ benchmark_id: single, candidate_id: 'x-0', labeller: 'Ann', verdict: 'fail', sample: 'picked' });
  const [ann, bob] = [said(many, 'y')[0]!, said(many, 'y')[7]!];
  const changes: LabelChange[] = [
    { ...bob, verdict: null },
    { ...ann, verdict: 'pass' },
    { ...ann, verdict: 'fail', sample: 'picked' },
  ];
  expect(await keepLabels(place.db, 'local', changes)).toBe(2);
  expect(await labelsOf(many)).toEqual(await labelsOf(single));
});

test('a run or item that is not there, a failed answer, no name and no label are passed over; others see nothing', async () => {
  const run = (await seed(place, items('z'))).runs.alpha!;
  const of = (more: Partial<LabelChange>): LabelChange => ({
    benchmark_id: run,
    candidate_id: 'z-0',
    labeller: 'Ann',
    verdict: 'pass',
    sample: 'picked',
    note: null,
    ...more,
  });
  expect(await keepLabels(place.db, 'local', [of({ labeller: 'Bob', verdict: null })])).toBe(0);
  expect(await keepLabels(place.db, 'other', [of({})])).toBe(0);
  const changes = [
    of({ benchmark_id: 'bm_none' }),
    of({ candidate_id: 'none' }),
    of({ candidate_id: 'z-5' }),
    of({ labeller: 'panel' }),
    of({ labeller: ' ' }),
    of({ note: 'a\0b' }),
  ];
  expect(await keepLabels(place.db, 'local', changes)).toBe(1);
  expect((await labelsOf(run)).labels).toMatchObject([{ ordinal: 0, judge: 'Ann', passed: true, reasoning: 'ab' }]);
});
