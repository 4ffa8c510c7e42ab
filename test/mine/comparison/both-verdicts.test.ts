/** Verdicts of two judge runs over the same items, read from a real database, and what cannot be compared. */

import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type BothVerdicts, readBothVerdicts } from '../../../src/mine/comparison/both-verdicts.ts';
import { comparePatterns } from '../../../src/mine/comparison/compare-patterns.ts';
import { addRun, addVersion, type Bench, failure, openBench, query, type Seeded, seed } from '../../curate/seed.ts';

let bench: Bench;
beforeAll(async () => {
  bench = await openBench('mine_both_verdicts');
});
afterAll(() => bench.end());

const ids = ['a', 'b', 'c', 'd', 'e', 'f'];

/** By ordinal: a score of 10, whether it passes, or nothing usable. */
type Verdict = number | boolean | null;

async function judged(of: { datasetId: string; versionId: string; runId: string }, verdicts: Verdict[], more = {}) {
  const id = `jr_${randomUUID()}`;
  const run = { judges: ['judge-7b'], threshold: 7, status: 'completed', criteria: [], ...more };
  await query(
    bench,
    `insert into judge_runs (judge_run_id, user_id, dataset_id, version_id, run_id, mode, judges, settings, threshold, status)
     values ($1, 'local', $2, $3, $4, 'single', $5, $6, $7, $8)`,
    [
      ...[id, of.datasetId, of.versionId, of.runId, run.judges],
      ...[{ criteria: run.criteria, rules: [] }, run.threshold, run.status],
    ],
  );
  const counting = run.judges.length > 1 ? 'panel' : run.judges[0]!;
  // Only the verdict of the judge that counts is looked at.
  const rows = verdicts.flatMap((said, ordinal) => [
    { ordinal, part: 'verdict', judge: counting, ...(typeof said === 'boolean' ? { passed: said } : { score: said }) },
    { ordinal, part: 'check', judge: counting, score: 0 },
    { ordinal, part: 'verdict', judge: 'another', score: 0 },
  ]);
  await query(
    bench,
    `insert into judgments (judge_run_id, ordinal, judge, part, user_id, run_id, judge_type, score, passed)
     select $1, ordinal, judge, part, 'local', $2, 'llm', score, passed
     from jsonb_to_recordset($3::jsonb) as r (ordinal integer, judge text, part text, score real, passed boolean)`,
    [id, of.runId, JSON.stringify(rows)],
  );
  return id;
}

async function analysis(of: Seeded, judgeRunIds: string[], failures: { item: string; cluster: number; run: string }[]) {
  const id = `an_${randomUUID()}`;
  await query(
    bench,
    `insert into analyses (analysis_id, user_id, name, content_hash, dataset_id, judge_run_ids, settings)
     values ($1, 'local', 'A', $4, $2, $3, '{}')`,
    [id, of.datasetId, judgeRunIds, Buffer.from(id)],
  );
  for (const [ordinal, { item, cluster, run }] of failures.entries())
    await query(
      bench,
      `insert into analysis_failures (analysis_id, ordinal, user_id, item_id, name, run_id, model_id, prompt, cluster)
       values ($1, $2, 'local', $3, $3, $4, 'm', 'p', $5)`,
      [id, ordinal, item, run, cluster],
    );
  return id;
}

type Asked = [analysisId: string, beforeJudgeRunId: string, afterJudgeRunId: string];

const read = (...[analysisId, beforeJudgeRunId, afterJudgeRunId]: Asked) =>
  bench.db.asUser('local', (q) => readBothVerdicts(q, { analysisId, beforeJudgeRunId, afterJudgeRunId }));

const brief = ({ items }: BothVerdicts) =>
  items.map(
    (one) => `${one.itemId} ${one.failedBefore ? one.clusterBefore : 'ok'} ${one.failedAfter ? 'fails' : 'ok'}`,
  );

const answers = { old: 'x', new: 'y' };

