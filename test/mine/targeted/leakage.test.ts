/** The leakage report: near-duplicates of the test set that were planted are all found, and nothing else is. */

import { expect, test } from 'vitest';
import { randomOf } from '../../../src/judge/asking/opaque-ids.ts';
import { leakageOf } from '../../../src/mine/targeted/leakage.ts';

const vocabulary = Array.from(
  { length: 400 },
  (_, at) => `${'bdfgklmnprst'[at % 12]}${'aeiou'[at % 5]}${'lmnrst'[at % 6]}${at}`,
);

/** A sentence of 30 words by chance. */
function sentence(seed: string): string[] {
  const random = randomOf(seed);
  return Array.from({ length: 30 }, () => vocabulary[Math.floor(random() * vocabulary.length)]!);
}

test('200 planted near-duplicates are all found, of 1,000 other prompts none', async () => {
  const tests = Array.from({ length: 2000 }, (_, at) => ({ id: `t${at}`, text: sentence(`test ${at}`).join(' ') }));
  const planted = tests.slice(0, 200).map(({ text }, at) => {
    const words = text.split(' ');
    words[at % 30] = 'changed';
    return at % 2 === 0 ? `${words.join(', ').toUpperCase()}!` : `Please: ${text}`;
  });
  const others = Array.from({ length: 1000 }, (_, at) => sentence(`other ${at}`).join(' '));
  const like = { threshold: 0.6, seed: 1 };
  const report = await leakageOf(tests, [...others, ...planted], like);
  expect(report).toMatchObject({ test_rows: 2000, threshold: 0.6, removed: 200 });
  expect(report.examples.length).toBe(20);
  for (const { prompt, like: id } of report.examples) expect(planted[Number(id.slice(1))]).toBe(prompt);
  expect(await leakageOf(tests, others, like)).toMatchObject({ removed: 0, examples: [] });
  expect(await leakageOf([], planted, like)).toMatchObject({ test_rows: 0, removed: 0 });
});
