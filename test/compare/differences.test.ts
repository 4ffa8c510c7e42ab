/** Which fields of the answers to one item differ, and how far their decisions agree. */

import { describe, expect, test } from 'vitest';
import { compareAnswers, decisionEntropy, diffFields } from '../../src/compare/differences.ts';
import type { Normaliser } from '../../src/contracts/datasets.ts';

const text: Normaliser = { kind: 'text' };
const how = { decisionPath: 'recommendation', normalisers: { recommendation: text, pedigree: text } };
const json = (recommendation: string, rest: Record<string, unknown> = {}) => ({
  fields: { recommendation, ...rest },
  decision: recommendation,
});
const prose = 'He has led teams of ten people in two countries.';

describe('diffFields', () => {
  test('names the paths that differ', () => {
    const a = { recommendation: 'Yes', scores: { technical: 7, people: 5 }, tags: ['a', 'b'] };
    const b = { recommendation: 'yes', scores: { technical: 7.0, people: 6 }, tags: ['b', 'a'] };
    expect(diffFields({ a, b }, {})).toEqual(['scores.people']);
    expect(diffFields({ a, b }, { recommendation: { kind: 'exact' }, tags: { kind: 'exact' } })).toEqual([
      'recommendation',
      'scores.people',
      'tags',
    ]);
    expect(diffFields({ a, b }, { 'scores.people': { kind: 'number', absolute: 1, relative: 0 } })).toEqual([]);
  });

  test('leaves prose alone, and what cannot be read', () => {
    expect(diffFields({ a: { why: prose }, b: { why: `${prose} And more.` }, c: null }, {})).toEqual([]);
    expect(diffFields({ a: { x: 1 }, b: null }, {})).toEqual([]);
    expect(diffFields({}, {})).toEqual([]);
  });

  test('a field that one lacks differs, but nothing is like null', () => {
    expect(diffFields({ a: { x: 'u', y: null }, b: {} }, {})).toEqual(['x']);
  });

  test('fields named as those of prototypes are fields', () => {
    const answers = { a: JSON.parse('{"constructor": "x", "__proto__": "y"}'), b: JSON.parse('{"constructor": "z"}') };
    expect(diffFields(answers, {})).toEqual(['__proto__', 'constructor']);
  });
});

describe('compareAnswers', () => {
  test('all agree', () => {
    expect(compareAnswers({ a: json('Yes'), b: json('yes'), c: json('Yes') }, how)).toEqual({
      differs: false,
      diffFields: [],
      agreed: 'Yes',
      disagreement: 0,
    });
  });

  test('one decides otherwise', () => {
    expect(compareAnswers({ a: json('Yes'), b: json('No', { pedigree: 'high' }) }, how)).toEqual({
      differs: true,
      diffFields: ['pedigree', 'recommendation'],
      agreed: null,
      disagreement: 1,
    });
  });

  test('texts are compared by their decision', () => {
    const said = (decision: string | null) => ({ fields: null, decision });
    expect(compareAnswers({ a: json('Yes'), b: said('No') }, how).diffFields).toEqual(['recommendation']);
    const numbers = {
      decisionPath: null,
      normalisers: { decision: { kind: 'number', absolute: 0, relative: 0 } as const },
    };
    expect(compareAnswers({ a: said('18'), b: said('$18.0') }, numbers)).toMatchObject({
      differs: false,
      agreed: '$18.0',
    });
    expect(compareAnswers({ a: said('18'), b: said('19') }, numbers).diffFields).toEqual(['decision']);
    expect(compareAnswers({ a: said('18'), b: said('19') }, { decisionPath: null, normalisers: {} }).differs).toBe(
      true,
    );
  });

  test('one that cannot be read is no difference, and no agreement', () => {
    const unread = { fields: null, decision: null };
    expect(compareAnswers({ a: json('Yes'), b: unread, c: json('Yes') }, how)).toMatchObject({
      differs: false,
      agreed: null,
    });
    expect(compareAnswers({ a: json('Yes') }, how)).toMatchObject({ differs: false, agreed: null, disagreement: 0 });
    expect(compareAnswers({}, how)).toEqual({ differs: false, diffFields: [], agreed: null, disagreement: 0 });
  });
});

test('entropy is in bits', () => {
  expect(decisionEntropy(['a', 'A', 'a'], text)).toBe(0);
  expect(decisionEntropy(['a', 'b', 'a', 'b'], text)).toBe(1);
  expect(decisionEntropy(['a', 'b', 'c', 'd'], text)).toBe(2);
  expect(decisionEntropy(['a', 'b', null], text)).toBe(1);
  expect(decisionEntropy(['a', 'a', 'b'], text)).toBeCloseTo(0.9183, 4);
});
