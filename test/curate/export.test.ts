/** Every export format read back by its own means: the rows, what made them, and what a spreadsheet would make of them. */

import { text } from 'node:stream/consumers';
import { parse } from 'csv-parse/sync';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { ExportFormat } from '../../src/contracts/curation.ts';
import { addRun, addVersion, type Bench, failure, filterOf, openBench, type Seeded, seed } from './seed.ts';

let bench: Bench;
let set: Seeded;
const say = (recommendation: string) => JSON.stringify({ recommendation });
const system = { role: 'system', content: 'Be strict.' };
const formula = '=HYPERLINK("http://x","y")';
beforeAll(async () => {
  bench = await openBench('export');
  set = await seed(bench, [
    {
      id: 'one',
      name: '=1+2',
      category: '@home',
      truth: 'Yes',
      input: { messages: [system, { role: 'user', content: 'Judge "one",\nplease\r' }] },
      answers: { a: say('Yes'), b: say('No'), c: null },
    },
    { id: '+two', name: '\tTab', input: { prompt: '-1' }, answers: { a: say('No'), b: formula, c: say('Yes') } },
    { id: 'three', name: 'Plain', input: { prompt: 'Third' }, answers: { a: say('No'), b: say('No') } },
    { id: 'four', name: 'Unsaid', input: { prompt: 'Fourth' }, answers: { a: say('No') } },
  ]);
  const annotate = (kind: 'golden' | 'fix' | 'wrong', candidateId: string, body: Record<string, string>) =>
    bench.curation.annotate('local', {
      kind,
      datasetId: set.datasetId,
      candidateId,
      body: body as { model_id: string },
    });
  await annotate('golden', 'one', { model_id: 'a', note: '-good' });
  await annotate('wrong', 'one', { model_id: 'b' });
  await annotate('fix', '+two', { model_id: 'a', content: say('Maybe') });
  await annotate('wrong', '+two', { model_id: 'b' });
  await annotate('golden', 'three', { model_id: 'b' });
});
afterAll(() => bench.end());

const read = async (format: ExportFormat, filter: Record<string, unknown> = {}, all = false) => {
  const file = await bench.curation.export('local', { format, all, filter: filterOf(set.datasetId, filter) });
  return { ...file, text: await text(file.content) };
};
// biome-ignore lint/suspicious/noExplicitAny: rows of seven formats are looked into
const rowsOf = async (format: ExportFormat, filter: Record<string, unknown> = {}, all = false): Promise<any[]> =>
  (await read(format, filter, all)).text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line));
const origin = (model: string, kind: string | null) => ({
  dataset_id: set.datasetId,
  dataset_version: set.versionHash,
  version_id: set.versionId,
  model,
  run_id: set.runs[model],
  kind,
  annotator: kind === null ? null : 'The local user',
  exported_at: expect.any(Number),
});

test('jsonl: annotated answers with what made them, or with all every answer', async () => {
  const rows = await rowsOf('jsonl');
  expect(rows.map((row) => [row.candidate_id, row.model_id, row.annotation, row.content, row.fixed])).toEqual([
    ['one', 'a', 'golden', say('Yes'), null],
    ['one', 'b', 'wrong', say('No'), null],
    ['+two', 'a', 'fix', say('No'), say('Maybe')],
    ['+two', 'b', 'wrong', formula, null],
    ['three', 'b', 'golden', say('No'), null],
  ]);
  expect(rows[0]).toMatchObject({
    name: '=1+2',
    category: '@home',
    truth: 'Yes',
    input: { messages: [system, { role: 'user', content: 'Judge "one",\nplease\r' }] },
    status: 'ok',
    decision: 'Yes',
    parse: 'json',
    fields: { recommendation: 'Yes' },
    prompt_tokens: 10,
    completion_tokens: 5,
    meta: { ...origin('a', 'golden'), note: '-good', annotated_at: expect.any(Number) },
  });
  const all = await rowsOf('jsonl', {}, true);
  expect(all.map((row) => `${row.candidate_id} ${row.model_id} ${row.status}`)).toEqual([
    'one a ok',
    'one b ok',
    'one c failed',
    '+two a ok',
    '+two b ok',
    '+two c ok',
    'three a ok',
    'three b ok',
    'four a ok',
  ]);
  expect(all[2]).toMatchObject({ error: 'engine_error', content: null, meta: origin('c', null) });
});

