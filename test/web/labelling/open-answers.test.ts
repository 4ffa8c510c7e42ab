/** What waits for a person: the choices, their keys, the way through the list, and the words of what came and went. */

import { expect, test } from 'vitest';
import { type OpenAnswer, type PushObject, resolution, type SaidObject } from '../../../src/contracts/label-studio.ts';
import { alphaText, pulledText, pushText, safeUrl, thereText } from '../../../web/src/labelling/label-words.ts';
import { choiceByKey, choicesOf, movedTo } from '../../../web/src/labelling/open-answers.ts';

const said = (annotators: string[], kind: SaidObject['kind'] = 'golden'): SaidObject => ({
  kind,
  content: null,
  note: null,
  annotators,
  at: 1,
});
const open = (part: Partial<OpenAnswer>): OpenAnswer => ({
  project_id: 'lsp_1',
  candidate_id: 'i_1',
  name: 'Item',
  model_id: 'm',
  state: 'conflict',
  theirs: said(['anna@x'], 'wrong'),
  ours: said(['me']),
  each: [],
  proposed: 'theirs',
  problem: null,
  ...part,
});
const keptBy = (answer: OpenAnswer, key: string) => {
  const choice = choiceByKey(choicesOf(answer), key);
  if (choice === null) return null;
  return resolution.parse({ candidate_id: answer.candidate_id, model_id: answer.model_id, ...choice.keep });
};

test('a conflict has two sides, and the newest change is proposed', () => {
  const answer = open({});
  expect(choicesOf(answer).map(({ proposed }) => proposed)).toEqual([false, true]);
  expect(keptBy(answer, 'p')).toMatchObject({ keep: 'theirs' });
  expect(keptBy(answer, 'o')).toMatchObject({ keep: 'ours' });
  expect(keptBy(answer, 't')).toMatchObject({ keep: 'theirs' });
  expect(keptBy(answer, '1')).toBeNull();
  expect(keptBy(open({ proposed: null }), 'p')).toBeNull();
});

test('annotators who are apart are chosen by number, and nobody can be taken who is not there', () => {
  const each = [said(['anna@x']), said(['ben@x'], 'wrong')];
  const answer = open({ state: 'review', ours: null, theirs: null, proposed: null, each });
  expect(keptBy(answer, '2')).toMatchObject({ keep: 'annotator', annotator: 'ben@x' });
  expect(keptBy(answer, '3')).toBeNull();
  expect(keptBy(answer, 't')).toBeNull();
  expect(keptBy(answer, 'o')).toMatchObject({ keep: 'ours' });
});

test('what could not be taken over can be taken all the same, or left; a key is no property of all objects', () => {
  const answer = open({
    state: 'refused',
    problem: 'the answer failed',
    proposed: null,
    each: [said(['anna@x']), said(['ben@x'])],
  });
  expect(choicesOf(answer).map(({ label }) => label)).toEqual(['Keep Assay’s', 'Take Label Studio’s all the same']);
  expect(choicesOf({ ...answer, theirs: null }).map(({ key }) => key)).toEqual(['o']);
  expect(keptBy(answer, 'toString')).toBeNull();
  expect(keptBy(answer, '')).toBeNull();
});

test('more than nine annotators are all there, those behind the ninth without a key', () => {
  const each = Array.from({ length: 11 }, (_, i) => said([`p${i}@x`]));
  const choices = choicesOf(open({ state: 'review', each }));
  expect(choices).toHaveLength(12);
  expect(choices.map(({ key }) => key).slice(8)).toEqual(['9', '', '', 'o']);
});

test('the way through the list ends at its ends', () => {
  expect([movedTo(0, -1, 3), movedTo(1, 1, 3), movedTo(2, 1, 3), movedTo(5, 0, 3), movedTo(0, 1, 0)]).toEqual([
    0, 2, 2, 2, 0,
  ]);
});

test('what a pull brought, in a sentence', () => {
  const nothing = {
    ...{ tasks: 0, created: 0, updated: 0, deleted: 0, applied: 0 },
    ...{ conflicts: 0, in_review: 0, refused: 0, foreign: 0 },
  };
  expect(pulledText(nothing)).toBe('Nothing new in 0 tasks.');
  expect(
    pulledText({ ...nothing, tasks: 20, created: 38, deleted: 1, applied: 35, conflicts: 1, refused: 1, foreign: 1 }),
  ).toBe(
    'Annotations: 38 new, 1 deleted in 20 tasks; 35 answers taken over; 2 wait for a person; 1 task is not of this project.',
  );
});

test('how far a push is, and what became of tasks that were there', () => {
  const counts = { limit: 500, total: 500, done: 250, updated: 0, unchanged: 0, kept: 0 };
  const times = { per_second: 125, seconds_left: 2, started_at: 1, ended_at: null };
  const push: PushObject = { state: 'running', select: 'differences', ...counts, ...times, problem: null };
  expect(pushText(push)).toBe('250 of 500 · 125 tasks/s · 2 s left');
  expect(pushText({ ...push, state: 'completed', done: 500 })).toBe('500 of 500');
  expect(pushText({ ...push, per_second: null, seconds_left: null })).toBe('250 of 500');
  expect(thereText(push)).toBe('');
  expect(thereText({ ...push, updated: 2, kept: 1 })).toBe(
    'Of the tasks that were there: 2 brought up to date, 1 changed there and left alone.',
  );
});

test('a browser is sent to web addresses alone', () => {
  expect(safeUrl('https://ls.example/projects/3')).toBe('https://ls.example/projects/3');
  expect(safeUrl('javascript://%0Aalert(1)')).toBeNull();
  expect(safeUrl(null)).toBeNull();
  expect([alphaText(0.85), alphaText(0.7), alphaText(-0.1)]).toEqual([
    'reliable',
    'good enough for cautious conclusions',
    'too low to rely on',
  ]);
});
