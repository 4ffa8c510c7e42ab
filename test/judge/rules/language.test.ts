/** The rule language: 25 languages on short sentences, what is no prose, and answers that change their language. */

import { expect, test } from 'vitest';
import { judged, verdict } from './judged.ts';
import { sentences } from './sentences.ts';

const codes = Object.keys(sentences);
const english = 'The museum opens at nine and closes at five on weekdays, and it is free for children. ';
const german = 'Das Museum öffnet um neun Uhr und schließt um fünf, und für Kinder ist der Eintritt frei. ';

test('of 125 sentences in 25 languages at most two are said not to be in their own', () => {
  const lost = codes.flatMap((code) =>
    sentences[code]!.filter((text) => verdict({ kind: 'language', languages: [code] }, text) === 'fail'),
  );
  expect(lost.length).toBeLessThanOrEqual(2);
});

test('none of them passes for one of the other languages but its neighbour, and most are told from them', () => {
  const neighbours = new Set(['da', 'ru']);
  let told = 0;
  for (const code of codes) {
    const others = codes.filter((other) => other !== code);
    for (const text of sentences[code]!) {
      const said = verdict({ kind: 'language', languages: others }, text);
      if (!neighbours.has(code)) expect(said, text).not.toBe('pass');
      if (said === 'fail') told += 1;
    }
  }
  expect(told).toBeGreaterThan(105);
});

test.each<[string, string[], string]>([
  [english, ['de', 'en'], 'pass'],
  [german, ['en'], 'fail'],
  ['Det beror på temperaturen och på tiden.', ['nn', 'sv'], 'pass'],
  // Names, numbers, single words, code, tables and formulas have no language.
  ['Paris', ['en'], 'n/a'],
  ['42', ['en'], 'n/a'],
  ['1. Paris\n2. Lyon\n3. Marseille\n4. Nice\n5. Toulouse', ['en'], 'n/a'],
  ['```python\nfor item in list_of_items:\n    print(item, "hello world to all of you")\n```', ['de'], 'n/a'],
  ['| Item | Qty |\n| --- | --- |\n| mango and apple from the tree | 5 |', ['de'], 'n/a'],
  ['https://example.com/das/ist/eine/lange/adresse/auf/deutsch', ['en'], 'n/a'],
  ['nth term = (n-1) * 5 + 1', ['en'], 'n/a'],
  ['', ['en'], 'n/a'],
  // The words in JSON count, its names do not.
  [JSON.stringify({ begründung_der_entscheidung: english, treffer: true }), ['en'], 'pass'],
  [JSON.stringify({ reason: german, tags: [german] }), ['en'], 'fail'],
])('%s in %j: %s', (content, languages, wanted) => {
  expect(verdict({ kind: 'language', languages }, content)).toBe(wanted);
});

test('an answer that changes its language at the end is told so', () => {
  const chinese = '博物馆九点开门，五点关门，儿童免费参观。'.repeat(15);
  expect(judged({ kind: 'language', languages: ['en'] }, english.repeat(5) + chinese)).toMatchObject({
    pass: false,
    reason: expect.stringContaining('the answer at its end is in zh, not in en'),
  });
  expect(verdict({ kind: 'language', languages: ['en', 'zh'] }, english.repeat(5) + chinese)).toBe('pass');
});
