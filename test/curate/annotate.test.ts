/** Golden, fix and wrong on an answer: what is kept, what is refused, and how far undo goes back. */

import { Client } from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { addRun, type Bench, failure, openBench, query, type Seeded, seed } from './seed.ts';

let bench: Bench;
let set: Seeded;
beforeAll(async () => {
  bench = await openBench('annotate');
  set = await seed(bench, [
    { id: 'json', answers: { a: '{"recommendation": "Yes"}', b: '{"recommendation": "No"}' } },
    {
      id: 'fenced',
      answers: { a: 'Here it is:\n```json\n{"recommendation": "Yes"}\n```', b: '{"recommendation": "No"}' },
    },
    { id: 'prose', answers: { a: 'I would hire her.', b: null } },
    { id: 'odd/?#%é 名', answers: { a: '{"recommendation": "Yes"}', b: '{"recommendation": "Yes"}' } },
    ...['undo', 'many', 'note', 'races'].map((id) => ({ id, answers: { a: '{"recommendation": "Yes"}', b: 'x' } })),
  ]);
});
afterAll(() => bench.end());

const on = (candidateId: string, modelId = 'a') => ({ datasetId: set.datasetId, candidateId, modelId });
const annotate = (
  kind: 'golden' | 'fix' | 'wrong',
  candidateId: string,
  body: { model_id?: string; content?: string; note?: string } = {},
) => bench.curation.annotate('local', { ...on(candidateId), kind, body: { model_id: 'a', ...body } });
const stateOf = async (item: string) =>
  (
    await query(
      bench,
      `select s.golden, s.fixed, s.wrong from item_states s join items i using (version_id, ordinal)
       where i.version_id = $1 and i.item_id = $2`,
      [set.versionId, item],
    )
  )[0];

test('each kind is kept with its note, who said it and of which answer, and reaches the state of the item', async () => {
  const golden = await annotate('golden', 'json', { note: 'a model answer' });
  expect(golden).toEqual({
    dataset_id: set.datasetId,
    candidate_id: 'json',
    model_id: 'a',
    kind: 'golden',
    content: null,
    note: 'a model answer',
    annotator: 'The local user',
    created_at: expect.any(Number),
  });
  expect(Math.abs(golden.created_at - Date.now() / 1000)).toBeLessThan(60);
  expect(await stateOf('json')).toEqual({ golden: 1, fixed: 0, wrong: 0 });
  await annotate('wrong', 'json', { model_id: 'b' });
  expect(await stateOf('json')).toEqual({ golden: 1, fixed: 0, wrong: 1 });
  const fix = await annotate('fix', 'json', { content: '{"recommendation": "Maybe"}' });
  expect(fix).toMatchObject({ kind: 'fix', content: '{"recommendation": "Maybe"}', note: null });
  expect(await stateOf('json')).toEqual({ golden: 0, fixed: 1, wrong: 1 });
  const [row] = await query(
    bench,
    `select n.run_id, n.answer_hash = sha256(convert_to(a.content, 'UTF8')) as same from annotations n
     join answers a on a.run_id = n.run_id and a.ordinal = 0 where n.item_id = 'json' and n.model_id = 'a'`,
  );
  expect(row).toEqual({ run_id: set.runs.a, same: true });
});

