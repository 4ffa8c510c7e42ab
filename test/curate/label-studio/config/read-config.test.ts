/** Own templates are read by their names, and what does not serve is refused with tag, attribute and line. */

import { describe, expect, test } from 'vitest';
import type { Mapping } from '../../../../src/contracts/label-studio.ts';
import { generateConfig } from '../../../../src/curate/label-studio/config/generate-config.ts';
import { checkMapping, mappingOf, readConfig } from '../../../../src/curate/label-studio/config/read-config.ts';

const own = `<View>
  <Text name="question" value="$q"/>
  <Text name="response_a" value="$one"/>
  <Text name="response_b" value="$two"/>
  <Choices name="Judgement_A" toName="response_a"><Choice value="Good"/><Choice value="Bad" alias="b"/><Choice value="unsure"/></Choices>
  <Choices name="field_b_verdict.label" toName="response_b"><Choice value="yes"/><Choice value="no"/></Choices>
  <TextArea name="correction_b" toName="response_b"/>
  <Choices name="winner" toName="question"><Choice value="Answer A"/><Choice value="B"/><Choice value="neither"/><Choice value="tie"/></Choices>
  <TextArea name="comment" toName="question"/>
  <Rating name="stars" toName="question"/>
</View>`;
const models = ['m1', 'm2'];

test('an own template by its names', () => {
  const mapping = mappingOf(own, { models });
  expect(mapping).toMatchObject({ slots: ['a', 'b'], answer_fields: { a: 'one', b: 'two' }, input_field: 'q' });
  expect(mapping.controls.map(({ name, means, slot, field, values }) => [name, means, slot, field, values])).toEqual([
    ['Judgement_A', 'verdict', 'a', null, { Good: 'golden', b: 'wrong' }],
    ['field_b_verdict.label', 'field', 'b', 'verdict.label', { yes: 'yes', no: 'no' }],
    ['correction_b', 'fix', 'b', null, {}],
    ['winner', 'best', null, null, { 'Answer A': 'a', B: 'b', neither: 'none' }],
    ['comment', 'note', null, null, {}],
  ]);
});

test('with one model the letter may be left out', () => {
  const xml =
    '<View><Text name="text" value="$t"/><Text name="answer" value="$out"/><Choices name="verdict" toName="answer"><Choice value="golden"/></Choices></View>';
  expect(mappingOf(xml, { models: ['m'] })).toMatchObject({
    answer_fields: { a: 'out' },
    controls: [{ name: 'verdict', slot: 'a' }],
  });
});

