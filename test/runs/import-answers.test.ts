/** Answers made elsewhere: OpenAI output files, results of other tools, tables; what fits nowhere, twice, again, newer; faults. */

import { readFile, writeFile } from 'node:fs/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { AssayError } from '../../src/errors.ts';
import { openRuns } from '../../src/runs/room.ts';
import { query } from '../batches/seed.ts';
import { jsonl, openRunPlace, promptLines, type RunPlace } from './run-place.ts';

let place: RunPlace;
beforeAll(async () => {
  place = await openRunPlace('runs_import', { work: false });
});
afterAll(() => place.end());

/** A dataset of its own with items q-1 to q-`items`. */
const dataset = async (items: number): Promise<string> => (await place.dataset('q.jsonl', promptLines(items))).id;
const answers = (id: string) =>
  query<{ ordinal: number; ok: boolean; content: string | null; error_code: string | null; scores: object | null }>(
    place,
    'select ordinal, ok, content, error_code, scores from answers where run_id = $1 order by ordinal',
    [id],
  );
const contents = async (id: string) => (await answers(id)).map((row) => `${row.ordinal} ${row.content}`);
const states = (datasetId: string) =>
  query<{ ordinal: number; answers: number }>(
    place,
    `select s.ordinal, s.answers from item_states s join dataset_versions using (version_id) where dataset_id = $1 order by 1`,
    [datasetId],
  );
const faultOf = (work: Promise<unknown>) =>
  work.then(
    () => {
      throw new Error('nothing was wrong');
    },
    (error: unknown) => {
      if (!(error instanceof AssayError)) throw error;
      return error;
    },
  );
const chatOutput = (customId: string, content: string, more: object = {}) => ({
  id: 'batch_req_1',
  custom_id: customId,
  response: {
    status_code: 200,
    request_id: 'req_1',
    body: {
      id: 'chatcmpl-1',
      object: 'chat.completion',
      model: 'gpt-4o-2024-08-06',
      choices: [{ index: 0, message: { role: 'assistant', content, refusal: null }, finish_reason: 'stop' }],
      usage: { prompt_tokens: 20, completion_tokens: 10, prompt_tokens_details: { cached_tokens: 5 } },
      ...more,
    },
  },
  error: null,
});

test('an OpenAI output file: answers, figures, failed lines, and what no item has', async () => {
  const datasetId = await dataset(5);
  const failed = { ...chatOutput('q-2', ''), response: null, error: { code: 'batch_expired', message: 'Too late.' } };
  const refused = {
    ...chatOutput('q-3', ''),
    response: { status_code: 429, request_id: 'r', body: { error: { message: 'Slow down', type: 'rate_limit' } } },
  };
  const [run] = await place.answers(
    'out.jsonl',
    jsonl([chatOutput('q-1', 'Yes'), failed, refused, chatOutput('zz', 'No')]),
    {
      datasetId,
      modelId: 'gpt-4o',
    },
  );
  expect(run).toMatchObject({ model_id: 'gpt-4o', matched: 3, unmatched: 1, unmatched_ids: ['zz'], repeated: 0 });
  expect(run).toMatchObject({ duplicate_of: null, supersedes: null });
  expect((await answers(run!.id)).map((row) => [row.ordinal, row.ok, row.content, row.error_code])).toEqual([
    [0, true, 'Yes', null],
    [1, false, null, 'batch_expired'],
    [2, false, null, 'rate_limit'],
  ]);
  const [figures] = await query(
    place,
    'select prompt_tokens, completion_tokens, cached_tokens, finish_reason from answers where run_id = $1 and ordinal = 0',
    [run!.id],
  );
  expect(figures).toEqual({ prompt_tokens: 20, completion_tokens: 10, cached_tokens: 5, finish_reason: 'stop' });
  expect(await place.runs.get('local', run!.id)).toMatchObject({
    source: 'import',
    status: 'imported',
    batch_id: null,
    total: 3,
    completed: 1,
    failed: 2,
    settings: { filename: 'out.jsonl', matched_by: 'custom_id', lines: 4 },
  });
  expect((await place.runs.get('local', run!.id)).settings).not.toHaveProperty('unfinished');
  expect((await states(datasetId)).map((row) => row.ordinal)).toEqual([0, 1, 2]);
});

