/** The generated configuration says what its mapping says, whatever values the answers have. */

import { expect, test } from 'vitest';
import { allTags, readTags } from '../../../../src/curate/label-studio/config/config-tags.ts';
import { generateConfig } from '../../../../src/curate/label-studio/config/generate-config.ts';
import { mappingOf, readConfig } from '../../../../src/curate/label-studio/config/read-config.ts';

const hostile = [
  '<b>&"\'',
  '$5',
  'a $prompt b',
  'line\nbreak',
  '\ttab',
  '  spaced',
  'true',
  '5',
  '&amp;',
  '漢字 🙂',
  '__proto__',
];

test('values and paths come back as they are, and names and shown choices stand once', () => {
  const models = ['m1', 'm2', 'm3'];
  const fields = [
    { field: 'verdict.label', values: ['yes', 'no', ...hostile] },
    { field: 'we\\.ird "path" $x <a>', values: ['yes', '2'] },
  ];
  const { labelConfig, mapping } = generateConfig({ models, blind: false, fields });
  expect(mappingOf(labelConfig, { models })).toEqual(mapping);
  const field = mapping.controls.find(({ name }) => name === 'field_b_1')!;
  expect(Object.keys(field.values)).toEqual(Object.values(field.values));
  expect(new Set(Object.keys(field.values))).toEqual(new Set(['yes', 'no', ...hostile]));
  // The page groups radio buttons by what they show; and a dollar before a name would be filled with data.
  const shown = [...allTags(readTags(labelConfig))]
    .filter(({ tag }) => tag === 'Choice')
    .map((tag) => tag.attributes.value!);
  expect(new Set(shown).size).toBe(shown.length);
  expect(shown.filter((value) => /\$\w/.test(value))).toEqual([]);
  expect(readConfig(labelConfig).asked.map(({ field: asked }) => asked)).toEqual([
    'prompt',
    'answer_a',
    'answer_b',
    'answer_c',
  ]);
});

test('what XML cannot hold is left out; 26 answers are shown, 27 are refused', () => {
  const fields = [
    { field: 'a', values: ['x', 'bell\u0007', 'half \ud800'] },
    { field: 'b\u0000', values: ['x', 'y'] },
  ];
  const models = Array.from({ length: 26 }, (_, at) => `m${at}`);
  const { labelConfig, mapping } = generateConfig({ models, blind: true, fields });
  expect(mappingOf(labelConfig, { models })).toEqual(mapping);
  expect(
    mapping.controls.filter(({ slot, means }) => slot === 'z' && means === 'field').map(({ values }) => values),
  ).toEqual([{ x: 'x' }]);
  expect(() => generateConfig({ models: [...models, 'one more'], blind: true, fields })).toThrow(
    /1 to 26 answers.*27 models/,
  );
});
