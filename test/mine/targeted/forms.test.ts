/** What is read of replies, how rows are shared out, and the lines that trainers read. */

import { expect, test } from 'vitest';
import type { TargetedRow, TrainingFormat } from '../../../src/contracts/mining.ts';
import { allot } from '../../../src/mine/targeted/allot-rows.ts';
import { readPrompts } from '../../../src/mine/targeted/read-prompts.ts';
import { trainingLines } from '../../../src/mine/targeted/training-lines.ts';

test.each([
  ['the form asked for', '{"task_1": "A?", "task_2": "B?"}', ['A?', 'B?']],
  ['a fence and words around it', 'Sure:\n```json\n{"task_1": "A?",}\n```\nDone.', ['A?']],
  ['thoughts before it', '<think>{"task_1": "no"}</think>{"task_1": "A?"}', ['A?']],
  ['a list', '["A?", "B?"]', ['A?', 'B?']],
  [
    'a list of objects',
    '{"tasks": [{"difficulty": "easy", "prompt": "A?", "answer": "1"}, {"task": "B?"}]}',
    ['A?', 'B?'],
  ],
  ['a reply cut off', '{"task_1": "A?", "task_2": "Ann has thr', ['A?']],
  ['no text', '{"task_1": 7, "task_2": null}', []],
  ['prose', 'Here are tasks: add 2 and 3.', []],
  ['brackets', '['.repeat(100_000), []],
  ['nothing', '', []],
])('prompts are read of %s', (_, reply, prompts) => {
  expect(readPrompts(reply)).toEqual(prompts);
});

test('shares add up, and are never off by one or more', () => {
  expect(allot(10, [1, 1, 1])).toEqual([4, 3, 3]);
  expect(allot(50, [60, 30, 10])).toEqual([30, 15, 5]);
  expect(allot(2, [5, 0, 5, 5])).toEqual([1, 0, 1, 0]);
  expect(allot(5, [])).toEqual([]);
  expect(allot(5, [0, 0])).toEqual([0, 0]);
  for (let total = 0; total < 200; total++) {
    const given = allot(total, [3, 1, 7, 0.5, 11]);
    expect(given.reduce((sum, one) => sum + one, 0)).toBe(total);
    expect(given.every((one, at) => Math.abs(one - (total * [3, 1, 7, 0.5, 11][at]!) / 22.5) < 1)).toBe(true);
  }
});

const row: TargetedRow = {
  ordinal: 0,
  cluster: 1,
  pattern: 'Last step',
  prompt: 'What is 2 + 2?\n"Now."',
  answer: '4',
  rejected: '5',
  difficulty: 'easy',
  persona: null,
  provenance: { seeds: ['c1'], prompt_model: 'w', answer_model: 's', judge: null, score: null, rules: ['refusal'] },
  dropped: null,
  like: null,
};
const meta = { cluster: 1, pattern: 'Last step', difficulty: 'easy', persona: null, ...row.provenance };
const asked = { role: 'user', content: row.prompt };

test('lines have the forms of the other exports, without rows that were dropped, and pairs without those that have none', async () => {
  const rows = [row, { ...row, dropped: 'judge' as const }, { ...row, rejected: null }];
  const linesOf = async (format: TrainingFormat) => {
    let text = '';
    for await (const line of trainingLines(rows, format)) text += line;
    return text;
  };
  const read = (text: string) =>
    text
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as unknown);
  expect(read(await linesOf('sft'))).toEqual(
    Array(2).fill({ messages: [asked, { role: 'assistant', content: '4' }], meta }),
  );
  expect(read(await linesOf('prompt-completion'))).toEqual(
    Array(2).fill({ prompt: row.prompt, completion: '4', meta }),
  );
  expect(read(await linesOf('dpo'))).toEqual([
    { prompt: row.prompt, chosen: '4', rejected: '5', meta: { ...meta, messages: [asked] } },
  ]);
});