test('the model is that of the lines when none is named', async () => {
  const datasetId = await dataset(2);
  const [run] = await place.answers('out.jsonl', jsonl([chatOutput('q-1', 'a')]), { datasetId });
  expect(run!.model_id).toBe('gpt-4o-2024-08-06');
});

test.each(['content', 'output', 'response', 'answer', 'completion', 'prediction', 'text'])(
  'results of other tools: {id, %s}',
  async (field) => {
    const datasetId = await dataset(2);
    const lines = [
      { id: 'q-2', [field]: 'two', score: 0.5, scores: { style: 2, note: 'x' }, is_correct: true },
      { id: 'q-1', [field]: { verdict: 'no' }, is_correct: false },
    ];
    const [run] = await place.answers('results.jsonl', jsonl(lines), { datasetId, modelId: 'm' });
    expect((await answers(run!.id)).map((row) => [row.content, row.scores])).toEqual([
      ['{"verdict":"no"}', { correct: 0 }],
      ['two', { score: 0.5, style: 2, correct: 1 }],
    ]);
  },
);

test("an expected answer among the items' fields is not taken for the model's", async () => {
  const { id } = await place.dataset('truth.jsonl', jsonl([{ custom_id: 'a', prompt: 'P?', answer: '4' }]));
  const [run] = await place.answers('r.jsonl', jsonl([{ custom_id: 'a', answer: '4', prediction: '5' }]), {
    datasetId: id,
    modelId: 'm',
  });
  expect(await contents(run!.id)).toEqual(['0 5']);
});

test('by position when no line has an id; the last line of an item counts when ids repeat', async () => {
  const datasetId = await dataset(3);
  const [placed] = await place.answers('p.jsonl', jsonl([{ text: 'a' }, { text: 'b' }, { text: 'c' }, { text: 'd' }]), {
    datasetId,
    modelId: 'm',
  });
  expect(placed).toMatchObject({ matched: 3, unmatched: 1, unmatched_ids: ['line 4'] });
  expect(await contents(placed!.id)).toEqual(['0 a', '1 b', '2 c']);
  expect((await place.runs.get('local', placed!.id)).settings).toMatchObject({ matched_by: 'position' });
  const twice = [{ id: 'q-1', text: 'old' }, { id: 'q-2', text: 'b' }, { id: 'q-1', text: 'new' }, { text: 'no id' }];
  const [repeated] = await place.answers('r.jsonl', jsonl(twice), { datasetId, modelId: 'n' });
  expect(repeated).toMatchObject({ matched: 2, repeated: 1, unmatched: 1, unmatched_ids: ['line 4'] });
  expect(await contents(repeated!.id)).toEqual(['0 new', '1 b']);
});

test('a table with a column per model gives a run each; fields of the items are no models; empty cells no answers', async () => {
  const csv = 'id,city,land\nc1,Paris,France\nc2,Rome,Italy\nc3,Bern,Switzerland\n';
  const { id: datasetId } = await place.dataset('cities.csv', csv);
  const table = 'id,city,red one,blue\nc1,Paris,"yes, of course",no\nc3,Bern,,no\nc9,X,a,b\n';
  const runs = await place.answers('answers.csv', table, { datasetId });
  expect(runs.map((run) => [run.model_id, run.matched, run.unmatched, run.unmatched_ids])).toEqual([
    ['red one', 1, 1, ['c9']],
    ['blue', 2, 1, ['c9']],
  ]);
  expect(await contents(runs[0]!.id)).toEqual(['0 yes, of course']);
  expect(await contents(runs[1]!.id)).toEqual(['0 no', '2 no']);
  expect((await states(datasetId)).map((row) => [row.ordinal, row.answers])).toEqual([
    [0, 2],
    [2, 1],
  ]);
  // One model of it; by places; with one answer a row.
  const [one] = await place.answers('a.csv', `${table}\n`, { datasetId, modelId: 'blue' });
  expect(one).toMatchObject({ model_id: 'blue', matched: 2, supersedes: runs[1]!.id });
  const [placed] = await place.answers('b.csv', 'position,green\n2,x\n3,y\n4,z\n', { datasetId });
  expect([placed!.matched, await contents(placed!.id)]).toEqual([2, ['1 x', '2 y']]);
  const [long] = await place.answers('c.csv', 'id,output,score\nc2,Yes,0.25\n', { datasetId, modelId: 'long' });
  expect(await answers(long!.id)).toMatchObject([{ ordinal: 1, content: 'Yes', scores: { score: 0.25 } }]);
  expect((await faultOf(place.answers('d.csv', table, { datasetId, modelId: 'green' }))).message).toMatch(
    /red one, blue; name one of them/,
  );
});