test('a fix of a JSON answer must be JSON, and the fault is named by its place; of prose it may be anything', async () => {
  const refused = [
    ['not json', /line 1, column 1: unexpected "n"/],
    ['{"recommendation": "No"', /line 1, column 24: it ends too early/],
    ['{\n  "recommendation": No\n}', /line 2, column 21: unexpected "N"/],
    ['{"a": 1} and text', /line 1, column 10: unexpected "a"/],
  ] as const;
  for (const [content, message] of refused) {
    expect(await failure(annotate('fix', 'json', { content }))).toMatchObject({
      code: 'invalid_parameter',
      message: expect.stringMatching(message),
    });
  }
  expect(await annotate('fix', 'json', { content: '[1, {"a": null}]' })).toMatchObject({ kind: 'fix' });
  // The form of the answer may stay.
  const fenced = 'Here it is:\n```json\n{"recommendation": "No"}\n```';
  expect(await annotate('fix', 'fenced', { content: fenced })).toMatchObject({ content: fenced });
  expect(await failure(annotate('fix', 'fenced', { content: '```json\n{"recommendation": \n```' }))).toMatchObject({
    code: 'invalid_parameter',
  });
  expect(await annotate('fix', 'prose', { content: 'I would not.' })).toMatchObject({ content: 'I would not.' });
  expect(await annotate('fix', 'prose', { model_id: 'b', content: 'It should have said no.' })).toMatchObject({
    kind: 'fix',
  });
});

test('refused: a fix without content, content without a fix, a failed answer as golden, what is not there', async () => {
  expect(await failure(annotate('fix', 'json'))).toMatchObject({ code: 'invalid_parameter' });
  expect(await failure(annotate('fix', 'json', { content: ' \n' }))).toMatchObject({ code: 'invalid_parameter' });
  expect(await failure(annotate('golden', 'json', { content: 'x' }))).toMatchObject({ code: 'invalid_parameter' });
  expect(await failure(annotate('golden', 'json', { note: 'a\0b' }))).toMatchObject({ code: 'invalid_parameter' });
  expect(await failure(annotate('golden', 'prose', { model_id: 'b' }))).toEqual({
    code: 'conflict',
    message: expect.stringContaining('failed with engine_error'),
  });
  expect(await failure(annotate('golden', 'nobody'))).toMatchObject({ code: 'not_found' });
  expect(await failure(annotate('golden', 'no\0body'))).toMatchObject({ code: 'not_found' });
  expect(await failure(annotate('golden', 'json', { model_id: 'c' }))).toEqual({
    code: 'invalid_parameter',
    message: expect.stringContaining('models that have one: a, b'),
  });
  const elsewhere = bench.curation.annotate('local', {
    ...on('json'),
    datasetId: 'ds_none',
    kind: 'golden',
    body: { model_id: 'a' },
  });
  expect(await failure(elsewhere)).toMatchObject({ code: 'not_found' });
});

test('undo puts back what stood before, with who said it and when, down to nothing', async () => {
  const first = await annotate('golden', 'undo', { note: 'first' });
  await annotate('fix', 'undo', { content: '{"recommendation": "No"}', note: 'second' });
  await bench.curation.clear('local', { ...on('undo'), kind: 'fix' });
  expect(await stateOf('undo')).toEqual({ golden: 0, fixed: 0, wrong: 0 });
  await annotate('wrong', 'undo');
  const undo = () => bench.curation.undo('local', on('undo'));
  expect(await undo()).toMatchObject({ kind: null });
  expect(await undo()).toMatchObject({ kind: 'fix', content: '{"recommendation": "No"}', note: 'second' });
  expect(await stateOf('undo')).toEqual({ golden: 0, fixed: 1, wrong: 0 });
  expect(await undo()).toEqual(first);
  expect(await stateOf('undo')).toEqual({ golden: 1, fixed: 0, wrong: 0 });
  expect(await undo()).toMatchObject({ kind: null, content: null, note: null });
  expect(await stateOf('undo')).toEqual({ golden: 0, fixed: 0, wrong: 0 });
  expect(await failure(undo())).toMatchObject({ code: 'conflict' });
  expect(await failure(bench.curation.undo('local', on('note')))).toMatchObject({ code: 'conflict' });
});

test('the last 50 changes can be undone', async () => {
  for (let i = 0; i < 53; i++) await annotate('wrong', 'many', { note: `change ${i}` });
  const notes: (string | null)[] = [];
  for (;;) {
    const back = await bench.curation.undo('local', on('many')).catch(() => null);
    if (back === null) break;
    notes.push(back.note);
  }
  expect(notes).toEqual(Array.from({ length: 50 }, (_, i) => `change ${51 - i}`));
});

