/** Checks that a mapping fits a labeling configuration and the models of a project. */

import type { Control, Mapping } from '../../../contracts/label-studio.ts';
import { annotationKinds } from '../../../contracts/workbench.ts';
import { type ConfigControl, type ReadConfig, readConfig } from './config-controls.ts';
import { invalidConfig } from './config-tags.ts';

/** Data fields of every task, beside the input and the answers. */
export const itemFields = ['assay_item', 'name', 'category'];

const tagOf = { choices: 'Choices', textarea: 'TextArea' };

/**
 * Every block is of one model; what shows the input and the answers is there; every control is there, of its type, with
 * its choices; and no tag asks for data that a task does not have.
 * @throws AssayError label_config_invalid that names tag, attribute and line
 */
export function checkMapping(mapping: Mapping, xml: string, models: string[]): void {
  const config = readConfig(xml);
  checkSlots(mapping, models);
  checkData(mapping, config);
  const places = new Set<string>();
  for (const control of mapping.controls) {
    checkPlace(control, mapping);
    const place = [control.means, control.slot, control.field].join('\n');
    if (places.has(place)) throw wrong(control, `a second control that means ${control.means}${ofSlot(control)}`);
    places.add(place);
    checkControl(control, config);
  }
}

const wrong = (control: Control, problem: string): Error =>
  invalidConfig(`control ${control.name} of the mapping: ${problem}`, 'mapping');

const ofSlot = ({ slot, field }: Control): string =>
  `${slot === null ? '' : ` of block ${slot}`}${field === null ? '' : `, field ${field}`}`;

function checkSlots({ slots, answer_fields, input_field }: Mapping, models: string[]): void {
  const bad = slots.find((slot) => !/^[a-z]$/.test(slot));
  if (bad !== undefined) throw invalidConfig(`slots of the mapping are single letters, "${bad}" is none`, 'mapping');
  if (slots.length !== models.length || new Set(slots).size < slots.length) {
    const many = (count: number, one: string) => `${count} ${one}${count === 1 ? '' : 's'}`;
    throw invalidConfig(
      `it shows ${many(new Set(slots).size, 'answer')} of an item, and the project has ${many(models.length, 'model')}`,
      'mapping',
    );
  }
  const fields = [input_field, ...slots.map((slot) => answer_fields[slot])];
  const lacking = slots.find((slot) => !Object.hasOwn(answer_fields, slot));
  if (lacking !== undefined) throw invalidConfig(`answer_fields of the mapping lacks block ${lacking}`, 'mapping');
  const twice = fields.find((field, at) => field === itemFields[0] || fields.indexOf(field) !== at);
  if (twice !== undefined) {
    throw invalidConfig(
      `the data field ${twice} cannot stand for two things; give each answer and the input one of its own`,
      'mapping',
    );
  }
}

/** Tags that show the text of a data field. */
const textTags = ['Text', 'HyperText'];

function checkData(mapping: Mapping, { objects, asked }: ReadConfig): void {
  const shown = [...mapping.slots.map((slot) => mapping.answer_fields[slot]!), mapping.input_field];
  for (const field of shown) {
    const object = objects.find((each) => each.field === field);
    if (object === undefined)
      throw invalidConfig(`no tag shows the data field ${field}: add <Text name="${field}" value="$${field}"/>`);
    const { tag, name, line, attributes } = object;
    if (!textTags.includes(tag))
      throw invalidConfig(`line ${line}: ${tag} ${name} cannot show the text of ${field}; use Text`);
    const type = attributes.valueType ?? attributes.valuetype ?? 'text';
    if (type !== 'text')
      throw invalidConfig(`line ${line}: valueType="${type}" of ${tag} ${name}: ${field} is the text itself`);
  }
  const given = new Set([...shown, ...itemFields]);
  const unknown = asked.find(({ field }) => !given.has(field));
  if (unknown !== undefined) {
    const known = [...given].join(', ');
    throw invalidConfig(
      `line ${unknown.line}: value="$${unknown.field}" of ${unknown.tag}: tasks have no such field; they have ${known}`,
    );
  }
}

/** Whether what a control means, its block, its field and its values go together. */
function checkPlace(control: Control, { slots }: Mapping): void {
  const { means, slot, field, type, values } = control;
  const wantedType = means === 'fix' || means === 'note' ? 'textarea' : 'choices';
  if (type !== wantedType) throw wrong(control, `${means} is said by ${tagOf[wantedType]}, not by ${tagOf[type]}`);
  if (slot !== null && !slots.includes(slot)) throw wrong(control, `there is no block ${slot}`);
  if (slot === null && means !== 'best' && means !== 'note')
    throw wrong(control, `${means} is said of a block: give its slot`);
  if (slot !== null && means === 'best') throw wrong(control, 'best is said of the whole task: its slot is null');
  if ((field !== null) !== (means === 'field'))
    throw wrong(control, 'a control that means field, and no other, names a field');
  const allowed: Partial<Record<Control['means'], readonly string[]>> = {
    verdict: annotationKinds,
    best: [...slots, 'none'],
  };
  const possible = allowed[means];
  const bad = Object.values(values).find((value) => possible !== undefined && !possible.includes(value));
  if (bad !== undefined) throw wrong(control, `"${bad}" is none of ${possible!.join(', ')}`);
  if (wantedType === 'choices' && Object.keys(values).length === 0) {
    throw wrong(
      control,
      `none of its choices has a meaning; for ${means} it needs ${possible?.join(', ') ?? 'the values of the field'}`,
    );
  }
}

function checkControl(control: Control, config: ReadConfig): void {
  const found = config.controls.find(({ name }) => name === control.name);
  if (found === undefined) {
    const known = config.controls.map(({ name }) => name).join(', ') || 'none';
    throw wrong(control, `the configuration has no control of this name; it has ${known}`);
  }
  const at = `line ${found.line}: ${found.tag} ${found.name}`;
  if (found.type !== control.type) throw invalidConfig(`${at} is said to be ${tagOf[control.type]}`);
  if (found.toName !== control.to_name) {
    throw invalidConfig(`${at} has toName="${found.toName}", the mapping to_name "${control.to_name}"`);
  }
  if (!config.objects.some(({ name }) => name === found.toName)) {
    throw invalidConfig(`${at}: toName="${found.toName}" must be the name of one tag that shows something`);
  }
  checkWholeTask(found, at);
  const lacking = Object.keys(control.values).find((said) => !found.choices.some((choice) => choice.said === said));
  if (lacking !== undefined) {
    const known = found.choices.map(({ said }) => said).join(', ') || 'none';
    throw invalidConfig(`${at} has no choice "${lacking}"; it has ${known}`);
  }
}

/** What is said is said of the whole answer, and its choices stand in the configuration. */
function checkWholeTask({ attributes }: ConfigControl, at: string): void {
  for (const name of ['perRegion', 'perItem']) {
    if ((attributes[name] ?? attributes[name.toLowerCase()]) === 'true') {
      throw invalidConfig(`${at}: ${name}="true" says something of a part of an answer; take it out`);
    }
  }
  if (attributes.value?.startsWith('$')) {
    throw invalidConfig(`${at}: value="${attributes.value}" takes from the data what must stand in the configuration`);
  }
}
