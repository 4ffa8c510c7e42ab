/** The labelling queue: the next answers are there before they are needed, undo brings one back, places map to a and b. */

import { expect, test } from 'vitest';
import type { LabelTask } from '../../src/contracts/trust.ts';
import type { SentLabel, Unsaved } from '../../web/src/trust/label-outbox.ts';
import { answersOf, choicesOf, labelQueue, type Task } from '../../web/src/trust/label-queue.ts';

const taskOf = (id: string, first: 'a' | 'b' = 'a'): Task => ({
  candidate_id: id,
  ordinal: 0,
  name: `name of ${id}`,
  category: null,
  input: 'q',
  expected: null,
  content: `${id} of a`,
  other_content: `${id} of b`,
  first,
});

/** A server that holds these answers, and an outbox whose labels arrive when the test says so. */
function started(ids: string[]) {
  const labelled = new Set<string>();
  let unsaved: Unsaved[] = [];
  const asked: string[][] = [];
  const waiting: (() => void)[] = [];
  const log: string[] = [];
  let broken = false;
  let held = false;
  const enter = (what: Unsaved['what'], label: SentLabel, name: string) => {
    log.push(`${what} ${label.candidate_id}${what === 'label' ? ` ${label.verdict}` : ''}`);
    unsaved = [...unsaved, { key: name, what, label, name, tried: true, problem: null, refused: false }];
  };
  const queue = labelQueue({
    outbox: {
      add: (label, name) => enter('label', label, name),
      undo: (label, name) => enter('undo', label, name),
      list: () => unsaved,
    },
    async fetchNext(skip): Promise<LabelTask> {
      asked.push(skip);
      if (held) await new Promise<void>((resolve) => waiting.push(resolve));
      if (broken) throw new Error('away');
      const next = ids.find((id) => !labelled.has(id) && !skip.includes(id));
      return {
        task: next === undefined ? null : taskOf(next),
        progress: { audit: { labelled: labelled.size, size: ids.length }, picked: { labelled: 0 } },
      };
    },
    labelOf: (task, verdict, note) => ({
      benchmark_id: 'bm_1',
      candidate_id: task.candidate_id,
      verdict,
      sample: 'audit',
      ...(note === '' ? {} : { note }),
    }),
  });
  return {
    queue,
    asked,
    log,
    waiting,
    arrive() {
      for (const { what, label } of unsaved) labelled[what === 'label' ? 'add' : 'delete'](label.candidate_id);
      unsaved = [];
    },
    breakIt: (is: boolean) => (broken = is),
    hold: (is: boolean) => (held = is),
    shown: () => queue.state().task?.candidate_id ?? queue.state().stage,
  };
}

const settled = () => new Promise((resolve) => setImmediate(resolve));

test('the next answer is there at the key press, without waiting for the server', async () => {
  const { queue, shown, hold, log, arrive, waiting } = started(['one', 'two', 'three', 'four', 'five']);
  expect(shown()).toBe('loading');
  queue.open();
  await settled();
  expect([shown(), queue.state().progress]).toEqual([
    'one',
    { audit: { labelled: 0, size: 5 }, picked: { labelled: 0 } },
  ]);
  hold(true);
  queue.say('pass');
  expect(shown()).toBe('two');
  queue.say('fail');
  expect(shown()).toBe('three');
  queue.say('unsure');
  expect(shown()).toBe('loading');
  hold(false);
  for (const go of waiting) go();
  await settled();
  expect(shown()).toBe('four');
  arrive();
  queue.say('pass');
  await settled();
  queue.say('pass');
  await settled();
  expect(shown()).toBe('done');
  expect(log).toEqual(['label one pass', 'label two fail', 'label three unsure', 'label four pass', 'label five pass']);
});

test('answers whose labels have not arrived are never asked for again', async () => {
  const { queue, asked, shown } = started(['one', 'two', 'three', 'four']);
  queue.open();
  await settled();
  queue.say('pass');
  await settled();
  expect(asked.at(-1)!.toSorted()).toEqual(['one', 'three', 'two']);
  expect(shown()).toBe('two');
  queue.say('pass');
  queue.say('pass');
  queue.say('pass');
  await settled();
  expect(shown()).toBe('done');
});

test('undo brings the answer back with its note, and the one that was on the page comes after it', async () => {
  const { queue, log, shown, arrive } = started(['one', 'two', 'three']);
  queue.open();
  await settled();
  queue.undo();
  queue.write(' not quite ');
  queue.say('pass');
  expect(queue.state().note).toBe('');
  arrive();
  queue.say('fail');
  queue.undo();
  expect(shown()).toBe('two');
  queue.undo();
  expect([shown(), queue.state().note, queue.state().last]).toEqual(['one', 'not quite', null]);
  arrive();
  await settled();
  queue.say('fail');
  expect(shown()).toBe('two');
  queue.say('pass');
  expect(shown()).toBe('three');
  expect(log).toEqual(['label one pass', 'label two fail', 'undo two', 'undo one', 'label one fail', 'label two pass']);
});

test('an answer that does not come is said, and asked for again', async () => {
  const { queue, shown, breakIt } = started(['one', 'two']);
  breakIt(true);
  queue.open();
  await settled();
  expect([shown(), queue.state().error]).toEqual(['failed', new Error('away')]);
  queue.say('pass');
  breakIt(false);
  queue.again();
  await settled();
  expect(shown()).toBe('one');
});

test('places on the page map to a and b by what was drawn', () => {
  const verdicts = (first: 'a' | 'b') =>
    choicesOf({ first }, true).map(({ key, name, verdict }) => [key, name, verdict]);
  expect(verdicts('a')).toEqual([
    ['1', 'First', 'a'],
    ['2', 'Second', 'b'],
    ['3', 'Tie', 'tie'],
    ['4', 'Unsure', 'unsure'],
  ]);
  expect(verdicts('b').slice(0, 2)).toEqual([
    ['1', 'First', 'b'],
    ['2', 'Second', 'a'],
  ]);
  expect(choicesOf({ first: 'b' }, false).map(({ key, verdict }) => key + verdict)).toEqual([
    '1pass',
    '2fail',
    '3unsure',
  ]);
  const shown = (first: 'a' | 'b', pairs: boolean) =>
    answersOf(taskOf('x', first), pairs).map(({ name, content }) => `${name}: ${content}`);
  expect(shown('b', true)).toEqual(['First: x of b', 'Second: x of a']);
  expect(shown('a', true)).toEqual(['First: x of a', 'Second: x of b']);
  expect(shown('b', false)).toEqual(['Answer: x of a']);
});
