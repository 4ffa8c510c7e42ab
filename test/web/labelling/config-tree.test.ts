/** The plain drawing of a task: the generated configuration by its blocks, pre-labels, and what a hostile one can hold. */

import { expect, test } from 'vitest';
import { type ConfigTag as ReadTag, readTags } from '../../../src/curate/label-studio/config/config-tags.ts';
import { generateConfig } from '../../../src/curate/label-studio/config/generate-config.ts';
import { type ConfigTag, type ShownPart, shownBlocks, taskOf } from '../../../web/src/labelling/config-tree.ts';

const tree = ({ tag, attributes, children }: ReadTag): ConfigTag => ({ tag, attributes, inside: children.map(tree) });
const none = () => null;

const { labelConfig, mapping } = generateConfig({
  models: ['m1', 'm2'],
  blind: true,
  fields: [{ field: 'decision', values: ['yes', 'no'] }],
});
const slots = new Map(
  mapping.controls.flatMap(({ name, to_name, slot }) => [[name, slot] as const, [to_name, slot] as const]),
);
const slotOf = (name: string) => slots.get(name) ?? null;
const task = taskOf({
  data: { prompt: 'Is it?', name: 'Item 1', category: 'hard', answer_a: '<b>Yes</b> $prompt', answer_b: 'No' },
  predictions: [
    {
      result: [
        { from_name: 'verdict_a', to_name: 'answer_a', type: 'choices', value: { choices: ['golden'] } },
        { from_name: 'verdict_b', to_name: 'answer_b', type: 'choices', value: { choices: ['fix'] } },
        { from_name: 'fix_b', to_name: 'answer_b', type: 'textarea', value: { text: ['Yes, so it is'] } },
      ],
    },
  ],
});

/** The choices of a part, and those of them that are chosen. */
function chosenOf(part: ShownPart): [string[], string] | null {
  if (part.what !== 'choices') return null;
  const choices = part.choices.map(({ text, chosen }) => ({ text: text.replaceAll('\u2060', ''), chosen }));
  const chosen = choices.filter((each) => each.chosen).map(({ text }) => text);
  return [choices.map(({ text }) => text), chosen.join()];
}

test('the generated configuration is the item, a block for each answer, and what is said of all', () => {
  const blocks = shownBlocks(tree(readTags(labelConfig)), task, slotOf);
  expect(blocks.map(({ slot }) => slot)).toEqual([null, 'a', 'b', null]);
  expect(blocks[0]!.parts).toEqual([
    { what: 'header', text: 'Item 1' },
    { what: 'header', text: 'hard' },
    { what: 'header', text: 'Input' },
    { what: 'text', name: 'prompt', text: 'Is it?' },
  ]);
  const [head, text, verdict] = blocks[1]!.parts;
  expect(head).toEqual({ what: 'header', text: 'Answer A' });
  // What a task holds is never read as a template again.
  expect(text).toEqual({ what: 'text', name: 'answer_a', text: '<b>Yes</b> $prompt' });
  expect(chosenOf(verdict!)).toEqual([['golden', 'fix', 'wrong'], 'golden']);
  // Choices that are written alike differ by signs that are not seen, and are known by their alias.
  expect(chosenOf(blocks[2]!.parts[2]!)).toEqual([['golden', 'fix', 'wrong'], 'fix']);
  expect(blocks[2]!.parts.at(-1)).toMatchObject({ what: 'area', text: 'Yes, so it is' });
  expect(chosenOf(blocks[3]!.parts[1]!)).toEqual([['A', 'B', 'none'], '']);
  expect(JSON.stringify(blocks)).not.toContain('assay-answers');
});

test('a tag that is not drawn is named, a task that holds nothing leaves its places as they are', () => {
  const root: ConfigTag = {
    tag: 'View',
    attributes: {},
    inside: [
      { tag: 'Image', attributes: { name: 'i', value: '$picture' }, inside: [] },
      { tag: 'Text', attributes: { name: 't', value: '$toString and $gone, $count' }, inside: [] },
    ],
  };
  expect(shownBlocks(root, taskOf({ data: { count: 3 }, predictions: 'x' }), none)).toEqual([
    {
      slot: null,
      parts: [
        { what: 'other', tag: 'Image' },
        { what: 'text', name: 't', text: '$toString and $gone, 3' },
      ],
    },
  ]);
  expect(taskOf(null)).toEqual({ data: {}, results: [] });
});

test('tags within tags without end end', () => {
  let root: ConfigTag = { tag: 'Header', attributes: { value: 'deep' }, inside: [] };
  for (let i = 0; i < 5000; i += 1) root = { tag: 'View', attributes: {}, inside: [root] };
  expect(shownBlocks(root, task, none)).toEqual([]);
});
