/** Landing answers: what is read of them, what follows for the items, replaced answers, guesses, and odd contents. */

import { afterAll, beforeAll, expect, test } from 'vitest';
import { refreshItems } from '../../src/compare/refresh.ts';
import { annotate, answer, type Bench, landIn, makeDataset, makeRun, openBench, rowsOf } from './seed.ts';

let bench: Bench;
beforeAll(async () => {
  bench = await openBench('land_answers');
});
afterAll(() => bench.end());

interface State {
  ordinal: number;
  [column: string]: unknown;
}
const states = (versionId: string) =>
  rowsOf<State>(bench, 'select * from item_states where version_id = $1 order by ordinal', [versionId]);
const items = (count: number) => Array.from({ length: count }, () => ({}));
const decided = { decision_path: 'verdict' };

test('an item gets its state from the answers of all models, whichever landed first', async () => {
  const version = await makeDataset(bench, items(4), { comparing: decided });
  const [a, b] = [await makeRun(bench, version, 'a'), await makeRun(bench, version, 'b')];
  await landIn(bench, a, [
    answer(0, { verdict: 'Yes', rank: 1 }, { latencyMs: 300, scores: { style: 4, truth: 2 } }),
    answer(1, { verdict: 'Yes', rank: 1 }),
    answer(2, { verdict: 'Yes' }),
    answer(3, 'I cannot say.'),
  ]);
  expect(await states(version.versionId)).toMatchObject([
    { answers: 1, differs: false, agreed: null, decisions: { a: 'Yes' }, lowest_score: 2, needs_review: false },
    { answers: 1 },
    { answers: 1 },
    { answers: 1, needs_review: true },
  ]);
  await landIn(bench, b, [
    answer(0, { verdict: 'yes', rank: 1 }, { latencyMs: 900 }),
    answer(1, { verdict: 'No', rank: 2 }),
    answer(2, null),
    answer(3, { verdict: 'No' }),
  ]);
  const [same, different, failed, unread] = await states(version.versionId);
  // Decisions that differ in case alone are one decision.
  expect(same).toMatchObject({ differs: false, diff_fields: [], disagreement: 0, slowest: 900, needs_review: false });
  expect([same!.agreed, same!.decisions]).toEqual(['Yes', { a: 'Yes', b: 'Yes' }]);
  expect(different).toMatchObject({
    differs: true,
    diff_fields: ['rank', 'verdict'],
    classes: { verdict: { a: 0, b: 1 }, rank: { a: 0, b: 1 } },
    agreed: null,
    disagreement: 1,
    needs_review: true,
  });
  // Neither a failure nor an answer that cannot be read is a difference by itself.
  expect(failed).toMatchObject({ differs: false, failed: 1, agreed: null, needs_review: true });
  expect(unread).toMatchObject({ differs: false, decisions: { a: null, b: 'No' }, needs_review: true });
});

test('an answer that lands again takes the place of the first, with a newer number', async () => {
  const version = await makeDataset(bench, items(2), { comparing: decided });
  const run = await makeRun(bench, version, 'a');
  await landIn(bench, run, [answer(0, null), answer(1, { verdict: 'No' }), answer(1, { verdict: 'Yes' })]);
  const before = await rowsOf<{ seq: string; decision: string }>(
    bench,
    'select * from answers where run_id = $1 order by ordinal',
    [run.runId],
  );
  expect(before.map((row) => row.decision)).toEqual([null, 'Yes']);
  await landIn(bench, run, [answer(0, { verdict: 'Yes' })]);
  const [first, second] = await rowsOf<{ seq: string; ok: boolean; decision: string }>(
    bench,
    'select * from answers where run_id = $1 order by ordinal',
    [run.runId],
  );
  expect(first).toMatchObject({ ok: true, decision: 'Yes' });
  expect(Number(first!.seq)).toBeGreaterThan(Number(second!.seq));
  expect(await states(version.versionId)).toMatchObject([{ failed: 0, decisions: { a: 'Yes' } }, {}]);
});

test('only current runs count; without any answer the state goes', async () => {
  const version = await makeDataset(bench, items(2), { comparing: decided });
  const [a, b] = [await makeRun(bench, version, 'a'), await makeRun(bench, version, 'b')];
  await landIn(bench, a, [answer(0, { verdict: 'Yes' })]);
  await landIn(bench, b, [answer(0, { verdict: 'No' }), answer(1, { verdict: 'No' })]);
  await bench.db.asUser('local', async (q) => {
    await q.query(`update runs set superseded_by = 'bm_new' where run_id = $1`, [b.runId]);
    await refreshItems(q, version, [0, 1]);
  });
  expect(await states(version.versionId)).toMatchObject([{ ordinal: 0, differs: false, decisions: { a: 'Yes' } }]);
  await annotate(bench, version, { itemId: 'item-1', modelId: 'b', kind: 'golden' });
  await bench.db.asUser('local', (q) => refreshItems(q, version, [1]));
  expect((await states(version.versionId))[1]).toMatchObject({ ordinal: 1, answers: 0, golden: 1 });
});

