/** Tasks hold the answers in drawn order, with sound pre-labels; the same item always makes the same task. */

import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import type { Entry, EntryAnswer, Said } from '../../../../src/curate/entries.ts';
import { generateConfig } from '../../../../src/curate/label-studio/config/generate-config.ts';
import { readConfig } from '../../../../src/curate/label-studio/config/read-config.ts';
import { contentHash } from '../../../../src/curate/label-studio/task/content-hash.ts';
import { decodeResult } from '../../../../src/curate/label-studio/task/decode-result.ts';
import { makeTask, type TaskPlan } from '../../../../src/curate/label-studio/task/make-task.ts';
import { slotOrder } from '../../../../src/curate/label-studio/task/slot-order.ts';
import type { NewPrediction } from '../../../../src/curate/label-studio/wire/client.ts';
import { predictionFault } from './prediction-fault.ts';

const models = ['m1', 'm2', 'm3'];
const { labelConfig, mapping } = generateConfig({
  models,
  blind: true,
  fields: [
    { field: 'recommendation', values: ['no', 'Yes', '$5'] },
    { field: 'n', values: ['1', '2'] },
  ],
});
const { controls } = readConfig(labelConfig);

const answer = (modelId: string, content: string | null, more: Partial<EntryAnswer> = {}): EntryAnswer => ({
  modelId,
  runId: `bm_${modelId}`,
  versionId: 'dv_1',
  versionHash: '',
  input: {},
  template: null,
  ok: content !== null,
  errorCode: content === null ? 'engine_error' : null,
  content,
  parse: 'json',
  fields: null,
  decision: null,
  correct: null,
  promptTokens: null,
  completionTokens: null,
  latencyMs: null,
  scores: null,
  current: true,
  said: null,
  ...more,
});
const said = (kind: Said['kind'], content: string | null = null, holds = true): Said => ({
  kind,
  content,
  note: null,
  annotator: 'x',
  at: new Date(0),
  holds,
});
const entry = (answers: EntryAnswer[], more: Partial<Entry> = {}): Entry => ({
  ordinal: 0,
  itemId: 'i1',
  name: 'Item',
  category: null,
  truth: null,
  input: { messages: [{ role: 'user', content: 'Judge this' }] },
  answers,
  ...more,
});
const plan = (more: Partial<TaskPlan> = {}, blind = true): TaskPlan => ({
  project: { project_id: 'lsp_1', models, blind, seed: 7, mapping },
  score: 0.25,
  cluster: null,
  audit: false,
  slotKey: (model) => `key of ${model}`,
  ...more,
});

/** What a prediction says of each model: its choices and texts by what the control is of. */
function preLabels(prediction: NewPrediction, itemId = 'i1') {
  const order = slotOrder({ seed: 7, itemId, models });
  const pairs = prediction.result.map(({ from_name, value }) => {
    const [control, slot, field] = from_name.split('_');
    const place = slot === undefined ? control! : `${order[slot]} ${control}${field ?? ''}`;
    return [place, String(value.choices ?? value.text)];
  });
  return Object.fromEntries(pairs);
}

test('what is said here, else what is expected; own values of fields; the only golden one is best', () => {
  const made = makeTask(
    entry([
      answer('m1', '{"recommendation":"yes","n":2}', { correct: true }),
      answer('m2', '{"recommendation":"perhaps","n":3}', {
        correct: true,
        said: said('fix', '{"recommendation":"$5"}'),
      }),
      answer('m3', '{"recommendation":"$5","n":1}', { correct: false }),
    ]),
    plan({ cluster: 4 }),
  );
  expect(made.task.predictions).toHaveLength(1);
  expect(made.task.predictions[0]).toMatchObject({ model_version: 'assay', score: 0.25, cluster: 4 });
  const slotOf = Object.fromEntries(
    Object.entries(slotOrder({ seed: 7, itemId: 'i1', models })).map(([s, m]) => [m, s]),
  );
  expect(preLabels(made.task.predictions[0]!)).toEqual({
    'm1 verdict': 'golden',
    'm1 field1': 'Yes',
    'm1 field2': '2',
    'm2 verdict': 'fix',
    'm2 fix': '{"recommendation":"$5"}',
    'm3 verdict': 'wrong',
    'm3 field1': '$5',
    'm3 field2': '1',
    best: slotOf.m1!.toUpperCase(),
  });
  // The pre-labels themselves, taken as an annotation, correct nothing.
  const contents = new Map([
    ['m1', '{"recommendation":"yes","n":2}'],
    ['m2', '{"recommendation":"perhaps","n":3}'],
    ['m3', '{"recommendation":"$5","n":1}'],
  ]);
  const back = decodeResult(made.task.predictions[0]!.result, {
    mapping,
    answers: made.answers,
    contentOf: (model) => contents.get(model)!,
  });
  expect(back).toMatchObject({
    said: { m1: { kind: 'golden' }, m2: { kind: 'fix', content: '{"recommendation":"$5"}' }, m3: { kind: 'wrong' } },
    best: 'm1',
    problem: null,
  });
});