test('filters choose items, kinds and models; the name says what is in the file', async () => {
  const date = new Date().toISOString().slice(0, 10);
  const golden = await read('jsonl', { filter: 'golden' });
  expect(golden.filename).toBe(`golden_dataset_${date}.jsonl`);
  expect(golden.contentType).toBe('application/x-ndjson; charset=utf-8');
  expect(
    golden.text
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line).annotation),
  ).toEqual(['golden', 'golden']);
  expect((await rowsOf('jsonl', { models: 'c,b' })).map((row) => row.model_id)).toEqual(['b', 'b', 'b']);
  expect((await rowsOf('jsonl', { models: 'b,a', category: '@home' })).map((row) => row.model_id)).toEqual(['b', 'a']);
  expect((await read('sft')).filename).toBe(`annotated_dataset_${date}_sft.jsonl`);
  expect((await read('csv', {}, true)).filename).toBe(`whole_dataset_${date}.csv`);
  expect((await read('label-studio', { filter: 'wrong' })).filename).toBe(`wrong_dataset_${date}_label-studio.json`);
});

test('json is the same rows in a list, also when there are none', async () => {
  const { text: json, contentType } = await read('json');
  const timeless = (rows: { meta: { exported_at: number } }[]) =>
    rows.map((row) => ({ ...row, meta: { ...row.meta, exported_at: 0 } }));
  expect(timeless(JSON.parse(json))).toEqual(timeless(await rowsOf('jsonl')));
  expect(contentType).toBe('application/json; charset=utf-8');
  expect(JSON.parse((await read('json', { category: 'none such' })).text)).toEqual([]);
});

test('csv reads back whole, and no cell of it is a formula', async () => {
  const { text: csv } = await read('csv', {}, true);
  const rows: Record<string, string>[] = parse(csv, { columns: true });
  expect(rows).toHaveLength(9);
  expect(rows[0]).toMatchObject({
    candidate_id: 'one',
    name: "'=1+2",
    category: "'@home",
    truth: 'Yes',
    input: '[system]\nBe strict.\n\n[user]\nJudge "one",\nplease\r',
    model_id: 'a',
    content: say('Yes'),
    fields: '{"recommendation":"Yes"}',
    annotation: 'golden',
    latency_ms: '100',
    'meta.dataset_version': set.versionHash,
    'meta.run_id': set.runs.a,
    'meta.annotator': 'The local user',
    'meta.note': "'-good",
  });
  expect(rows[4]).toMatchObject({ candidate_id: "'+two", name: "'\tTab", input: "'-1", content: `'${formula}` });
  const cells = parse(csv).flat() as string[];
  expect(cells.filter((cell) => /^[=+\-@\t\r]/.test(cell))).toEqual([]);
});

test('label-studio: an item is a task with predictions, and annotations where something is said', async () => {
  const tasks = JSON.parse((await read('label-studio')).text);
  expect(tasks.map((task: { data: object }) => task.data)).toMatchObject([
    { candidate_id: 'one', name: '=1+2', truth: 'Yes' },
    { candidate_id: '+two', prompt: '-1' },
    { candidate_id: 'three', prompt: 'Third' },
  ]);
  const [one, two] = tasks;
  expect(one.predictions.map((each: { model_version: string }) => each.model_version)).toEqual(['a', 'b']);
  expect(one.predictions[0].result).toEqual([
    { id: 'answer', from_name: 'answer', to_name: 'prompt', type: 'textarea', value: { text: [say('Yes')] } },
    { id: 'decision', from_name: 'decision', to_name: 'prompt', type: 'choices', value: { choices: ['Yes'] } },
  ]);
  expect(one.annotations).toMatchObject([
    { ground_truth: true, meta: origin('a', 'golden') },
    { ground_truth: false, meta: origin('b', 'wrong') },
  ]);
  expect(two.annotations[0].result[0].value).toEqual({ text: [say('Maybe')] });
  expect(JSON.parse((await read('label-studio', {}, true)).text)).toHaveLength(4);
});

