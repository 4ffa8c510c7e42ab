/** A task of an export is read as Label Studio 1.23.2 wrote it, and a fault in it is named by task and field. */

import { expect, test } from 'vitest';
import { readTask } from '../../../../src/curate/label-studio/files/read-task.ts';
import type { AssayError } from '../../../../src/errors.ts';

const annotation = {
  id: 3,
  completed_by: 1,
  result: [
    {
      id: 'r1',
      from_name: 'verdict_a',
      to_name: 'answer_a',
      type: 'choices',
      value: { choices: ['golden'] },
      origin: 'manual',
    },
    { type: 'relation', from_id: 'r1', to_id: 'r2', direction: 'right' },
  ],
  was_cancelled: false,
  ground_truth: false,
  created_at: '2026-11-22T10:00:00.123456Z',
  updated_at: '2026-11-22T10:00:05.5Z',
  draft_created_at: null,
  lead_time: 4.25,
  task: 17,
};
const task = {
  id: 17,
  annotations: [annotation],
  drafts: [],
  predictions: [41],
  data: { assay_item: 'a', prompt: 'Why?' },
  meta: { assay: { project: 'lsp_1' } },
  created_at: '2026-11-22T09:00:00Z',
  updated_at: '2026-11-22T10:00:05Z',
};

const read = (value: unknown) => readTask({ place: 4, text: JSON.stringify(value) });
const withAnnotation = (change: object) => ({ ...task, annotations: [{ ...annotation, ...change }] });

/** The message of the fault; null when it is read. */
function fault(value: unknown): string | null {
  try {
    read(value);
    return null;
  } catch (error) {
    expect((error as AssayError).code).toBe('invalid_parameter');
    return (error as Error).message;
  }
}

test('what we need of it is there, and the whole annotation as it came', () => {
  const { id, data, annotations } = read(task);
  expect([id, data.assay_item]).toEqual([17, 'a']);
  expect(annotations).toMatchObject([{ id: 3, taskId: 17, annotator: 'user 1', skipped: false }]);
  expect(annotations[0]!.changedAt.toISOString()).toBe('2026-11-22T10:00:05.500Z');
  expect(annotations[0]!.result.map((each) => each.from_name)).toEqual(['verdict_a']);
  expect(annotations[0]!.raw).toEqual(annotation);
});

test.each([
  [{ id: 5, email: 'ann@example.org', first_name: '' }, 'ann@example.org'],
  [{ id: 5 }, 'user 5'],
  [9, 'user 9'],
  [null, 'user unknown'],
])('the annotator of %j', (completed_by, name) => {
  expect(read(withAnnotation({ completed_by })).annotations[0]!.annotator).toBe(name);
});

test.each([
  [{ ...task, data: 7 }, /^task 4, data: .*got 7/],
  [withAnnotation({ created_at: 'yesterday' }), /^task 4, annotations\[1\]\.created_at: must be a time.*yesterday/],
  [withAnnotation({ result: [{ type: 'choices' }] }), /^task 4, annotations\[1\]\.result\[1\]: must name from_name/],
  [withAnnotation({ id: undefined }), /^task 4, annotations\[1\]\.id: must be a number \(got nothing\)/],
  [{ ...task, data: { prompt: 'a\u0000b' } }, /^task 4, data\.prompt: must not hold U\+0000/],
  [{ ...task, data: { prompt: '\ud800' } }, /^task 4, data\.prompt: must not hold/],
  [{ id: 1, prompt: 'x', verdict_a: 'golden', annotator: 1, annotation_id: 2 }, /JSON_MIN: choose JSON/],
])('%# is refused', (value, said) => {
  expect(fault(value)).toMatch(said);
});

test('a task without an annotation list is refused by that name', () => {
  const { annotations: _, ...bare } = task;
  expect(fault(bare)).toMatch(/^task 4, annotations: .*got nothing/);
});

test('text that is no JSON says so', () => {
  expect(() => readTask({ place: 2, text: '{"a": 1,}' })).toThrow(/^task 2: must be JSON/);
});
