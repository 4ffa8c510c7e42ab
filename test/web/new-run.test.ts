/** The form of a new run becomes what the server takes, or says what is wrong at which field. */

import { expect, test } from 'vitest';
import { newRun } from '../../src/contracts/runs.ts';
import { emptyForm, faultsOf, type NewRunForm, runOf, withColumn } from '../../web/src/runs/new-run.ts';
import { madeBy } from '../../web/src/runs/run-text.ts';

const form = (part: Partial<NewRunForm> = {}): NewRunForm => ({ ...emptyForm, models: ['a', 'b'], ...part });

test('a form without faults is a run that the contract takes', () => {
  const filled = form({ template: '{{name}}?', temperature: 0.5, maxTokens: 64, more: '{"top_p": 0.9}', priority: 5 });
  expect(faultsOf(filled)).toEqual({});
  const run = runOf(filled, 'ds_1', null);
  expect(newRun.parse(run)).toEqual({
    dataset_id: 'ds_1',
    model_ids: ['a', 'b'],
    params: { top_p: 0.9, temperature: 0.5, max_tokens: 64 },
    template: '{{name}}?',
    seed: 1,
    priority: 5,
  });
});

test('prompts that do not fit fail, or are shortened as chosen', () => {
  expect(runOf(form(), 'd', null)).not.toHaveProperty('context');
  expect(newRun.parse(runOf(form({ context: 'hybrid' }), 'd', null))).toMatchObject({ context: 'hybrid' });
});

test('answers of earlier runs are taken over only when that is chosen', () => {
  expect(runOf(form(), 'd', null)).not.toHaveProperty('reuse');
  expect(newRun.parse(runOf(form({ reuse: true }), 'd', null))).toMatchObject({ reuse: true });
});

test('the first n are a limit, n at random a sample with its seed', () => {
  expect(runOf(form({ take: 'first', count: 10 }), 'd', null)).toMatchObject({ limit: 10 });
  expect(runOf(form({ take: 'random', count: 10, seed: 7 }), 'd', null)).toMatchObject({ sample: 10, seed: 7 });
  expect(runOf(form({ count: 10 }), 'd', null)).not.toHaveProperty('limit');
  expect(runOf(form({ count: 10 }), 'd', null)).not.toHaveProperty('sample');
});

test('a saved template goes by its id, with its text only when that was changed', () => {
  const saved = form({ templateId: 'tp_1', template: 'as saved' });
  expect(runOf(saved, 'd', 'as saved')).toMatchObject({ template_id: 'tp_1' });
  expect(runOf(saved, 'd', 'as saved')).not.toHaveProperty('template');
  expect(runOf({ ...saved, template: 'changed' }, 'd', 'as saved')).toMatchObject({
    template_id: 'tp_1',
    template: 'changed',
  });
});

test('a bare schema becomes a response_format, a whole one stays', () => {
  const schema = { type: 'object', properties: { x: { type: 'string' } } };
  expect(runOf(form({ schema: JSON.stringify(schema) }), 'd', null).params.response_format).toEqual({
    type: 'json_schema',
    json_schema: { name: 'answer', strict: true, schema },
  });
  expect(runOf(form({ schema: '{"type": "json_object"}' }), 'd', null).params.response_format).toEqual({
    type: 'json_object',
  });
});

test.each<[string, Partial<NewRunForm>, keyof NewRunForm]>([
  ['no model', { models: [] }, 'models'],
  ['a schema that is no JSON', { schema: '{"type": ' }, 'schema'],
  ['a list for fields', { more: '[1]' }, 'more'],
  ['a field that the run settles', { more: '{"messages": []}' }, 'more'],
  ['half an item', { take: 'first', count: 1.5 }, 'count'],
  ['no number of items', { take: 'random', count: '' }, 'count'],
  ['no seed', { take: 'random', seed: '' }, 'seed'],
  ['a priority beyond', { priority: 101 }, 'priority'],
])('%s is a fault at its field', (_, part, field) => {
  expect(Object.keys(faultsOf(form(part)))).toEqual([field]);
});

test('a column is put in for what is selected, with the cursor behind it', () => {
  expect(withColumn('Who is X?', { from: 7, to: 8 }, 'name')).toEqual({ text: 'Who is {{name}}?', cursor: 15 });
});

test('a run says what made it', () => {
  const settings = { sample: 50, seed: 7, params: { temperature: 0, max_tokens: 256 }, template: 'x', reuse: true };
  const words = ['random 50 (seed 7)', 't = 0', 'max 256 tokens', 'template', 'earlier answers taken over'];
  expect(madeBy({ source: 'batch', settings })).toEqual(words);
  expect(madeBy({ source: 'import', settings: { filename: 'out.jsonl' } })).toEqual(['out.jsonl']);
});
