/** Decisions in answers: where the JSON stands, which field decides, and how values are counted. */

import { describe, expect, it } from 'vitest';
import { addDecision, decisionOf, fieldsOf, findJson, newDecisions } from '../../src/cli/analyze-decisions.ts';

describe('findJson', () => {
  it.each([
    ['{"a": 1}', 'json', { a: 1 }],
    ['  {"a": 1}\n', 'json', { a: 1 }],
    ['<think>{"a": 0}</think>\n{"a": 1}', 'json', { a: 1 }],
    ['```json\n{"a": 1}\n```', 'fenced', { a: 1 }],
    ['Here:\n```\n{"a": 1}\n```\nDone.', 'fenced', { a: 1 }],
    ['Sure! {"a": {"b": "}\\""}} Hope it helps {x}', 'embedded', { a: { b: '}"' } }],
    ['Set {x, y}: then {"a": 1}', 'embedded', { a: 1 }],
    ['{"a": 1', 'none', null],
    ['[1, 2]', 'none', null],
    ['no', 'none', null],
    [`${'{'.repeat(100_000)}`, 'none', null],
  ])('%.60s', (text, parse, value) => {
    expect(findJson(text)).toEqual({ parse, value });
  });
});

const tallyOf = (answers: unknown[]) => {
  const tally = newDecisions();
  for (const answer of answers) addDecision(tally, typeof answer === 'string' ? answer : JSON.stringify(answer));
  return tally;
};

describe('decisionOf', () => {
  it('takes a field with a usual name, and puts spellings together', () => {
    const answers = ['Yes', 'yes ', 'No', 'YES'].map((recommendation, i) => ({
      lean: 'x',
      reason: `r${i}`,
      recommendation,
    }));
    expect(decisionOf(tallyOf([...answers, 'text only', { other: 1 }]))).toEqual({
      field: 'recommendation',
      guessed: true,
      present: 4,
      missing: 1,
      values: [
        { value: 'Yes', count: 3, share: 0.75 },
        { value: 'No', count: 1, share: 0.25 },
      ],
      other: 0,
    });
  });

  it('takes the first short field with few values when no name is usual', () => {
    const answers = Array.from({ length: 20 }, (_, i) => ({ id: `i${i}`, always: 'x', tone: i % 2 ? 'warm' : 'cold' }));
    expect(decisionOf(tallyOf(answers))).toMatchObject({ field: 'tone', values: [{ count: 10 }, { count: 10 }] });
  });

  it('looks one level down', () => {
    expect(decisionOf(tallyOf([{ result: { verdict: true } }, { result: { verdict: false } }]))).toMatchObject({
      field: 'result.verdict',
    });
  });

  it('takes none when every field differs in every answer', () => {
    expect(decisionOf(tallyOf(Array.from({ length: 50 }, (_, i) => ({ a: `text ${i}`, n: i }))))).toBeNull();
  });

  it('counts a field that is named, numbers too, and says when no answer holds it', () => {
    const tally = tallyOf([{ score: 1 }, { score: 1 }, { score: null }]);
    expect(decisionOf(tally, 'score')).toMatchObject({
      guessed: false,
      values: [{ value: '1', count: 2 }, { value: 'null' }],
    });
    expect(decisionOf(tally, 'nothing')).toMatchObject({ present: 0, missing: 3, values: [] });
  });

  it('keeps a bounded number of values and fields', () => {
    const tally = tallyOf(Array.from({ length: 1000 }, (_, i) => ({ label: `v${i}`, [`field ${i}`]: 'x' })));
    expect(decisionOf(tally, 'label')).toMatchObject({ present: 1000, other: 800 });
    expect(fieldsOf(tally).length).toBeLessThanOrEqual(200);
    expect(fieldsOf(tally)[0]).toEqual({ field: 'label', present: 1000, distinct: null });
  });
});