describe('refused with what to do', () => {
  const text = (inner: string) =>
    `<View>\n<Text name="prompt" value="$prompt"/>\n<Text name="answer_a" value="$a"/>\n${inner}\n</View>`;
  const verdict = '<Choices name="verdict_a" toName="answer_a"><Choice value="golden"/></Choices>';
  test.each([
    ['unclosed', '<View>\n<Text name="a"', /line 2, column \d+: unclosed tag/],
    ['entities', '<!DOCTYPE a [<!ENTITY x "y">]><View>&x;</View>', /line 1: a DOCTYPE is not taken/],
    ['an entity of its own', '<View>&x;</View>', /line 1, column \d+: undefined entity/],
    ['no View', '<Text name="a" value="$a"/>', /line 1: the outermost tag must be View, it is Text/],
    ['nothing', '', /root element/],
    ['too deep', '<View>'.repeat(50_000), /more than 100 tags/],
    ['Chat', text('<Chat name="c" value="$c"/>'), /line 4: Chat is a tag of Label Studio Enterprise/],
    ['a name twice', text('<Text name="prompt" value="$x"/>'), /line 4: name="prompt" of Text stands on line 2 too/],
    ['no input', '<View><Text name="answer_a" value="$a"/></View>', /no tag shows the input: add <Text name="prompt"/],
    [
      'data in parts',
      '<View><Text name="answer_a" value="Answer: $a"/></View>',
      /value="Answer: \$a" of Text answer_a/,
    ],
    [
      'other data',
      text(`${verdict}<Image name="i" value="$url"/>`),
      /line 4: value="\$url" of Image: tasks have no such field/,
    ],
    ['a wrong type', text('<TextArea name="verdict_a" toName="answer_a"/>'), /verdict_a.*none of its choices/],
    [
      'no meaning',
      text('<Choices name="verdict_a" toName="answer_a"><Choice value="maybe"/></Choices>'),
      /verdict_a.*golden, fix, wrong/,
    ],
    [
      'toName',
      text(verdict.replace('answer_a"', 'answer_a,prompt"')),
      /line 4.*toName="answer_a,prompt" must be the name of one tag/,
    ],
    [
      'a path',
      text('<Choices name="field_a_1" toName="answer_a"><Choice value="x"/></Choices>'),
      /line 4.*attribute field="PATH"/,
    ],
    ['regions', text(verdict.replace('toName', 'perRegion="true" toName')), /line 4.*perRegion="true"/],
    [
      'choices of the data',
      text(verdict.replace('toName', 'value="$a" toName')),
      /line 4.*value="\$a" takes from the data/,
    ],
    [
      'a list',
      text(verdict).replaceAll('<Text name="answer_a"', '<Paragraphs name="answer_a"'),
      /line 3: Paragraphs answer_a cannot show the text/,
    ],
    ['an address', text(verdict).replace('value="$a"', 'value="$a" valueType="url"'), /line 3: valueType="url"/],
  ])('%s', (_, xml, message) => {
    expect(() => mappingOf(xml, { models: ['m'] })).toThrow(message);
  });

  const { labelConfig, mapping } = generateConfig({
    models,
    blind: true,
    fields: [{ field: 'a', values: ['x', 'y'] }],
  });
  const changed = (name: string, change: Partial<Mapping['controls'][number]>): Mapping => ({
    ...mapping,
    controls: mapping.controls.map((control) => (control.name === name ? { ...control, ...change } : control)),
  });
  test.each<[string, Mapping, RegExp]>([
    ['a model too many', { ...mapping, slots: ['a'] }, /shows 1 answer of an item, and the project has 2 models/],
    [
      'one field for two',
      { ...mapping, answer_fields: { a: 'prompt', b: 'answer_b' } },
      /data field prompt cannot stand for two/,
    ],
    ['data not shown', { ...mapping, input_field: 'question' }, /no tag shows the data field question/],
    [
      'unknown control',
      changed('fix_a', { name: 'fix' }),
      /control fix of the mapping.*no control of this name; it has verdict_a/,
    ],
    [
      'unknown choice',
      changed('verdict_a', { values: { gold: 'golden' } }),
      /line \d+: Choices verdict_a has no choice "gold"; it has golden, fix, wrong/,
    ],
    ['unknown meaning', changed('verdict_a', { values: { golden: 'great' } }), /"great" is none of golden, fix, wrong/],
    [
      'type',
      changed('fix_a', { type: 'choices', means: 'verdict', values: { x: 'golden' } }),
      /second control that means verdict of block a|TextArea fix_a is said to be Choices/,
    ],
    [
      'another object',
      changed('fix_a', { to_name: 'prompt' }),
      /line \d+: TextArea fix_a has toName="answer_a", the mapping to_name "prompt"/,
    ],
    ['no block', changed('fix_a', { slot: null }), /fix is said of a block/],
    [
      'the same twice',
      { ...mapping, controls: [...mapping.controls, mapping.controls[0]!] },
      /second control that means verdict of block a/,
    ],
  ])('a mapping with %s', (_, bad, message) => {
    expect(() => checkMapping(bad, labelConfig, models)).toThrow(message);
  });
  test('the generated one is right', () => checkMapping(mapping, labelConfig, models));
});

test('objects, controls and their lines', () => {
  const { objects, controls } = readConfig(own);
  expect(objects.map(({ name, field, line }) => [name, field, line])).toEqual([
    ['question', 'q', 2],
    ['response_a', 'one', 3],
    ['response_b', 'two', 4],
  ]);
  expect(controls.at(-1)).toMatchObject({ name: 'stars', type: 'rating', toName: 'question', line: 10 });
});
