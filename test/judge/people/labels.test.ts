/** The labelling queue: whose turn an answer has, what a label becomes, and what it never shows. */

import { createHash } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { AssayError } from '../../../src/errors.ts';
import { query } from '../../batches/seed.ts';
import { openPeoplePlace, type PeoplePlace } from './people-place.ts';

let place: PeoplePlace;
beforeAll(async () => {
  place = await openPeoplePlace('labels');
});
afterAll(() => place.end());

const md5 = (text: string) => createHash('md5').update(text).digest('hex');
/** The documented order, computed here. */
const auditOrder = (run: string, count: number, other = '') =>
  Array.from({ length: count }, (_, n) => n).sort((a, b) =>
    md5(`${run} ${other} ${a}`) < md5(`${run} ${other} ${b}`) ? -1 : 1,
  );
const rows = (run: string) =>
  query<{ ordinal: number; judge: string; passed: boolean | null; error: string | null; sample: string | null }>(
    place,
    `select j.ordinal, j.judge, j.passed, j.error, j.sample from judgments j join judge_runs r using (judge_run_id)
     where r.run_id = $1 and r.mode = 'human' order by j.ordinal, j.judge`,
    [run],
  );

test('the audit queue gives the answers of a fixed random order, each person their own next one', async () => {
  const run = await place.answered(30);
  const order = auditOrder(run, 30).slice(0, 5);
  const seen: number[] = [];
  for (let at = 0; at < 6; at++) {
    const { task, progress } = await place.next({ benchmark_id: run, sample: 'audit', audit_size: 5, labeller: 'Ann' });
    expect(progress).toEqual({ audit: { labelled: at, size: 5 }, picked: { labelled: 0 } });
    if (task === null) break;
    seen.push(task.ordinal);
    const kept = await place.label({
      benchmark_id: run,
      candidate_id: task.candidate_id,
      verdict: at === 3 ? 'unsure' : 'pass',
      sample: 'audit',
      labeller: 'Ann',
      audit_size: 5,
    });
    expect(kept).toEqual({
      labelled: true,
      progress: { audit: { labelled: at + 1, size: 5 }, picked: { labelled: 0 } },
    });
  }
  expect(seen).toEqual(order);
  const ben = await place.next({ benchmark_id: run, sample: 'audit', audit_size: 5, labeller: 'Ben' });
  expect(ben.task!.ordinal).toBe(order[0]);
  const skipped = await place.next({
    benchmark_id: run,
    sample: 'audit',
    audit_size: 5,
    labeller: 'Ben',
    skip: [`q-${order[0]}`, `q-${order[1]}`],
  });
  expect(skipped.task!.ordinal).toBe(order[2]);

  const judgeRun = (await place.judging.list('local', { benchmarkId: run, limit: 5 })).data[0]!;
  expect(judgeRun).toMatchObject({
    mode: 'human',
    source: 'assay',
    status: 'completed',
    judges: ['Ann'],
    answers: 5,
    judged: 4,
    failed: 1,
    passed: 4,
    threshold: 7,
    calls: 0,
  });
  const { data } = await place.judging.judgments('local', {
    judge_run_id: judgeRun.id,
    show: 'all',
    part: 'verdict',
    limit: 50,
  });
  expect(data).toHaveLength(5);
  expect(data.filter(({ error }) => error === 'unsure').map(({ ordinal }) => ordinal)).toEqual([order[3]]);
});

test('said again the newer stands, an audit label stays one, undo takes it back; two people have a majority', async () => {
  const run = await place.answered(3);
  const say = (verdict: 'pass' | 'fail', sample: 'audit' | 'picked', [labeller, at]: [string, number] = ['Ann', 0]) =>
    place.label({ benchmark_id: run, candidate_id: `q-${at}`, verdict, sample, labeller, note: 'why not' });
  await say('pass', 'audit');
  await say('fail', 'picked');
  expect(await rows(run)).toEqual([{ ordinal: 0, judge: 'Ann', passed: false, error: null, sample: 'audit' }]);
  await say('pass', 'picked', ['Ann', 1]);
  await say('pass', 'audit', ['Ann', 1]);
  expect((await rows(run))[1]!.sample).toBe('audit');
  await say('fail', 'audit', ['Ben', 0]);
  await say('fail', 'audit', ['Ben', 1]);
  const panel = (all: Awaited<ReturnType<typeof rows>>) => all.filter(({ judge }) => judge === 'panel');
  expect(panel(await rows(run))).toEqual([
    { ordinal: 0, judge: 'panel', passed: false, error: null, sample: null },
    { ordinal: 1, judge: 'panel', passed: null, error: 'no_majority', sample: null },
  ]);
  const [judgeRun] = (await place.judging.list('local', { benchmarkId: run, limit: 5 })).data;
  expect(judgeRun).toMatchObject({ judges: ['Ann', 'Ben'], answers: 2, judged: 1, failed: 1, passed: 0 });
  // With one person left there is no majority to make.
  for (const at of [0, 1]) await place.takeBack({ benchmark_id: run, candidate_id: `q-${at}`, labeller: 'Ben' });
  expect((await rows(run)).map(({ judge }) => judge)).toEqual(['Ann', 'Ann']);
  const again = place.takeBack({ benchmark_id: run, candidate_id: 'q-0', labeller: 'Ben' });
  await expect(again).rejects.toMatchObject({ code: 'not_found' });
});