test('what people said is counted, and ends the need for review', async () => {
  const version = await makeDataset(bench, items(1), { comparing: decided });
  const [a, b] = [await makeRun(bench, version, 'a'), await makeRun(bench, version, 'b')];
  await landIn(bench, a, [answer(0, { verdict: 'Yes' })]);
  await landIn(bench, b, [answer(0, { verdict: 'No' })]);
  await annotate(bench, version, { itemId: 'item-0', modelId: 'a', kind: 'golden' });
  await annotate(bench, version, { itemId: 'item-0', modelId: 'b', kind: 'wrong' });
  await bench.db.asUser('local', (q) => refreshItems(q, version, [0]));
  expect(await states(version.versionId)).toMatchObject([{ golden: 1, fixed: 0, wrong: 1, needs_review: false }]);
  await annotate(bench, version, { itemId: 'item-0', modelId: 'a', kind: null });
  await annotate(bench, version, { itemId: 'item-0', modelId: 'b', kind: null });
  await bench.db.asUser('local', (q) => refreshItems(q, version, [0]));
  expect(await states(version.versionId)).toMatchObject([{ golden: 0, wrong: 0, needs_review: true }]);
});

test('the decision is guessed when enough has landed, and what landed before is read anew', async () => {
  const version = await makeDataset(bench, items(30));
  const [a, b] = [await makeRun(bench, version, 'a'), await makeRun(bench, version, 'b')];
  const verdict = (i: number) => ({ reason: `because of ${i}`, recommendation: i % 2 === 0 ? 'Hire' : 'No' });
  await landIn(
    bench,
    a,
    Array.from({ length: 15 }, (_, i) => answer(i, verdict(i))),
  );
  expect((await states(version.versionId))[0]).toMatchObject({ decisions: { a: null } });
  await landIn(
    bench,
    b,
    Array.from({ length: 15 }, (_, i) => answer(i, verdict(i))),
  );
  const [dataset] = await rowsOf<{ comparing: object }>(bench, 'select comparing from datasets where dataset_id = $1', [
    version.datasetId,
  ]);
  expect(dataset!.comparing).toMatchObject({ guessed: { decision_path: 'recommendation', answers: 30 } });
  expect((await states(version.versionId)).map((state) => state.agreed)).toEqual(
    Array.from({ length: 15 }, (_, i) => verdict(i).recommendation),
  );
});

test('short texts without a decision are compared as wholes, long ones are not', async () => {
  const version = await makeDataset(bench, items(3));
  const [a, b] = [await makeRun(bench, version, 'a'), await makeRun(bench, version, 'b')];
  const long = 'a long answer in many words '.repeat(10);
  await landIn(bench, a, [
    answer(0, 'A text here, not a word.'),
    answer(1, 'One text, of some length'),
    answer(2, `${long} one`),
  ]);
  await landIn(bench, b, [
    answer(0, 'A text  here, not a WORD.'),
    answer(1, 'Another text, of some length'),
    answer(2, `${long} two`),
  ]);
  expect(await states(version.versionId)).toMatchObject([
    { differs: false, disagreement: 0 },
    { differs: true, disagreement: 1, diff_fields: [], classes: { '': { a: 0, b: 1 } } },
    { differs: false },
  ]);
});

test('contents that a database does not take as they are', async () => {
  const version = await makeDataset(bench, items(4), { comparing: decided });
  const run = await makeRun(bench, version, 'a');
  await landIn(bench, run, [
    answer(0, '{"verdict": "Y\\u0000es", "half": "\\ud800"}'),
    answer(1, 'NUL \u0000 and half \ud800', { promptTokens: 1e12, latencyMs: 1.7, completionTokens: Number.NaN }),
    answer(2, `{"verdict": "No", "deep": ${'['.repeat(5000)}`),
    answer(3, ''),
  ]);
  const rows = await rowsOf<{ decision: string; content: string; latency_ms: number }>(
    bench,
    'select * from answers where run_id = $1 order by ordinal',
    [run.runId],
  );
  expect(rows[0]!.decision).toBe('Yes');
  expect(rows[1]).toMatchObject({ content: 'NUL  and half \ufffd', latency_ms: 1, prompt_tokens: 2_147_483_647 });
  expect(rows).toHaveLength(4);
});
