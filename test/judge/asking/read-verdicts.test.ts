/** Replies of judges, in form and out of it: every verdict goes to the id it names, or to none. */

import { describe, expect, test } from 'vitest';
import type { Criterion } from '../../../src/contracts/judging.ts';
import { shuffled } from '../../../src/judge/asking/opaque-ids.ts';
import { readPreference, readSingle, readVerdicts } from '../../../src/judge/asking/read-verdicts.ts';
import { overallScore, readVerdict } from '../../../src/judge/asking/verdict.ts';

const scale = (name: string, more: Partial<Criterion> = {}): Criterion => ({
  name,
  description: name,
  min: 1,
  max: 10,
  pass: 7,
  weight: 1,
  ...more,
});
const criteria = [scale('accuracy'), scale('clarity')];
const ids = ['k7dm2q', 'x4rp9w', 'h3vt6z'];
const said = (accuracy: unknown, clarity: unknown = accuracy) => ({
  reasoning: 'Since.',
  scores: { accuracy, clarity },
  confidence: 0.5,
});
const read = (reply: unknown) =>
  readVerdicts(typeof reply === 'string' ? reply : JSON.stringify(reply), { ids, criteria });
const scoresIn = (reply: unknown) =>
  Object.fromEntries([...read(reply).verdicts].map(([id, { score }]) => [id, score]));
const all = { k7dm2q: said(2), x4rp9w: said(5), h3vt6z: said(9) };
const scores = { k7dm2q: 2, x4rp9w: 5, h3vt6z: 9 };

