/** Imported judgments: all or none, faults by line and field, people as a majority, and the same file only once. */

import { afterAll, beforeAll, expect, test } from 'vitest';
import type { AssayError } from '../../../src/errors.ts';
import { query } from '../../batches/seed.ts';
import { openPeoplePlace, type PeoplePlace } from './people-place.ts';

let place: PeoplePlace;
let run: string;
beforeAll(async () => {
  place = await openPeoplePlace('import_judgments');
  run = await place.answered(1200);
});
afterAll(() => place.end());

const runs = async () => (await query<{ n: number }>(place, 'select count(*)::int as n from judge_runs'))[0]!.n;

test('scores of a judge: counts, pass at any threshold, lines without a verdict counted and not dropped', async () => {
  const lines = Array.from({ length: 1200 }, (_, n) =>
    n % 10 === 0
      ? { candidate_id: `q-${n}`, error: 'unusable', reasoning: 'I cannot say' }
      : { ordinal: n, score: n % 11, criteria: { tone: 3 }, confidence: 0.5, reasoning: 'since' },
  );
  const judged = await place.judged({ benchmark_id: run, judge_type: 'llm', judge: 'elsewhere' }, lines);
  expect(judged).toMatchObject({
    mode: 'single',
    source: 'import',
    status: 'imported',
    judges: ['elsewhere'],
    answers: 1200,
    judged: 1080,
    failed: 120,
    threshold: 7,
    passed: lines.filter((line) => (line.score ?? 0) >= 7).length,
  });
  const summary = await place.judging.summary('local', judged.id, 9);
  expect(summary).toMatchObject({ n: 1200, errors: 120, error_codes: { unusable: 120 } });
  expect(summary.passed).toBe(lines.filter((line) => (line.score ?? 0) >= 9).length);
  const query_ = { judge_run_id: judged.id, show: 'errors', part: 'verdict', limit: 500 } as const;
  expect((await place.judging.judgments('local', query_)).data).toHaveLength(120);
  await expect(place.judging.resume('local', judged.id)).rejects.toMatchObject({ code: 'conflict' });
  // A client that lost the answer sends it again.
  const before = await runs();
  const again = await place.judged({ benchmark_id: run, judge_type: 'llm', judge: 'elsewhere' }, lines);
  expect([again.id, await runs()]).toEqual([judged.id, before]);
  const other = await place.judged({ benchmark_id: run, judge_type: 'llm', judge: 'elsewhere', threshold: 3 }, lines);
  expect(other.id).not.toBe(judged.id);
  await place.judging.remove('local', judged.id);
  await expect(place.judging.get('local', judged.id)).rejects.toMatchObject({ code: 'not_found' });
});

test('people of one file stand in one run, with their majority', async () => {
  const lines = [
    ...['Ann', 'Ben', 'Cid'].map((judge) => ({ ordinal: 0, judge, pass: judge !== 'Cid' })),
    ...['Ann', 'Ben'].map((judge) => ({ ordinal: 1, judge, pass: judge === 'Ann' })),
    ...['Ann', 'Ben', 'Cid'].map((judge, at) => ({ ordinal: 2, judge, score: [2, 9, 8][at] })),
    { ordinal: 3, judge: 'Ann', error: 'unsure' },
  ];
  const judged = await place.judged({ benchmark_id: run, judge_type: 'human' }, lines);
  expect(judged).toMatchObject({
    mode: 'human',
    judges: ['Ann', 'Ben', 'Cid'],
    answers: 4,
    judged: 2,
    failed: 2,
    passed: 2,
  });
  const rows = await query(
    place,
    `select ordinal, score, passed, error from judgments where judge_run_id = $1 and judge = 'panel' order by ordinal`,
    [judged.id],
  );
  expect(rows).toEqual([
    { ordinal: 0, score: null, passed: true, error: null },
    { ordinal: 1, score: null, passed: null, error: 'no_majority' },
    { ordinal: 2, score: 8, passed: null, error: null },
    { ordinal: 3, score: null, passed: null, error: 'unsure' },
  ]);
});