test('clearing takes back the kind that stands, and no other', async () => {
  await annotate('golden', 'note');
  expect(await failure(bench.curation.clear('local', { ...on('note'), kind: 'wrong' }))).toEqual({
    code: 'conflict',
    message: expect.stringContaining('marked golden, not wrong'),
  });
  expect(await bench.curation.clear('local', { ...on('note'), kind: 'golden' })).toMatchObject({ kind: null });
  expect(await failure(bench.curation.clear('local', { ...on('note'), kind: 'golden' }))).toMatchObject({
    code: 'not_found',
  });
});

test('ids of any characters; another user sees and changes nothing', async () => {
  const odd = 'odd/?#%é 名';
  expect(await annotate('golden', odd)).toMatchObject({ candidate_id: odd, kind: 'golden' });
  const { curation } = bench;
  const body = { model_id: 'a' };
  expect(await failure(curation.annotate('other', { ...on(odd), kind: 'wrong', body }))).toMatchObject({
    code: 'not_found',
  });
  expect(await failure(curation.undo('other', on(odd)))).toMatchObject({ code: 'not_found' });
  expect(await failure(curation.clear('other', { ...on(odd), kind: 'golden' }))).toMatchObject({ code: 'not_found' });
  expect(await failure(curation.annotations('other', { datasetId: set.datasetId, limit: 10 }))).toMatchObject({
    code: 'not_found',
  });
  expect(await stateOf(odd)).toMatchObject({ golden: 1, wrong: 0 });
});

test('changes are numbered in the order of their commits, and the live feed is woken once they are committed', async () => {
  const listener = new Client({ connectionString: bench.url });
  await listener.connect();
  const woken = new Promise((resolve) => listener.once('notification', resolve));
  await listener.query('listen assay_live');
  try {
    await Promise.all(
      Array.from({ length: 20 }, (_, i) => annotate(i % 2 ? 'wrong' : 'golden', 'races', { note: `${i}` })),
    );
    await woken;
    const page = await bench.curation.annotations('local', { datasetId: set.datasetId, limit: 1 });
    const [row] = await query<{ note: string; history: { note: string }[] }>(
      bench,
      `select note, history from annotations where item_id = 'races'`,
    );
    expect(page.data[0]).toMatchObject({ candidate_id: 'races', note: row!.note });
    expect(new Set([...row!.history.slice(1).map((entry) => entry.note), row!.note]).size).toBe(20);
  } finally {
    await listener.end();
  }
});

test('the list holds what stands, newest first, in pages', async () => {
  const seen: string[] = [];
  let after: number | undefined;
  do {
    const page = await bench.curation.annotations('local', {
      datasetId: set.datasetId,
      limit: 2,
      ...(after === undefined ? {} : { after }),
    });
    expect(page.data.every(({ kind }) => kind !== null)).toBe(true);
    seen.push(...page.data.map((each) => `${each.candidate_id} ${each.model_id}`));
    after = page.next ?? undefined;
  } while (after !== undefined);
  expect(seen).toEqual(['races a', 'odd/?#%é 名 a', 'many a', 'prose b', 'prose a', 'fenced a', 'json a', 'json b']);
});

test('what was said of a run stays with it when a newer run takes its place', async () => {
  await addRun(bench, { ...set, model: 'a' }, [{ ordinal: 0, content: '{"recommendation": "Other"}' }]);
  await annotate('wrong', 'json');
  const undone = await bench.curation.undo('local', on('json'));
  expect(undone).toMatchObject({ kind: 'fix', content: '[1, {"a": null}]' });
  const [row] = await query(bench, `select run_id from annotations where item_id = 'json' and model_id = 'a'`);
  expect(row).toEqual({ run_id: set.runs.a });
});