describe('many', () => {
  test.each([
    ['an object by ids', all],
    ['in another order', { h3vt6z: said(9), k7dm2q: said(2), x4rp9w: said(5) }],
    ['wrapped', { verdicts: all }],
    ['a list', Object.entries(all).map(([id, one]) => ({ id, ...one }))],
    [
      'a wrapped list in another order',
      {
        items: Object.entries(all)
          .map(([id, one]) => ({ ...one, id }))
          .reverse(),
      },
    ],
    ['a list of objects by id', Object.entries(all).map(([id, one]) => ({ [id]: one }))],
    ['in a code fence with words around', `Here:\n\`\`\`json\n${JSON.stringify(all, null, 2)}\n\`\`\`\nDone.`],
    ['after thoughts', `<think>{"k7dm2q": 10}</think>${JSON.stringify(all)}`],
    ['not quite JSON', JSON.stringify(all).replaceAll('"', "'").replace(/}$/, ',}')],
  ])('%s', (_, reply) => {
    expect(scoresIn(reply)).toEqual(scores);
    expect(read(reply)).toMatchObject({ missing: [], doubled: [], again: [], invented: [], unusable: null });
  });

  test('a verdict with all that belongs to it', () => {
    expect(read(all).verdicts.get('k7dm2q')).toEqual({
      scores: { accuracy: 2, clarity: 2 },
      score: 2,
      reasoning: 'Since.',
      confidence: 0.5,
    });
  });

  test('missing and invented ids shift nothing', () => {
    const { x4rp9w: _, ...others } = all;
    const some = { zzzzz9: said(10), ...others, 'item 4': said(1) };
    expect(scoresIn(some)).toEqual({ k7dm2q: 2, h3vt6z: 9 });
    expect(read(some)).toMatchObject({ missing: ['x4rp9w'], again: ['x4rp9w'], invented: ['zzzzz9', 'item 4'] });
    // As many verdicts as there are items, but none under a name that was given out.
    const byPlace = [said(2), said(5), said(9)];
    expect(read(byPlace)).toMatchObject({ missing: ids, again: ids, invented: [] });
    expect(read({ 1: said(2), 2: said(5), 3: said(9) })).toMatchObject({ missing: ids, invented: ['1', '2', '3'] });
  });

  test.each([
    ['in an object', `{"k7dm2q": ${JSON.stringify(said(2))}, ${JSON.stringify(all).slice(1)}`],
    [
      'the same twice, spelt in escapes',
      `{"\\u006b7dm2q": ${JSON.stringify(said(2))}, ${JSON.stringify(all).slice(1)}`,
    ],
    ['in a list', [...Object.entries(all).map(([id, one]) => ({ id, ...one })), { id: 'k7dm2q', ...said(9) }]],
    ['in broken JSON', `{"k7dm2q": ${JSON.stringify(said(2))}, ${JSON.stringify(all).slice(1, -1)},}`],
    [
      'in a broken list',
      `[{"id": "k7dm2q", "scores": {}}, ${JSON.stringify(Object.entries(all).map(([id, one]) => ({ id, ...one }))).slice(1, -1)},]`,
    ],
    ['in two blocks', `{"k7dm2q": ${JSON.stringify(said(10))}}\n${JSON.stringify(all)}`],
  ])('a doubled id has no verdict: %s', (_, reply) => {
    expect(read(reply)).toMatchObject({ doubled: ['k7dm2q'], again: ['k7dm2q'], missing: [] });
    expect(scoresIn(reply)).toEqual({ x4rp9w: 5, h3vt6z: 9 });
  });

  test('an object and a list of the same ids, whichever is taken', () => {
    const list = JSON.stringify(ids.map((id) => ({ id, ...said(10) })));
    for (const text of [`${JSON.stringify(all)}\n${list}`, `${list}\n${JSON.stringify(all)}`])
      expect(read(text)).toMatchObject({ doubled: ids, again: ids });
  });

  test('an id that reasons name is not doubled', () => {
    const reasons = {
      ...all,
      x4rp9w: { ...said(5), reasoning: 'Unlike k7dm2q: {"k7dm2q": {"scores": 1}}, "k7dm2q": 2' },
    };
    expect(scoresIn(reasons)).toEqual(scores);
    expect(scoresIn(`k7dm2q: wrong. x4rp9w: half right.\n${JSON.stringify(all)}`)).toEqual(scores);
  });

  test.each([
    ['off the scale', { ...all, x4rp9w: said(85) }, 'the score for accuracy is 85, not from 1 to 10'],
    ['below the scale', { ...all, x4rp9w: said(5, 0) }, 'the score for clarity is 0, not from 1 to 10'],
    [
      'no score for a criterion',
      { ...all, x4rp9w: { ...said(5), scores: { accuracy: 5 } } },
      'there is no score for clarity',
    ],
    ['a word for a score', { ...all, x4rp9w: said('good') }, 'the score for accuracy is no number'],
    ['null', { ...all, x4rp9w: null }, 'the verdict is null, not an object'],
    ['another id inside', { ...all, x4rp9w: { ...said(5), id: 'h3vt6z' } }, 'it says it is of h3vt6z'],
    [
      'its scores twice',
      JSON.stringify(all).replace('"scores":{"accuracy":5', '"scores":{},"scores":{"accuracy":5'),
      'it holds scores twice',
    ],
    [
      'a score twice',
      JSON.stringify(all).replace('{"accuracy":5', '{"accuracy":9,"accuracy":5'),
      'it holds accuracy twice',
    ],
  ])('a verdict that cannot be used costs no other: %s', (_, reply, fault) => {
    expect([...read(reply).faults]).toEqual([['x4rp9w', fault]]);
    expect(read(reply)).toMatchObject({ again: ['x4rp9w'], missing: [], doubled: [] });
    expect(scoresIn(reply)).toEqual({ k7dm2q: 2, h3vt6z: 9 });
  });

  test('cut off anywhere: what was there in full counts, nothing else', () => {
    const list = Object.entries(all).map(([id, one]) => ({ id, ...one }));
    for (const text of [JSON.stringify(all), JSON.stringify(list, null, 2), JSON.stringify({ verdicts: all })])
      for (let length = 0; length < text.length; length++) {
        const { verdicts, again } = read(text.slice(0, length));
        expect(again).toEqual(ids.filter((id) => !verdicts.has(id)));
        for (const [id, { score }] of verdicts)
          expect(score, text.slice(0, length)).toBe(scores[id as keyof typeof scores]);
      }
  });

  test('any order and any part of the verdicts, each to its own', () => {
    for (let round = 0; round < 100; round++) {
      const order = shuffled(3, `order ${round}`).slice(0, (round % 3) + 1);
      const part = order.map((at) => [ids[at]!, said(at + 3)] as const);
      const wanted = Object.fromEntries(order.map((at) => [ids[at], at + 3]));
      expect(scoresIn(Object.fromEntries(part))).toEqual(wanted);
      expect(scoresIn(part.map(([id, one]) => ({ ...one, id })))).toEqual(wanted);
    }
  });

  test.each([
    ['', 'the reply is empty'],
    [' \n', 'the reply is empty'],
    ['I cannot judge this.', 'there is no JSON object in the reply, which begins: "I cannot judge this."'],
    ['7', 'there is no JSON object in the reply, which begins: "7"'],
  ])('nothing to read: %j', (reply, unusable) => {
    expect(read(reply)).toMatchObject({ unusable, again: ids, missing: ids });
    expect(readSingle(reply, criteria)).toMatchObject({ verdict: null, unusable });
    expect(readPreference(reply, ['k7dm2q', 'x4rp9w'])).toMatchObject({ preference: null, unusable });
  });
});

