/** Makes the labeling configuration of a project, and what its controls mean: the input, and a block for each answer. */

import type { Control, Mapping } from '../../../contracts/label-studio.ts';
import { AssayError } from '../../../errors.ts';
import { attributeText, choiceWriter, isWritable, shownText, type WriteChoice } from './xml-text.ts';

/** A field of answers with the values that it takes; `field` is its path as the workbench names it: "verdict.label". */
export interface KnownField {
  field: string;
  values: string[];
}

/** Letters that blocks are called by; a project shows no more answers than there are of them. */
export const slotLetters = [...'abcdefghijklmnopqrstuvwxyz'];

const verdicts = {
  golden: 'Right as it is',
  fix: 'Nearly right: write the mended answer below, or choose other values',
  wrong: 'Wrong, and not worth mending',
};

// A long text scrolls in its own box, which can be pulled larger; blocks stand side by side where there is room.
const style = `  <Style>
    .assay-answers { margin: 1em 0; display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 28em), 1fr)); gap: 1em; }
    .assay-answer { border: 1px solid #8886; border-radius: 6px; padding: 0.5em 1em; min-width: 0; }
    .assay-text { max-height: 30em; overflow: auto; resize: vertical; white-space: pre-wrap; overflow-wrap: anywhere; }
    .assay-item { opacity: 0.75; }
  </Style>`;

/** Of the headers of single controls. */
const small = 'size="5" style="margin: 0.5em 0 0; font-size: 0.9em"';

/**
 * The configuration and its mapping. Fields and values that XML cannot hold are left out: annotators have the text area.
 * The names of models stand nowhere in it: which answer is whose is drawn anew for each task.
 * @throws AssayError label_config_invalid for more than 26 models, or none
 */
export function generateConfig(of: { models: string[]; blind: boolean; fields: KnownField[] }): {
  labelConfig: string;
  mapping: Mapping;
} {
  const count = of.models.length;
  if (count < 1 || count > slotLetters.length) {
    const problem = `it can show 1 to ${slotLetters.length} answers of an item side by side, and ${count} models are chosen`;
    throw new AssayError('label_config_invalid', { problem }, { param: 'models' });
  }
  const slots = slotLetters.slice(0, count);
  const fields = writableFields(of.fields);
  const choice = choiceWriter();
  const lines = [
    '<View>',
    style,
    ...inputLines(of.blind),
    '  <View className="assay-answers">',
    ...slots.flatMap((slot) => answerLines(slot, fields, choice)),
    '  </View>',
    ...closingLines(slots, choice),
    '</View>',
  ];
  const mapping: Mapping = {
    slots,
    answer_fields: Object.fromEntries(slots.map((slot) => [slot, `answer_${slot}`])),
    input_field: 'prompt',
    controls: [...slots.flatMap((slot) => answerControls(slot, fields)), ...closingControls(slots)],
  };
  return { labelConfig: lines.join('\n'), mapping };
}

function writableFields(fields: KnownField[]): KnownField[] {
  return fields
    .filter(({ field }) => isWritable(field))
    .map(({ field, values }) => ({ field, values: [...new Set(values)].filter((value) => isWritable(value)) }))
    .filter(({ values }) => values.length > 0);
}

function inputLines(blind: boolean): string[] {
  const whose = blind ? [] : ['Whose answer is which: see the predictions of the task, one for each model.'];
  return [
    '  <View className="assay-item">',
    '    <Header value="$name" size="4"/>',
    '    <Header value="$category" size="5"/>',
    ...whose.map((text) => `    <Header value="${attributeText(text)}" size="5"/>`),
    '  </View>',
    '  <Collapse accordion="false" open="true">',
    '    <Panel value="Input" open="true">',
    '      <View className="assay-text">',
    '        <Text name="prompt" value="$prompt"/>',
    '      </View>',
    '    </Panel>',
    '  </Collapse>',
  ];
}

function answerLines(slot: string, fields: KnownField[], choice: WriteChoice): string[] {
  const answer = `toName="answer_${slot}"`;
  return [
    '    <View className="assay-answer">',
    `      <Header value="Answer ${slot.toUpperCase()}" size="4"/>`,
    '      <View className="assay-text">',
    `        <Text name="answer_${slot}" value="$answer_${slot}"/>`,
    '      </View>',
    `      <Choices name="verdict_${slot}" ${answer} choice="single-radio" showInline="true">`,
    ...Object.entries(verdicts).map(([verdict, hint]) => `        ${choice(verdict, hint)}`),
    '      </Choices>',
    ...fields.flatMap(({ field, values }, at) => [
      `      <Header value="${attributeText(shownText(field))}" ${small}/>`,
      `      <Choices name="field_${slot}_${at + 1}" ${answer} choice="single-radio" showInline="true" field="${attributeText(field)}">`,
      ...values.map((value) => `        ${choice(value)}`),
      '      </Choices>',
    ]),
    `      <Header value="Mended answer ${slot.toUpperCase()}" ${small}/>`,
    `      <TextArea name="fix_${slot}" ${answer} rows="4" maxSubmissions="1" editable="true" transcription="true"/>`,
    '    </View>',
  ];
}

function closingLines(slots: string[], choice: WriteChoice): string[] {
  return [
    '  <View className="assay-answer">',
    `    <Header value="Best of them" ${small}/>`,
    '    <Choices name="best" toName="prompt" choice="single-radio" showInline="true">',
    ...slots.map((slot) => `      ${choice(slot.toUpperCase())}`),
    `      ${choice('none')}`,
    '    </Choices>',
    `    <Header value="Note" ${small}/>`,
    '    <TextArea name="note" toName="prompt" rows="2" maxSubmissions="1" editable="true" transcription="true"/>',
    '  </View>',
  ];
}

function answerControls(slot: string, fields: KnownField[]): Control[] {
  const to_name = `answer_${slot}`;
  const choices = { to_name, type: 'choices' as const, slot };
  return [
    { ...choices, name: `verdict_${slot}`, means: 'verdict', field: null, values: themselves(Object.keys(verdicts)) },
    ...fields.map(({ field, values }, at) => ({
      ...choices,
      name: `field_${slot}_${at + 1}`,
      means: 'field' as const,
      field,
      values: themselves(values),
    })),
    { name: `fix_${slot}`, to_name, type: 'textarea', means: 'fix', slot, field: null, values: {} },
  ];
}

function closingControls(slots: string[]): Control[] {
  const whole = { to_name: 'prompt', slot: null, field: null };
  const letters = slots.map((slot) => [slot.toUpperCase(), slot]);
  return [
    {
      ...whole,
      name: 'best',
      type: 'choices',
      means: 'best',
      values: { ...Object.fromEntries(letters), none: 'none' },
    },
    { ...whole, name: 'note', type: 'textarea', means: 'note', values: {} },
  ];
}

const themselves = (values: string[]): Record<string, string> =>
  Object.fromEntries(values.map((value) => [value, value]));
