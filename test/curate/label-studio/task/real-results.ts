/** Results of annotations as Label Studio 1.23.2 keeps them, made by hand on its page over pre-labels of Assay's. */

import type { RemoteResult } from '../../../../src/curate/label-studio/wire/client.ts';

type Real = RemoteResult & { origin: 'prediction' | 'prediction-changed' | 'manual' };

/** Block a is pre-labelled wrong, b golden and best. Changed: two fields and best; a note of two lines, sent with Submit alone. */
export const fieldsAndNote: Real[] = [
  {
    value: { choices: ['wrong'] },
    id: 'verdict_a',
    from_name: 'verdict_a',
    to_name: 'answer_a',
    type: 'choices',
    origin: 'prediction',
  },
  {
    value: { choices: ['yes'] },
    id: 'field_a_1',
    from_name: 'field_a_1',
    to_name: 'answer_a',
    type: 'choices',
    origin: 'prediction-changed',
  },
  {
    value: { choices: ['2'] },
    id: 'field_a_2',
    from_name: 'field_a_2',
    to_name: 'answer_a',
    type: 'choices',
    origin: 'prediction',
  },
  {
    value: { choices: ['golden'] },
    id: 'verdict_b',
    from_name: 'verdict_b',
    to_name: 'answer_b',
    type: 'choices',
    origin: 'prediction',
  },
  {
    value: { choices: ['yes'] },
    id: 'field_b_1',
    from_name: 'field_b_1',
    to_name: 'answer_b',
    type: 'choices',
    origin: 'prediction',
  },
  {
    value: { choices: ['$5 off'] },
    id: 'field_b_2',
    from_name: 'field_b_2',
    to_name: 'answer_b',
    type: 'choices',
    origin: 'prediction-changed',
  },
  {
    value: { choices: ['none'] },
    id: 'best',
    from_name: 'best',
    to_name: 'prompt',
    type: 'choices',
    origin: 'prediction-changed',
  },
  {
    value: { text: ['a note\nof two lines'] },
    id: 'Nqfb4nJ5OY',
    from_name: 'note',
    to_name: 'prompt',
    type: 'textarea',
    origin: 'manual',
  },
];

/** Nothing was pre-labelled: block a is empty, block b failed. */
export const goldenAndFix: Real[] = [
  {
    value: { choices: ['golden'] },
    id: 'GWzFDEKmrX',
    from_name: 'verdict_a',
    to_name: 'answer_a',
    type: 'choices',
    origin: 'manual',
  },
  {
    value: { text: ['what it should have been'] },
    id: 'zsIzQOzlMn',
    from_name: 'fix_b',
    to_name: 'answer_b',
    type: 'textarea',
    origin: 'manual',
  },
];

/** A pre-labelled fix of which the text was changed. */
export const changedFix: Real[] = [
  {
    value: { choices: ['fix'] },
    id: 'verdict_a',
    from_name: 'verdict_a',
    to_name: 'answer_a',
    type: 'choices',
    origin: 'prediction',
  },
  {
    value: { text: ['{"recommendation":"no"}'] },
    id: 'fix_a',
    from_name: 'fix_a',
    to_name: 'answer_a',
    type: 'textarea',
    origin: 'prediction-changed',
  },
];