test('the same file again is recognised; a newer one takes the place, and gives it back', async () => {
  const datasetId = await dataset(3);
  const of = { datasetId, modelId: 'm' };
  const first = jsonl([
    { id: 'q-1', text: 'a' },
    { id: 'q-3', text: 'c' },
  ]);
  const [one] = await place.answers('one.jsonl', first, of);
  const [same] = await place.answers('renamed.jsonl', first, of);
  expect(same).toEqual({ ...one, duplicate_of: one!.id });
  const [other] = await place.answers('one.jsonl', first, { ...of, modelId: 'other' });
  expect(other!.duplicate_of).toBe(null);
  const [newer] = await place.answers('two.jsonl', jsonl([{ id: 'q-1', text: 'A' }]), of);
  expect(newer).toMatchObject({ supersedes: one!.id, duplicate_of: null });
  const { data } = await place.runs.list('local', { datasetId, limit: 10 });
  expect(data.map((run) => [run.id, run.superseded_by])).toEqual([
    [newer!.id, null],
    [other!.id, null],
    [one!.id, newer!.id],
  ]);
  const seen = async () => (await states(datasetId)).map((row) => [row.ordinal, row.answers]);
  expect(await seen()).toEqual([
    [0, 2],
    [2, 1],
  ]);
  await place.runs.remove('local', newer!.id);
  expect(await place.runs.get('local', one!.id)).toMatchObject({ superseded_by: null });
  expect(await seen()).toEqual([
    [0, 2],
    [2, 2],
  ]);
  for (const action of ['cancel', 'retry', 'again'] as const) {
    expect((await faultOf(place.runs[action]('local', one!.id))).code).toBe('conflict');
  }
});

const broken: [string, string, string, RegExp, object][] = [
  ['not JSON', 'a.jsonl', '{"id":"q-1","text":"a"}\n{"id":', /^a\.jsonl, line 2: not valid JSON/, { modelId: 'm' }],
  [
    'no answer',
    'a.jsonl',
    '{"id":"q-1","text":"a"}\n\n{"id":"q-2","foo":1}\n',
    /line 3: there is no answer.*fields there are: id, foo/,
    { modelId: 'm' },
  ],
  [
    'no model',
    'a.jsonl',
    '{"id":"q-1","text":"a"}\n',
    /model_id: must be given, as line 1 of a\.jsonl names no model/,
    {},
  ],
  [
    'no item',
    'a.jsonl',
    '{"id":"x","text":"a"}\n',
    /none of the 1 answers of m is for an item .*\(they are for: x\)/,
    { modelId: 'm' },
  ],
  ['empty', 'a.jsonl', '', /^a\.jsonl, line 1: the file is empty/, { modelId: 'm' }],
  ['wrong columns', 'a.csv', 'id,m\nq-1\n', /^a\.csv, line 2: 1 values, but the header has 2 columns/, {}],
  [
    'only fields',
    'a.csv',
    'id,prompt\nq-1,x\n',
    /no column holds answers: prompt are fields of the items|no column holds answers/,
    {},
  ],
  ['model name', 'a.csv', 'id,"a\nb"\nq-1,x\n', /model_id: must be at most 200 characters without control/, {}],
];
test.each(broken)('%s: said with its place, and nothing is kept', async (...fault) => {
  const [, filename, content, message, more] = fault;
  const datasetId = await dataset(3);
  expect((await faultOf(place.answers(filename, content, { datasetId, ...more }))).message).toMatch(message);
  expect(await query(place, 'select * from runs where dataset_id = $1', [datasetId])).toEqual([]);
});