test('sft and prompt-completion: what is golden or mended, behind its own prompt', async () => {
  const sft = await rowsOf('sft');
  expect(sft.map((row) => row.messages)).toEqual([
    [system, { role: 'user', content: 'Judge "one",\nplease\r' }, { role: 'assistant', content: say('Yes') }],
    [
      { role: 'user', content: '-1' },
      { role: 'assistant', content: say('Maybe') },
    ],
    [
      { role: 'user', content: 'Third' },
      { role: 'assistant', content: say('No') },
    ],
  ]);
  expect(sft[1].meta).toMatchObject({ candidate_id: '+two', ...origin('a', 'fix') });
  expect((await rowsOf('sft', { filter: 'fixed' })).map((row) => row.meta.candidate_id)).toEqual(['+two']);
  const pairs = await rowsOf('prompt-completion');
  expect(pairs.map((row) => [row.prompt, row.completion])).toEqual([
    ['system: Be strict.\n\nuser: Judge "one",\nplease\r', say('Yes')],
    ['-1', say('Maybe')],
    ['Third', say('No')],
  ]);
  // All of them, but never what failed or is wrong.
  const all = await rowsOf('sft', {}, true);
  expect(all.map((row) => `${row.meta.candidate_id} ${row.meta.model}`)).toEqual([
    'one a',
    '+two a',
    '+two c',
    'three a',
    'three b',
    'four a',
  ]);
});

test('dpo: golden or mended against wrong, and against what was mended', async () => {
  const rows = await rowsOf('dpo');
  expect(rows.map((row) => [row.prompt, row.chosen, row.rejected])).toEqual([
    ['system: Be strict.\n\nuser: Judge "one",\nplease\r', say('Yes'), say('No')],
    ['-1', say('Maybe'), say('No')],
    ['-1', say('Maybe'), formula],
  ]);
  expect(rows[0].meta).toMatchObject({ ...origin('a', 'golden'), rejected: origin('b', 'wrong') });
  expect(rows[0].meta.messages[0]).toEqual(system);
});

test("a run's template makes the prompt, and what was said of an older run or version stays with its answer", async () => {
  const bio = { bio: 'Writes {{code}}', years: 3 };
  const made = await seed(bench, [{ id: 'p', input: bio, answers: { m: 'old answer' } }], {
    settings: { template: '--- system ---\nBrief.\n--- user ---\n{{bio}} for {{years}} years' },
  });
  const place = { datasetId: made.datasetId, candidateId: 'p' };
  await bench.curation.annotate('local', { ...place, kind: 'golden', body: { model_id: 'm' } });
  const next = await addVersion(bench, made, [
    { id: 'new', answers: {} },
    { id: 'p', input: { bio: 'Changed' }, answers: {} },
  ]);
  const run = await addRun(bench, { ...made, ...next, model: 'm' }, [{ ordinal: 1, content: 'new answer' }]);
  const rows = async (format: ExportFormat, all: boolean) => {
    const file = await bench.curation.export('local', { format, all, filter: filterOf(made.datasetId) });
    return (await text(file.content))
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
  };
  expect(await rows('sft', false)).toMatchObject([
    {
      messages: [
        { role: 'system', content: 'Brief.' },
        { role: 'user', content: 'Writes {{code}} for 3 years' },
        { role: 'assistant', content: 'old answer' },
      ],
      meta: { dataset_version: made.versionHash, run_id: made.runs.m },
    },
  ]);
  expect(
    (await rows('jsonl', true)).map((row) => [row.content, row.input.bio, row.annotation, row.meta.run_id]),
  ).toEqual([
    ['new answer', 'Changed', null, run],
    ['old answer', 'Writes {{code}}', 'golden', made.runs.m],
  ]);
});

test('refused before the first byte: no such dataset, no such model, another user', async () => {
  const ask = (userId: string, filter: ReturnType<typeof filterOf>) =>
    failure(bench.curation.export(userId, { format: 'csv', all: false, filter }));
  expect(await ask('local', filterOf('ds_none'))).toMatchObject({ code: 'not_found' });
  expect(await ask('other', filterOf(set.datasetId))).toMatchObject({ code: 'not_found' });
  expect(await ask('local', filterOf(set.datasetId, { models: 'zzz' }))).toMatchObject({ code: 'invalid_parameter' });
});

test('a dataset that is deleted while it is read breaks the file off instead of ending it early', async () => {
  const many = await seed(
    bench,
    Array.from({ length: 2000 }, (_, i) => ({ id: `${i}`, answers: { a: 'x' } })),
  );
  const file = await bench.curation.export('local', { format: 'jsonl', all: true, filter: filterOf(many.datasetId) });
  const reader = file.content[Symbol.asyncIterator]();
  expect((await reader.next()).value).toBe('');
  await reader.next();
  await bench.db.asUser('local', (q) => q.query('delete from datasets where dataset_id = $1', [many.datasetId]));
  const rest = async () => {
    while (!(await reader.next()).done);
  };
  expect(await failure(rest())).toMatchObject({ code: 'not_found' });
});
