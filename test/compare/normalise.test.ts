/** When two values of a field count as the same, and how that is guessed. */

import { describe, expect, test } from 'vitest';
import { dateKey } from '../../src/compare/date-key.ts';
import { guessNormaliser, guessNormalisers } from '../../src/compare/guess-normalisers.ts';
import { keyOf, sameValues } from '../../src/compare/normalise.ts';
import type { Normaliser } from '../../src/contracts/datasets.ts';

const number: Normaliser = { kind: 'number', absolute: 0, relative: 1e-6 };
const near: Normaliser = { kind: 'number', absolute: 0.5, relative: 0 };

test.each<[Normaliser, unknown, unknown, boolean]>([
  [{ kind: 'exact' }, 'Yes', 'yes', false],
  [{ kind: 'exact' }, 1, '1', false],
  [{ kind: 'exact' }, null, undefined, true],
  [{ kind: 'exact' }, null, '', false],
  [{ kind: 'exact' }, ['a', 'b'], ['a', 'b'], true],
  [{ kind: 'text' }, 'Strong  Yes', ' strong\nyes ', true],
  [{ kind: 'text' }, 'Tr\u00e8s', 'tre\u0300s', true],
  [{ kind: 'text' }, 'Tr\u00e8s', 'tres', true],
  [{ kind: 'text' }, 'Yes', 'No', false],
  [{ kind: 'text' }, true, 'true', true],
  [{ kind: 'text' }, null, '', true],
  [number, 18, '18.0', true],
  [number, '$1,000', '1000 euros', true],
  [number, 1 / 3, 0.3333333, true],
  [number, 18, 18.1, false],
  [number, 'none', 'None', true],
  [number, 'none', 3, false],
  [near, 18, 18.4, true],
  [near, 18, 18.6, false],
  [{ kind: 'date' }, '2021-03-04', '4 March 2021', true],
  [{ kind: 'date' }, '2021-03-04', '2021-03-05', false],
  [{ kind: 'date' }, 'today', 'Today', true],
  [{ kind: 'set' }, ['a', 'B'], ['b', 'A', 'a'], true],
  [{ kind: 'set' }, 'a, b', ['b', 'a'], true],
  [{ kind: 'set' }, ['a'], ['a', 'b'], false],
  [{ kind: 'set' }, [], null, true],
  [{ kind: 'ignore' }, 'a', 'b', true],
])('%j: %j and %j: %j', (...[normaliser, a, b, same]) => {
  expect(sameValues([a, b], normaliser)).toBe(same);
  expect(sameValues([b, a, b], normaliser)).toBe(same);
  if (normaliser.kind !== 'number') expect(keyOf(a, normaliser) === keyOf(b, normaliser)).toBe(same);
});

test('a tolerance holds between the furthest values, not from one to the next', () => {
  expect(sameValues([1, 1.4, 1.8], near)).toBe(false);
});

test.each<[string, string | null]>([
  ['2021-03-04', '2021-03-04'],
  ['2021-3-4', '2021-03-04'],
  ['2021-03', '2021-03'],
  ['2021', '2021'],
  ['2021-03-04T00:00:00Z', '2021-03-04'],
  ['2021-03-04 10:30', '2021-03-04T10:30:00.000Z'],
  ['2021-03-04T10:30:00+02:00', '2021-03-04T08:30:00.000Z'],
  ['4 March 2021', '2021-03-04'],
  ['4th of March, 2021', '2021-03-04'],
  ['Thursday, 4 March 2021', '2021-03-04'],
  ['Mar. 4, 2021', '2021-03-04'],
  ['September 2021', '2021-09'],
  ['04.03.2021', '2021-03-04'],
  ['03/04/2021', '2021-03-04'],
  ['14/03/2021', '2021-03-14'],
  ['2021-02-30', null],
  ['4 Smarch 2021', null],
  ['2021-03-04T99:99', null],
  ['soon', null],
  ['20210304', null],
])('the date %s is %j', (text, key) => {
  expect(dateKey(text)).toBe(key);
});

describe('the guess', () => {
  const sentence = 'The candidate has led teams of ten people in two countries.';

  test.each<[string, unknown[], Normaliser['kind']]>([
    ['short words', ['Yes', 'No', 'Strong Yes'], 'text'],
    ['numbers', [1, 2, '3'], 'number'],
    ['amounts', ['$1,200', '950', '20%'], 'number'],
    ['booleans', [true, false], 'text'],
    ['dates', ['2021-03-04', '4 May 2020'], 'date'],
    ['years as text', ['2020', '2021'], 'date'],
    ['lists of words', [['go', 'sql'], ['go']], 'set'],
    ['lists of sentences', [[sentence, sentence], [sentence]], 'ignore'],
    ['prose', [sentence, sentence], 'ignore'],
    ['phrases that do not repeat', Array.from({ length: 12 }, (_, at) => `grew in role ${at}`), 'ignore'],
    ['phrases that repeat', Array.from({ length: 12 }, (_, at) => `a few words${at % 2}`), 'text'],
    ['objects', [{}, {}], 'exact'],
    ['nothing', [null, ''], 'text'],
  ])('for %s', (_, values, kind) => {
    expect(guessNormaliser(values).kind).toBe(kind);
  });

  test('for whole answers compares the decision whatever it looks like', () => {
    const answers = [{ verdict: sentence, why: sentence, n: 1 }, null];
    expect(guessNormalisers(answers, 'verdict')).toMatchObject({
      verdict: { kind: 'text' },
      why: { kind: 'ignore' },
      n: { kind: 'number' },
    });
    expect(guessNormalisers([null], null, ['18', '$20'])).toMatchObject({ decision: { kind: 'number' } });
  });
});

test('no value, and one alone, are the same by every normaliser', () => {
  for (const kind of ['exact', 'text', 'date', 'set', 'ignore'] as const) {
    expect(sameValues([], { kind })).toBe(true);
    expect(sameValues(['a'], { kind })).toBe(true);
  }
  expect(sameValues([], { kind: 'number', absolute: 0, relative: 0 })).toBe(true);
});