test('items with a verdict in both, by the counting judge at the threshold of each run; the cluster is that of the run before', async () => {
  const of = await seed(
    bench,
    ids.map((id) => ({ id, answers })),
  );
  const [old, fresh] = [of.runs.old!, of.runs.new!];
  const before = await judged({ ...of, runId: old }, [2, 6.9, 7, false, null, 1]);
  const after = await judged({ ...of, runId: fresh }, [5, 4, 4.9, true, true, null], { threshold: 5 });
  const id = await analysis(
    of,
    [before],
    [
      { item: 'a', cluster: 1, run: fresh },
      { item: 'a', cluster: 0, run: old },
      { item: 'b', cluster: -1, run: old },
    ],
  );
  const found = await read(id, before, after);
  expect(brief(found)).toEqual(['a 0 ok', 'b -1 fails', 'c ok fails', 'd null ok']);
  expect(found.before).toEqual({ judge_run_id: before, model_id: 'old' });
  expect(found.notes).toEqual([expect.stringContaining('passing from 7), after by judge-7b (single, passing from 5)')]);
  const told = comparePatterns({ ...found, patterns: [{ cluster: 0, title: 'T' }] });
  expect(told).toMatchObject({ n: 4, overall: { mended: 2, broken: 1 }, patterns: [{ n: 1, mended: 1 }] });
});

test('over another version items are matched by their ids, and what differs is said', async () => {
  const of = await seed(
    bench,
    ids.map((id) => ({ id, answers: { old: 'x' } })),
  );
  const before = await judged({ ...of, runId: of.runs.old! }, [1, 1, 9, 9, 9, 9]);
  const version = await addVersion(bench, { userId: 'local', datasetId: of.datasetId }, [
    { id: 'new', answers: {} },
    { id: 'c', answers: {} },
    { id: 'a', answers: {} },
  ]);
  const runId = await addRun(bench, { ...of, ...version, model: 'new' }, [{ ordinal: 0, content: 'z' }]);
  const more = { status: 'running', judges: ['judge-7b', 'judge-9b'], criteria: [{ name: 'x' }] };
  const after = await judged({ ...of, ...version, runId }, [1, 2, 9], more);
  const found = await read(await analysis(of, [], []), before, after);
  expect(brief(found)).toEqual(['c ok fails', 'a null ok']);
  expect(found.notes).toEqual([
    expect.stringContaining('after by panel (single'),
    expect.stringContaining('different criteria'),
    expect.stringContaining('different versions'),
    expect.stringContaining(`${after} is under way`),
  ]);
});

test('what cannot be compared', async () => {
  const of = await seed(
    bench,
    ids.map((id) => ({ id, answers })),
  );
  const elsewhere = await seed(bench, [{ id: 'a', answers }]);
  const before = await judged({ ...of, runId: of.runs.old! }, [1, null, null, null, null, null]);
  const after = await judged({ ...of, runId: of.runs.new! }, [null, 9, 9, 9, 9, 9]);
  const other = await judged({ ...elsewhere, runId: elsewhere.runs.new! }, [9]);
  const id = await analysis(of, [before], []);
  const said = async (...asked: Asked) => {
    const { code, message } = (await failure(read(...asked)))!;
    return `${code}: ${message}`;
  };
  expect(await said(id, before, after)).toMatch(/^conflict: .*share no item that has a verdict in both\./);
  expect(await said(id, before, other)).toMatch(/^conflict: .*is over dataset ds_\w+, jr_\S+ over ds_/);
  expect(await said(id, after, before)).toMatch(/^conflict: .*none of those that analysis an_/);
  expect(await said(id, before, before)).toMatch(/^conflict: .*with itself/);
  expect(await said('an_none', before, after)).toMatch(/^not_found: No analysis with id an_none/);
  expect(await said(id, before, 'jr_none')).toMatch(/^not_found: No judge run with id jr_none/);
  const both = { analysisId: id, beforeJudgeRunId: before, afterJudgeRunId: after };
  const asOther = bench.db.asUser('other', (q) => readBothVerdicts(q, both));
  expect((await failure(asOther))!.code).toBe('not_found');
});
