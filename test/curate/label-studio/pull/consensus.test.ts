/** Tests by which rule one word is made of several annotators'. */

import { expect, test } from 'vitest';
import type { ConsensusRule } from '../../../../src/contracts/label-studio.ts';
import { consensus, type Word } from '../../../../src/curate/label-studio/pull/consensus.ts';

/** "ann golden, bob fix:TEXT": each a minute after the one before. */
const words = (text: string): Word[] =>
  text.split(', ').map((each, at) => {
    const [annotator, said] = each.split(' ') as [string, string];
    const [kind, content = null] = said.split(':');
    const of = { kind: kind === '-' ? null : kind, content, fields: {}, note: null };
    return { annotator, said: of as Word['said'], at: new Date(60_000 * at) };
  });
const outcome = (text: string, rule: ConsensusRule): string => {
  const { state, side } = consensus(words(text), rule);
  return side === null ? state : `${side.kind}${side.content === null ? '' : `:${side.content}`} ${side.annotators}`;
};

test.each([
  ['ann golden', 'golden ann'],
  ['ann golden, bob wrong', 'review'],
  ['ann golden, bob wrong, cid golden', 'golden ann,cid'],
  ['ann golden, bob -', 'golden ann'],
  ['ann -', 'none'],
  ['ann fix:x, bob fix:y', 'review'],
  ['ann fix:x, bob fix:x ', 'fix:x ann,bob'],
  ['ann fix:x, bob fix:y, cid fix:x', 'fix:x ann,cid'],
  ['ann fix:x, bob fix:y, cid golden', 'review'],
  ['ann fix, bob fix:x, cid golden', 'fix:x bob'],
  ['ann fix, bob fix', 'fix ann,bob'],
  ['ann golden, bob wrong, ann wrong', 'wrong ann,bob'],
  ['bob golden, bob wrong', 'wrong bob'],
])('majority of %s: %s', (said, taken) => expect(outcome(said, 'majority')).toBe(taken));

test.each([
  ['ann golden', 'review'],
  ['ann golden, bob golden', 'golden ann,bob'],
  ['ann golden, ann golden', 'review'],
  ['ann fix:x, bob fix:y', 'review'],
  ['ann golden, bob golden, cid wrong', 'review'],
])('review of %s: %s', (said, taken) => expect(outcome(said, 'review')).toBe(taken));

test('the newest word is taken, and of notes each with its name', () => {
  expect(outcome('ann golden, bob wrong', 'newest')).toBe('wrong bob');
  const noted = words('ann golden, bob golden').map((word) => ({ ...word, said: { ...word.said, note: 'clear' } }));
  expect(consensus(noted, 'majority').side).toMatchObject({ note: 'ann: clear\nbob: clear', at: 60_000 });
  expect(consensus(noted.slice(1), 'majority').side!.note).toBe('clear');
});