test('without a name it is the name of the user; labels of two at once all stand', async () => {
  const run = await place.answered(8);
  await Promise.all(
    Array.from({ length: 8 }, (_, n) =>
      place.label({ benchmark_id: run, candidate_id: `q-${n}`, verdict: 'pass', sample: 'audit' }),
    ),
  );
  const all = await rows(run);
  expect(all).toHaveLength(8);
  expect(new Set(all.map(({ judge }) => judge))).toEqual(new Set(['The local user']));
  expect((await place.judging.list('local', { benchmarkId: run, limit: 5 })).data).toHaveLength(1);
});

test('picked: where a panel is apart, then the unsure, then those near the threshold; never the audit sample', async () => {
  const run = await place.answered(12);
  const audit = new Set(auditOrder(run, 12).slice(0, 2));
  const free = Array.from({ length: 12 }, (_, n) => n).filter((n) => !audit.has(n));
  // Sure and far from the threshold, but for four.
  const special = new Map([
    [free[0]!, { score: 7.2, confidence: 0.9 }],
    [free[1]!, { score: 6, confidence: 0.9 }],
    [free[2]!, { score: 1, confidence: 0.1 }],
  ]);
  const judge = await place.judged(
    { benchmark_id: run, judge_type: 'llm', judge: 'one' },
    Array.from({ length: 12 }, (_, n) =>
      n === free[3]
        ? { ordinal: n, error: 'unusable' }
        : { ordinal: n, ...(special.get(n) ?? { score: 10, confidence: 0.9 }) },
    ),
  );
  const given: number[] = [];
  for (let at = 0; at < 4; at++) {
    const { task } = await place.next({
      benchmark_id: run,
      sample: 'picked',
      judge_run_id: judge.id,
      audit_size: 2,
      labeller: 'Ann',
    });
    given.push(task!.ordinal);
    await place.label({
      benchmark_id: run,
      candidate_id: task!.candidate_id,
      verdict: 'pass',
      sample: 'picked',
      labeller: 'Ann',
      audit_size: 2,
    });
  }
  expect(given.slice(0, 3)).toEqual([free[2], free[0], free[1]]);
  let { task, progress } = await place.next({
    benchmark_id: run,
    sample: 'picked',
    judge_run_id: judge.id,
    audit_size: 2,
    labeller: 'Ann',
  });
  expect(progress).toEqual({ audit: { labelled: 0, size: 2 }, picked: { labelled: 4 } });
  for (; task !== null; ) {
    expect([...audit, free[3]]).not.toContain(task.ordinal);
    const at = { benchmark_id: run, candidate_id: task.candidate_id, labeller: 'Ann' };
    await place.label({ ...at, verdict: 'pass', sample: 'picked' });
    ({ task, progress } = await place.next({
      benchmark_id: run,
      sample: 'picked',
      judge_run_id: judge.id,
      audit_size: 2,
      labeller: 'Ann',
    }));
  }
});

