/** What annotators do on the page of Label Studio reads as what they said. */

import { describe, expect, test } from 'vitest';
import { generateConfig } from '../../../../src/curate/label-studio/config/generate-config.ts';
import { decodeResult } from '../../../../src/curate/label-studio/task/decode-result.ts';
import type { RemoteResult } from '../../../../src/curate/label-studio/wire/client.ts';
import { changedFix, fieldsAndNote, goldenAndFix } from './real-results.ts';

const { mapping } = generateConfig({
  models: ['m1', 'm2'],
  blind: false,
  fields: [
    { field: 'recommendation', values: ['no', 'yes'] },
    { field: 'verdict.score', values: ['1', '2', '$5 off'] },
  ],
});
const answers = {
  a: { model_id: 'm2', run_id: 'r2', answer_hash: '' },
  b: { model_id: 'm1', run_id: 'r1', answer_hash: '' },
};
const given: Record<string, string | null> = {
  m1: '{\n  "recommendation": "yes",\n  "verdict": {"score": 1.0}\n}',
  m2: 'Sure!\n```json\n{"recommendation":"no","verdict":{"score":2}}\n```',
};
const decode = (result: RemoteResult[], contents = given, by: Partial<typeof answers> = answers) =>
  decodeResult(result, { mapping, answers: by as typeof answers, contentOf: (model) => contents[model] ?? null });

const choice = (from_name: string, ...choices: string[]): RemoteResult => ({
  from_name,
  to_name: 'x',
  type: 'choices',
  value: { choices },
});
const text = (from_name: string, ...texts: string[]): RemoteResult => ({
  from_name,
  to_name: 'x',
  type: 'textarea',
  value: { text: texts },
});
const left = (result: RemoteResult): RemoteResult => ({ ...result, origin: 'prediction' }) as RemoteResult;

describe('results of the real page', () => {
  test('corrected fields make fixes that keep the form of the answer; the note stands with both', () => {
    expect(decode(fieldsAndNote)).toEqual({
      said: {
        m2: {
          kind: 'fix',
          content: 'Sure!\n```json\n{"recommendation":"yes","verdict":{"score":2}}\n```',
          fields: { recommendation: 'yes' },
          note: 'a note\nof two lines',
        },
        m1: {
          kind: 'fix',
          content: '{\n  "recommendation": "yes",\n  "verdict": {"score": "$5 off"}\n}',
          fields: { 'verdict.score': '$5 off' },
          note: 'a note\nof two lines',
        },
      },
      best: 'none',
      problem: null,
    });
  });

  test('a text alone is a fix, of a failed answer too', () => {
    expect(decode(goldenAndFix, { m2: '', m1: null })).toEqual({
      said: {
        m2: { kind: 'golden', content: null, fields: {}, note: null },
        m1: { kind: 'fix', content: 'what it should have been', fields: {}, note: null },
      },
      best: null,
      problem: null,
    });
    const { said } = decode(changedFix, { m2: '{"recommendation":"maybe"}' });
    expect(said).toEqual({ m2: { kind: 'fix', content: '{"recommendation":"no"}', fields: {}, note: null } });
  });

  test('pre-labels that were left alone say the verdict and nothing more', () => {
    const untouched = fieldsAndNote.filter(({ origin }) => origin === 'prediction');
    const golden = { kind: 'golden', content: null, fields: {}, note: null };
    // The answer has changed since, so that its own value is another than was pre-labelled.
    const { said, problem } = decode(untouched, { m1: '{"recommendation":"no"}', m2: given.m2! });
    expect([said.m1, said.m2?.kind, problem]).toEqual([golden, 'wrong', null]);
    const fix = left(text('fix_b', 'an older fix'));
    expect(decode([choice('verdict_b', 'golden'), fix]).said.m1).toEqual(golden);
    expect(decode([left(choice('verdict_b', 'fix')), fix]).said.m1).toMatchObject({
      kind: 'fix',
      content: 'an older fix',
    });
  });
});

test.each<[string, RemoteResult[], unknown]>([
  ['nothing', [], {}],
  ['a cleared text', [text('fix_a', ' ')], {}],
  ['the answer itself as text', [text('fix_a', ` ${given.m2}\n`)], {}],
  ['a fix that mends nothing', [choice('verdict_a', 'fix')], { m2: { kind: 'fix', content: null } }],
  [
    'a fix that is the answer',
    [choice('verdict_a', 'fix'), text('fix_a', given.m2!)],
    { m2: { kind: 'fix', content: null } },
  ],
  ['the own value', [choice('verdict_a', 'wrong'), choice('field_a_1', 'no')], { m2: { kind: 'wrong', fields: {} } }],
  ['text before fields', [choice('field_a_1', 'yes'), text('fix_a', 'else')], { m2: { kind: 'fix', content: 'else' } }],
  ['two texts of one area', [text('fix_a', 'one', 'two')], { m2: { kind: 'fix', content: 'one\ntwo' } }],
  ['wrong and mended', [choice('verdict_a', 'wrong'), choice('field_a_1', 'yes')], { m2: { kind: 'fix' } }],
  ['a note alone', [text('note', 'hm')], { m1: { kind: null, note: 'hm' }, m2: { kind: null, note: 'hm' } }],
  ['a note and one verdict', [text('note', 'hm'), choice('verdict_b', 'wrong')], { m1: { kind: 'wrong', note: 'hm' } }],
])('%s', (_, result, said) => {
  const decoded = decode(result);
  expect(Object.keys(decoded.said).sort()).toEqual(Object.keys(said as object).sort());
  expect(decoded).toMatchObject({ said, problem: null });
});

test('a text that is its decision alone is mended by another, a longer one is not', () => {
  const result = [choice('field_a_1', 'yes')];
  expect(decode(result, { m2: 'no' }).said.m2).toMatchObject({ kind: 'fix', content: 'yes' });
  expect(decode(result, { m2: ' YES' }).said).toEqual({});
  expect(decode(result, { m2: 'I would say no.' }).said.m2).toEqual({
    kind: null,
    content: null,
    fields: { recommendation: 'yes' },
    note: null,
  });
});

test('what cannot be read is named, and the rest is read', () => {
  const relation = { type: 'relation', from_id: 'a', to_id: 'b' } as unknown as RemoteResult;
  const { said, best, problem } = decode(
    [
      relation,
      choice('stars', 'x'),
      { ...choice('fix_a', 'x') },
      choice('verdict_a', 'unsure'),
      choice('verdict_b', 'golden'),
      text('fix_b', 'mended'),
      choice('best', 'A', 'B'),
    ],
    given,
  );
  expect(said).toEqual({ m1: { kind: 'fix', content: 'mended', fields: {}, note: null } });
  expect(best).toBeNull();
  for (const part of [
    'stars',
    'fix_a holds choices',
    '"unsure" means nothing',
    'block b is called golden and mended',
    'best has 2 choices',
  ]) {
    expect(problem).toContain(part);
  }
  const gone = decode([choice('verdict_b', 'wrong'), choice('best', 'B'), choice('verdict_a', 'golden')], given, {
    a: answers.a,
  });
  expect(Object.keys(gone.said)).toEqual(['m2']);
  expect(gone).toMatchObject({ best: null, problem: expect.stringContaining('block b holds no answer') });
});