const faults: [what: string, lines: object[] | string, line: number, says: string][] = [
  ['no JSON', '{"ordinal":0,"score":1}\nnonsense\n', 2, 'not valid JSON'],
  ['no item', [{ score: 1 }], 1, 'candidate_id: names its item'],
  ['an item by both', [{ ordinal: 0, candidate_id: 'q-0', score: 1 }], 1, 'candidate_id: names its item'],
  ['no verdict', [{ ordinal: 0 }], 1, 'score: holds a verdict'],
  ['a verdict and an error', [{ ordinal: 0, score: 1, error: 'unusable' }], 1, 'score: holds a verdict'],
  [
    'a score above 10',
    [
      { ordinal: 0, score: 1 },
      { ordinal: 1, score: 11 },
    ],
    2,
    'score:',
  ],
  ['a name that is none of a field', [{ ordinal: 0, scores: 1 }], 1, 'scores'],
  ['a preference without a second run', [{ ordinal: 0, preference: 'a' }], 1, 'preference: needs the run'],
  [
    'an unknown item',
    [
      { ordinal: 0, score: 1 },
      { candidate_id: 'x-1', score: 1 },
    ],
    2,
    'candidate_id: item x-1',
  ],
  ['a place behind the end', [{ ordinal: 5000, score: 1 }], 1, 'ordinal: item 5000'],
  ['a place that no integer holds', [{ ordinal: 9_000_000_000, score: 1 }], 1, 'ordinal: item 9000000000'],
  [
    'an item twice',
    [
      { ordinal: 0, score: 1 },
      { candidate_id: 'q-0', score: 2 },
    ],
    2,
    'candidate_id: item q-0 has a judgment',
  ],
  [
    'two judges',
    [
      { ordinal: 0, score: 1 },
      { ordinal: 1, score: 1, judge: 'other' },
    ],
    2,
    'judge: is other',
  ],
  ['nothing', '\n\n', 1, 'not a single judgment'],
];

test.each(faults)('%s is refused with its line and field, and nothing is kept', async (...fault) => {
  const [, lines, line, says] = fault;
  const before = await runs();
  const work = place.judged({ benchmark_id: run, judge_type: 'llm', judge: 'me' }, lines);
  const error = (await work.catch((reason: AssayError) => reason)) as AssayError;
  expect([error.code, error.line]).toEqual(['input_invalid', line]);
  expect(error.message).toContain(says);
  expect(await runs()).toBe(before);
});

test('a fault in the last of many lines keeps none; without a name for the judge the line is told', async () => {
  const before = await runs();
  const lines = Array.from({ length: 1200 }, (_, n) => ({ ordinal: n, score: 5 }));
  const late = place.judged({ benchmark_id: run, judge_type: 'llm', judge: 'me' }, [
    ...lines,
    { ordinal: 7, score: 5 },
  ]);
  await expect(late).rejects.toMatchObject({ code: 'input_invalid', line: 1201, param: 'ordinal' });
  const nameless = place.judged({ benchmark_id: run, judge_type: 'llm' }, lines);
  await expect(nameless).rejects.toMatchObject({ code: 'input_invalid', line: 1, param: 'judge' });
  expect(await runs()).toBe(before);
  const judgments = await query<{ n: number }>(place, `select count(*)::int as n from judgments where judge = 'me'`);
  expect(judgments[0]!.n).toBe(0);
});

test('a pair takes preferences only, and a rule or metric has a name of its own', async () => {
  const { first, second } = await place.pair(3);
  const pair = { benchmark_id: first, other_benchmark_id: second, judge_type: 'llm', judge: 'me' } as const;
  await expect(place.judged(pair, [{ ordinal: 0, score: 3 }])).rejects.toMatchObject({ param: 'score', line: 1 });
  const judged = await place.judged(pair, [
    { ordinal: 0, preference: 'a' },
    { ordinal: 1, preference: 'tie' },
    { ordinal: 2, error: 'unusable' },
  ]);
  expect(judged).toMatchObject({ mode: 'pairwise', judged: 2, failed: 1 });
  expect((await place.judging.summary('local', judged.id)).preferences).toEqual({ a: 1, b: 0, tie: 1, undecided: 0 });
  const metric = await place.judged({ benchmark_id: first, judge_type: 'metric', judge: 'bleurt' }, [
    { ordinal: 0, score: 8 },
    { ordinal: 1, score: 2 },
  ]);
  expect(metric).toMatchObject({ mode: 'metrics', judges: ['bleurt'], judged: 2, passed: 1 });
});