test('a pair: comparisons that followed the order come first, the task names no model, and sides are drawn', async () => {
  const { first, second } = await place.pair(40);
  const judge = await place.judged(
    { benchmark_id: first, other_benchmark_id: second, judge_type: 'llm', judge: 'one' },
    Array.from({ length: 40 }, (_, n) => ({ ordinal: n, preference: 'a', reasoning: 'the first is better' })),
  );
  const audit = auditOrder(first, 40, second);
  const flipped = audit[20]!;
  await query(place, `update judgments set preference = 'undecided' where judge_run_id = $1 and ordinal = $2`, [
    judge.id,
    flipped,
  ]);
  const pair = { benchmark_id: first, other_benchmark_id: second };
  const { task } = await place.next({ ...pair, sample: 'picked', judge_run_id: judge.id, audit_size: 5 });
  expect(task!.ordinal).toBe(flipped);
  expect(Object.keys(task!).sort()).toEqual(
    ['candidate_id', 'category', 'content', 'expected', 'first', 'input', 'name', 'ordinal', 'other_content'].sort(),
  );
  expect(task!.content).toBe(`alpha says ${flipped} in set 1`);
  expect(task!.other_content).toBe(`beta says ${flipped} in set 1`);
  expect(JSON.stringify(task)).not.toContain('the first is better');
  const firsts: string[] = [];
  for (let at = 0; at < 40; at++) {
    const { task: next } = await place.next({ ...pair, sample: 'audit' });
    firsts.push(next!.first);
    await place.label({ ...pair, candidate_id: next!.candidate_id, verdict: 'tie', sample: 'audit' });
  }
  const b = firsts.filter((one) => one === 'b').length;
  expect(b).toBeGreaterThan(8);
  expect(b).toBeLessThan(32);
});

test('an item that is a line of a batch does not show its model', async () => {
  const line = {
    custom_id: 'l-1',
    method: 'POST',
    url: '/v1/chat/completions',
    body: { model: 'secret-model-name', messages: [{ role: 'user', content: 'What is it?' }] },
  };
  const dataset = await place.dataset('lines.jsonl', `${JSON.stringify(line)}\n`);
  const [run] = await place.answers('a.jsonl', '{"custom_id":"l-1","content":"it"}\n', {
    datasetId: dataset.id,
    modelId: 'secret-model-name',
  });
  const { task } = await place.next({ benchmark_id: run!.id, sample: 'audit' });
  expect(JSON.stringify(task)).toContain('What is it?');
  expect(JSON.stringify(task)).not.toContain('secret-model-name');
});

test('what cannot be labelled is refused, with what is wrong and nothing kept', async () => {
  const { first, second } = await place.pair(2);
  const lone = await place.answered(2);
  const base = { benchmark_id: first, candidate_id: 'p-0', sample: 'audit' } as const;
  const refused = async (work: Promise<unknown>) => {
    const error = (await work.then(
      () => null,
      (reason: AssayError) => reason,
    )) as AssayError;
    return [error?.code, error?.param, error?.message];
  };
  expect(await refused(place.label({ ...base, verdict: 'a' }))).toMatchObject([
    'invalid_parameter',
    'other_benchmark_id',
    expect.stringContaining('stands as b'),
  ]);
  expect(await refused(place.label({ ...base, other_benchmark_id: second, verdict: 'pass' }))).toMatchObject([
    'invalid_parameter',
    'verdict',
    expect.stringContaining('two answers are compared'),
  ]);
  expect(await refused(place.label({ ...base, candidate_id: 'nobody', verdict: 'pass' }))).toMatchObject([
    'not_found',
    'candidate_id',
    expect.stringContaining('nobody'),
  ]);
  expect((await refused(place.label({ ...base, other_benchmark_id: lone, verdict: 'a' })))[0]).toBe('conflict');
  expect((await refused(place.label({ ...base, labeller: 'panel', verdict: 'pass' })))[1]).toBe('labeller');
  expect((await refused(place.next({ benchmark_id: first, sample: 'picked' })))[1]).toBe('judge_run_id');
  const other = await place.judged({ benchmark_id: lone, judge_type: 'llm', judge: 'x' }, [{ ordinal: 0, score: 3 }]);
  const elsewhere = place.next({ benchmark_id: first, sample: 'picked', judge_run_id: other.id });
  expect((await refused(elsewhere))[2]).toContain('judges other answers');
  await query(place, `update answers set ok = false, content = null where run_id = $1 and ordinal = 1`, [first]);
  expect((await refused(place.label({ ...base, candidate_id: 'p-1', verdict: 'pass' })))[2]).toContain('no answer');
  expect(await rows(first)).toEqual([]);
});

test('a labelling is at its end: nothing looks after it, and it cannot be resumed or cancelled', async () => {
  const run = await place.answered(2);
  await place.label({ benchmark_id: run, candidate_id: 'q-0', verdict: 'pass', sample: 'audit' });
  const [human] = (await place.judging.list('local', { benchmarkId: run, limit: 5 })).data;
  await expect(place.judging.resume('local', human!.id)).rejects.toMatchObject({ code: 'conflict' });
  await expect(place.judging.cancel('local', human!.id)).rejects.toMatchObject({ code: 'conflict' });
  expect(await place.judging.summary('local', human!.id)).toMatchObject({ n: 1, passed: 1, pass_rate: 1 });
});
