/** The rule policy: words and their borders, case, accents, beginnings, signs, and scripts without spaces. */

import { expect, test } from 'vitest';
import { judged, verdict } from './judged.ts';

test.each<[forbidden: string[], content: string, wanted: string]>([
  [['politics'], 'Let us talk about Politics!', 'fail'],
  [['politics'], 'Let us talk about geopolitics.', 'pass'],
  [['art'], 'A party started.', 'pass'],
  [['art'], 'Art, of course.', 'fail'],
  [['café'], 'THE CAFE IS OPEN', 'fail'],
  [['self-harm'], 'It is about self harm.', 'fail'],
  [['self harm'], 'It is about self-harm.', 'fail'],
  [['stock tips'], 'stock\n  TIPS', 'fail'],
  [['stock tips'], 'stock and tips', 'pass'],
  [['weapon*'], 'He had weaponry.', 'fail'],
  [['weapon*'], 'No bioweapon here.', 'pass'],
  [['nuclear weapon*'], 'Nuclear weapons are', 'fail'],
  [['C++'], 'Written in C++.', 'fail'],
  [['C++'], 'Written in C.', 'pass'],
  [['C++'], 'Written in VC++.', 'pass'],
  [['.NET'], 'On .net today', 'fail'],
  [['.NET'], 'On the net', 'pass'],
  [['赌博'], '网络赌博是违法的。', 'fail'],
  [['赌博'], '网络是好的。', 'pass'],
  [['выборы'], 'Это выборы?', 'fail'],
  [['выборы'], 'довыборы', 'pass'],
  [['ﬁnance'], 'All finance', 'fail'],
])('forbidden %j: %s: %s', (forbidden, content, wanted) => {
  expect(verdict({ kind: 'policy', forbidden }, content)).toBe(wanted);
});

test('one of the allowed topics has to be there', () => {
  const rule = { kind: 'policy', allowed: ['refund*', 'delivery'] };
  expect(verdict(rule, 'We refunded it.')).toBe('pass');
  expect(verdict(rule, 'A poem about spring.')).toBe('fail');
  expect(verdict({ ...rule, forbidden: ['poem'] }, 'A refund, and a poem.')).toBe('fail');
});

test('what was found is named with what stands around it, each topic once, the first one first', () => {
  const rule = { kind: 'policy', forbidden: ['bets', 'gambling'] };
  expect(judged(rule, 'Some say gambling is fun; gambling with bets.')).toMatchObject({
    reason:
      'the answer speaks of the forbidden "gambling", "bets", first in "some say gambling is fun; gambling with bets."',
    details: { forbidden: ['gambling', 'bets'] },
  });
});

test('names that every object inherits are words like any other', () => {
  expect(verdict({ kind: 'policy', forbidden: ['constructor'] }, 'The constructor is called.')).toBe('fail');
  expect(verdict({ kind: 'policy', forbidden: ['x'] }, 'constructor __proto__ toString')).toBe('pass');
});
