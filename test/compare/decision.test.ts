/** The guess which field is the decision, and which rules find one in texts. */

import { describe, expect, test } from 'vitest';
import { guessDecision, guessRules } from '../../src/compare/decision.ts';
import { applyRules, checkRules } from '../../src/compare/decision-rules.ts';
import { AssayError } from '../../src/errors.ts';

/** Twenty answers made of the place of each. */
const answers = (make: (at: number) => Record<string, unknown>) => Array.from({ length: 20 }, (_, at) => make(at));
const verdicts = ['Yes', 'No', 'Maybe'];

describe('the guessed decision', () => {
  test.each<[string, (at: number) => Record<string, unknown>, string | null]>([
    [
      'a field of a usual name',
      (at) => ({ why: `because ${at}`, level: 'mid', recommendation: verdicts[at % 3] }),
      'recommendation',
    ],
    ['inside of another object', (at) => ({ result: { decision: verdicts[at % 3] }, n: at }), 'result.decision'],
    ['a name that holds a usual one', (at) => ({ id: `c${at}`, hireDecision: verdicts[at % 3] }), 'hireDecision'],
    ['a field of few values under any name', (at) => ({ text: `text ${at}`, zone: verdicts[at % 3] }), 'zone'],
    ['a boolean', (at) => ({ spam: at % 2 === 0, note: `n ${at}` }), 'spam'],
    ['answers to questions, which have many values', (at) => ({ answer: at * 7, steps: 'some' }), 'answer'],
    [
      'the usual name although another field has fewer values',
      (at) => ({ remote: at % 2 === 0, label: verdicts[at % 3] }),
      'label',
    ],
    [
      'but not one that is prose',
      (at) => ({ decision: `A long sentence that weighs all sides of case ${at}, and then some.`, tier: `t${at % 2}` }),
      'tier',
    ],
    [
      'but not one that most lack',
      (at) => (at < 5 ? { decision: 'x', mood: `m${at % 2}` } : { mood: `m${at % 2}` }),
      'mood',
    ],
    ['but not a number under any name', (at) => ({ size: at % 3 }), null],
    ['but not what is always the same under any name', () => ({ type: 'json' }), null],
    ['but not what is different each time', (at) => ({ name: `Name ${at}` }), null],
    ['but not a list', (at) => ({ label: ['a', `${at}`] }), null],
  ])('is %s', (_, make, path) => {
    expect(guessDecision(answers(make))).toBe(path);
  });

  test('needs answers with fields', () => {
    expect(guessDecision([])).toBeNull();
    expect(guessDecision([null, null])).toBeNull();
    expect(guessDecision([null, { verdict: 'Yes' }])).toBe('verdict');
  });
});

describe('the guessed rules', () => {
  const decisionsOf = (texts: string[]) => applyRules(texts, guessRules(texts));

  test.each<[string, string[], (string | null)[]]>([
    ['#### of gsm8k', ['6 * 3\n#### 18', '1 + 1\n#### $2'], ['18', '$2']],
    ['boxes', ['so \\boxed{18}', 'thus $\\boxed{\\text{B}}$'], ['18', '\\text{B}']],
    ['labels', ['Good.\n**Verdict:** Yes.', 'Weak.\nVerdict: no\nBye'], ['Yes', 'no']],
    [
      'sentences',
      ['I think the answer is 42.', 'The final answer is: **Paris**. Bye', 'My verdict is Strong Yes!'],
      ['42', 'Paris', 'Strong Yes'],
    ],
    ['short answers', ['Yes.', '"North"', '42'], ['Yes', 'North', '42']],
    [
      'and none in prose',
      ['This is a long story about a candidate, told in full length.', 'Another one, longer still.\nWith two lines.'],
      [null, null],
    ],
    ['nor in nothing', ['', ' '], [null, null]],
  ])('find %s', (_, texts, decisions) => {
    expect(decisionsOf(texts)).toEqual(decisions);
  });
});

describe('rules', () => {
  const rule = (pattern: string, flags = 'i') => ({ pattern, flags });

  test('the first pattern that matches counts, by its first group or as a whole', () => {
    const rules = [rule('verdict: (\\w+)'), rule('yes|no')];
    expect(applyRules(['Verdict: Maybe, yes', 'I say NO', 'neither'], rules)).toEqual(['Maybe', 'NO', null]);
    expect(applyRules(['ab'], [rule('(x)?ab'), rule('b')])).toEqual(['b']);
  });

  test('a decision is cut at 500 characters', () => {
    expect(applyRules(['y'.repeat(9000)], [rule('y+')])[0]).toHaveLength(500);
  });

  test('guessed ones take no time over what small models write when they repeat themselves', () => {
    const stars = ['*', '\n', '* \n', 'A: *', '#', ' "', 'the answer is '].map((each) => each.repeat(20_000));
    const samples = ['#### 1', '\\boxed{1}', 'A: 1', 'The answer is 1', '1'];
    const rules = guessRules(samples);
    expect(applyRules([...stars, 'A: 1'], rules).at(-1)).toBe('1');
    // A rule that had run out of time would be left alone from here on.
    expect(rules.map((rule, at) => applyRules([samples[at]!], [rule])[0])).toEqual(['1', '1', '1', '1', '1']);
  });

  test('what is no pattern matches nothing, and is named when it is set', () => {
    expect(applyRules(['a'], [rule('('), rule('a')])).toEqual(['a']);
    const fault = (() => {
      try {
        checkRules([rule('a'), rule('(')]);
      } catch (error) {
        return error as AssayError;
      }
    })();
    expect(fault).toBeInstanceOf(AssayError);
    expect(fault).toMatchObject({ code: 'invalid_parameter', param: 'comparing.rules[1].pattern' });
    expect(fault!.message).toContain('(got (');
  });

  test('a pattern of exponential time is given up, and the others still count', () => {
    const texts = ['a'.repeat(60), 'verdict: yes', ...Array(20).fill('a'.repeat(60))];
    expect(applyRules(texts, [rule('^(a+)+b$'), rule('verdict: (\\w+)')])).toEqual([
      null,
      'yes',
      ...Array(20).fill(null),
    ]);
  });
});