test('failed and absent answers are told and take no pre-label; an answer of an older run is not shown', () => {
  const { task, answers } = makeTask(
    entry([
      answer('m1', null, { correct: false }),
      answer('m2', 'older', { current: false, said: said('golden') }),
      answer('m3', '', { said: said('golden') }),
    ]),
    plan({}, false),
  );
  const order = Object.entries(slotOrder({ seed: 7, itemId: 'i1', models }));
  const shown = Object.fromEntries(order.map(([slot, model]) => [model, task.data[`answer_${slot}`]]));
  expect(shown).toEqual({ m1: '(no answer: engine_error)', m2: '(no answer: not answered)', m3: '' });
  const empty = createHash('sha256').digest('hex');
  expect(Object.fromEntries(Object.values(answers).map((each) => [each.model_id, each.answer_hash]))).toEqual({
    m1: '',
    m3: empty,
  });
  expect(task.predictions.map(({ model_version }) => model_version)).toEqual(['assay', 'm3']);
  expect(preLabels(task.predictions[0]!)).toMatchObject({ 'm3 verdict': 'golden' });
});

test('two golden ones have no best; what was said of an answer that ran again does not hold, but a fix does', () => {
  const both = makeTask(
    entry([answer('m1', 'a', { correct: true }), answer('m2', 'b', { said: said('golden') })]),
    plan(),
  );
  expect(preLabels(both.task.predictions[0]!)).toEqual({ 'm1 verdict': 'golden', 'm2 verdict': 'golden' });
  const again = makeTask(
    entry([
      answer('m1', 'a', { said: said('golden', null, false), correct: false }),
      answer('m2', 'b', { said: said('fix', 'c', false) }),
    ]),
    plan(),
  );
  expect(preLabels(again.task.predictions[0]!)).toEqual({ 'm1 verdict': 'wrong', 'm2 verdict': 'fix', 'm2 fix': 'c' });
});

test('data, meta and names', () => {
  const prompt = `half \ud800, NUL \0 and $name ${'long '.repeat(50_000)}`;
  const { task } = makeTask(entry([answer('m1', 'x')], { category: 'c', input: { prompt } }), plan({ audit: true }));
  expect(task.data).toMatchObject({ assay_item: 'i1', name: 'Item', category: 'c' });
  expect(task.data.prompt).toBe(prompt.replace('\0', '').toWellFormed());
  const order = slotOrder({ seed: 7, itemId: 'i1', models });
  const slots = Object.fromEntries(Object.entries(order).map(([slot, model]) => [slot, `key of ${model}`]));
  expect(task.meta).toEqual({ assay: { project: 'lsp_1', item: 'i1', audit: true, slots } });
});

test('of a hundred items every prediction is sound, and the models of blind ones are named nowhere', () => {
  for (let at = 0; at < 100; at++) {
    const kinds = [said('golden'), said('fix', 'mended'), said('wrong'), null];
    const answers = models.map((model, place) =>
      answer(
        model,
        at % 7 === place ? null : `{"recommendation":"${['no', 'YES', '$5', 'x'][(at + place) % 4]}","n":${at % 4}}`,
        {
          correct: [true, false, null][at % 3]!,
          said: kinds[(at + place) % 4]!,
        },
      ),
    );
    const of = plan(
      { score: at / 50 - 0.5, slotKey: (model) => createHash('sha256').update(model).digest('hex') },
      at % 2 === 0,
    );
    const { task } = makeTask(entry(answers, { itemId: `i${at}` }), of);
    for (const prediction of task.predictions) expect(predictionFault(prediction, mapping, controls)).toBeNull();
    if (at % 2 === 0) expect(JSON.stringify(task)).not.toMatch(/m[123]/);
  }
});

test('the same task hashes alike: from a score that was kept as 4 bytes, and from data whose names come in another order', () => {
  const one = entry([answer('m1', '{"n":1}')]);
  const made = makeTask(one, plan({ score: 0.00005 }));
  expect(makeTask(one, plan({ score: Math.fround(0.00005) })).predictionsHash).toEqual(made.predictionsHash);
  expect(makeTask(one, plan({ score: 0.9 })).predictionsHash).not.toEqual(made.predictionsHash);
  expect(contentHash(Object.fromEntries(Object.entries(made.task.data).reverse()))).toEqual(made.dataHash);
  expect(contentHash({ a: { 1: 'x', b: [] } })).not.toEqual(contentHash({ a: { 1: 'x', b: {} } }));
  expect(contentHash(JSON.parse('{"__proto__":1}'))).not.toEqual(contentHash({}));
  expect(makeTask(entry([answer('m1', '{"n":2}')]), plan({ score: 0.00005 })).dataHash).not.toEqual(made.dataHash);
});

test('an own template without some controls takes the pre-labels that it has a place for', () => {
  const few = { ...mapping, controls: mapping.controls.filter(({ means }) => means === 'note' || means === 'field') };
  const of = plan();
  const { task } = makeTask(entry([answer('m1', '{"n":1}', { said: said('fix', 'x') })]), {
    ...of,
    project: { ...of.project, mapping: few },
  });
  expect(preLabels(task.predictions[0]!)).toEqual({ 'm1 field2': '1' });
});