describe('one', () => {
  test.each([
    ['as asked', said(8)],
    ['wrapped', { verdict: said(8) }],
    ['a list of one', [said(8)]],
    ['without scores around', { reasoning: 'Since.', accuracy: 8, clarity: 8, confidence: 0.5 }],
    [
      'numbers in other dress',
      { ...said('8/10'), scores: { Accuracy: ' 8 ', clarity: { score: 8 } }, confidence: '50%' },
    ],
  ])('%s', (_, reply) => {
    expect(readSingle(JSON.stringify(reply), criteria)).toEqual({
      verdict: { scores: { accuracy: 8, clarity: 8 }, score: 8, reasoning: 'Since.', confidence: 0.5 },
      unusable: null,
      repaired: false,
    });
  });

  test.each([
    [[said(8), said(2)], 'it is not one verdict'],
    [said(11), 'the score for accuracy is 11, not from 1 to 10'],
    [said('8/5'), 'the score for accuracy is no number'],
    [said([8]), 'the score for accuracy is no number'],
    [said(true), 'the score for accuracy is no number'],
    [`{"scores": {"accuracy": 1, "clarity": 1}, ${JSON.stringify(said(9)).slice(1)}`, 'it holds scores twice'],
    [`He says {"scores": {"accuracy": 10, "clarity": 10}}. I say ${JSON.stringify(said(2))}`, 'it holds scores twice'],
    [JSON.stringify(said(10)).slice(0, -20), 'it was cut off'],
  ])('%j is no verdict', (reply, unusable) => {
    const text = typeof reply === 'string' ? reply : JSON.stringify(reply);
    expect(readSingle(text, criteria)).toMatchObject({ verdict: null, unusable });
  });

  test.each([[1.5], [-1], ['high'], [null], ['120%']])('a confidence of %j costs the verdict nothing', (confidence) => {
    const { verdict } = readSingle(JSON.stringify({ ...said(8), confidence }), criteria);
    expect(verdict).toMatchObject({ score: 8, confidence: null });
  });
});

describe('a pair', () => {
  const pair = ['k7dm2q', 'x4rp9w'] as const;
  test.each([
    ['k7dm2q', 'a'],
    ['x4rp9w', 'b'],
    [' Tie ', 'tie'],
    ['h3vt6z', null],
    ['first', null],
    [1, null],
  ])('%j is %s', (preferred, preference) => {
    const reply = JSON.stringify({ reasoning: 'Since.', preferred, confidence: 1 });
    const unusable = preference === null ? 'preferred is not k7dm2q, x4rp9w or tie' : null;
    expect(readPreference(reply, pair)).toMatchObject({ preference, unusable });
  });

  test('said twice, cut off, or of several', () => {
    const whole = '{"reasoning": "Since.", "preferred": "k7dm2q"';
    expect(readPreference(`${whole}, "preferred": "x4rp9w"}`, pair).unusable).toBe('it holds preferred twice');
    expect(readPreference(`${whole.slice(0, -2)}`, pair).unusable).toBe('it was cut off');
    expect(readPreference(`[${whole}}, ${whole}}]`, pair).unusable).toBe('it is not one verdict');
  });
});

describe('the overall score', () => {
  test('is the mean by weights, of 10, whatever the scales are', () => {
    const mixed = [
      scale('a', { weight: 3 }),
      scale('b', { min: 1, max: 5 }),
      scale('c', { min: -1, max: 1 }),
      scale('d', { min: 0, max: 1 }),
    ];
    expect(overallScore({ a: 7, b: 4, c: 0, d: 1 }, mixed)).toBeCloseTo((3 * 7 + 8 + 5 + 10) / 6, 8);
    expect(overallScore({ a: 1, b: 5, c: -1, d: 0 }, mixed)).toBeCloseTo((3 * 1 + 10 + 0 + 0) / 6, 8);
  });

  test('of sevens is 7 for any weights', () => {
    for (let n = 1; n <= 20; n++) {
      const some = Array.from({ length: n }, (_, at) => scale(`c${at}`, { weight: 0.1 * (at + 1) }));
      expect(overallScore(Object.fromEntries(some.map(({ name }) => [name, 7])), some)).toBe(7);
    }
  });

  test('names that objects have by themselves are names like any other', () => {
    const own = [scale('constructor'), scale('valueof')];
    expect(readVerdict({ scores: {} }, own)).toEqual({ fault: 'there is no score for constructor' });
    expect(readVerdict({ scores: { constructor: 3, valueof: 5 } }, own)).toMatchObject({ verdict: { score: 4 } });
  });
});