test('a database that fails in the middle leaves nothing; a killed import is not shown, and goes at the next start', async () => {
  const datasetId = await dataset(1200);
  const lines = jsonl(Array.from({ length: 1200 }, (_, i) => ({ id: `q-${i + 1}`, text: `${i}` })));
  const of = { datasetId, modelId: 'm' };
  const [old] = await place.answers('old.jsonl', jsonl([{ id: 'q-1', text: 'old' }]), of);
  let calls = 0;
  const failing = (deletes: boolean) => {
    calls = 0;
    return openRuns({
      ...place.deps,
      async landAnswers(q, run, rows) {
        if (++calls === 2) throw new Error('the connection broke');
        await place.deps.landAnswers(q, run, rows);
      },
      takeTurn: async (q) => {
        if (!deletes) throw new Error('the connection is gone');
        await place.deps.takeTurn(q);
      },
    });
  };
  const upload = async (runs: typeof place.runs) => {
    const path = `${place.folder}/killed`;
    await writeFile(path, lines);
    return runs.import('local', { path, filename: 'new.jsonl', sha256: Buffer.from('x'), ...of });
  };
  await expect(upload(failing(true))).rejects.toThrow('the connection broke');
  const rows = () => query(place, 'select run_id from runs where dataset_id = $1', [datasetId]);
  expect(await rows()).toEqual([{ run_id: old!.id }]);
  await expect(upload(failing(false))).rejects.toThrow('the connection broke');
  expect(await rows()).toHaveLength(2);
  expect((await place.runs.list('local', { datasetId, limit: 10 })).data.map((run) => run.id)).toEqual([old!.id]);
  expect(await contents(old!.id)).toEqual(['0 old']);
  // Another server may still be importing: only what has been quiet for a while goes.
  await place.runs.resume();
  expect(await rows()).toHaveLength(2);
  await query(place, `update answers set landed_at = now() - interval '2 minutes'`);
  await query(place, `update runs set created_at = now() - interval '2 minutes'`);
  await place.runs.resume();
  expect(await rows()).toEqual([{ run_id: old!.id }]);
  const [whole] = await upload(place.runs);
  expect(whole).toMatchObject({ matched: 1200, supersedes: old!.id });
});

test('another user sees neither the dataset nor the runs', async () => {
  const datasetId = await dataset(2);
  const [run] = await place.answers('a.jsonl', jsonl([{ id: 'q-1', text: 'a' }]), { datasetId, modelId: 'm' });
  const file = { datasetId, modelId: 'm', userId: 'other' };
  expect((await faultOf(place.answers('a.jsonl', jsonl([{ id: 'q-1', text: 'b' }]), file))).code).toBe('not_found');
  expect((await faultOf(place.runs.list('other', { datasetId, limit: 10 }))).code).toBe('not_found');
  expect((await place.runs.list('other', { limit: 10 })).data).toEqual([]);
  for (const action of ['get', 'cancel', 'retry', 'again', 'remove'] as const) {
    expect((await faultOf(place.runs[action]('other', run!.id))).code).toBe('not_found');
  }
  // Their own dataset of the same content is another one.
  const theirs = await place.dataset('mine.jsonl', promptLines(2), { userId: 'other' });
  const [own] = await place.answers('a.jsonl', jsonl([{ id: 'q-1', text: 'a' }]), { ...file, datasetId: theirs.id });
  expect(own!.duplicate_of).toBe(null);
});

test('the example answers of the built-in candidates dataset match by the ids of its table', async () => {
  const candidates = await readFile(new URL('../../examples/candidates.csv', import.meta.url), 'utf8');
  const set = await place.dataset('candidates.csv', candidates);
  const ids = await query<{ item_id: string }>(
    place,
    'select item_id from items join dataset_versions v using (version_id) where v.dataset_id = $1 order by items.ordinal',
    [set.id],
  );
  const lines = ids.map(({ item_id }, i) => chatOutput(item_id, i % 2 ? 'Yes' : 'No'));
  const [run] = await place.answers('batch_output.jsonl', jsonl(lines), { datasetId: set.id, modelId: 'hosted' });
  expect(run).toMatchObject({ matched: ids.length, unmatched: 0 });
});
