/** Reads what the controls of a labeling configuration mean, by their names. */

import type { Control, Mapping } from '../../../contracts/label-studio.ts';
import { checkMapping } from './check-mapping.ts';
import { type ConfigControl, type ConfigObject, readConfig } from './config-controls.ts';
import { invalidConfig } from './config-tags.ts';
import { slotLetters } from './generate-config.ts';

export { checkMapping, readConfig };

/** Names that are taken for one another; any case. Behind them stands "_" and the letter of a block. */
const names = {
  answer: ['answer', 'response', 'output'],
  input: ['prompt', 'input', 'question', 'instruction', 'text'],
  verdict: ['verdict', 'judgement', 'judgment'],
  fix: ['fix', 'fixed', 'correction', 'corrected'],
  best: ['best', 'best_of', 'winner', 'preference'],
  note: ['note', 'notes', 'comment'],
};

/** Choices that are taken for one another; any case. */
const verdicts: Record<string, string[]> = {
  golden: ['golden', 'gold', 'good', 'correct', 'right', 'pass', 'yes'],
  fix: ['fix', 'fixed', 'needs fix', 'mend', 'correct it'],
  wrong: ['wrong', 'bad', 'incorrect', 'fail', 'no'],
};
const noneOfThem = ['none', 'none of them', 'neither'];

/**
 * What the controls of a configuration mean, read from their names. Of the block "a": a Text `answer_a` (response_a,
 * output_a), Choices `verdict_a` (judgement_a, judgment_a) with the choices golden (gold, good, correct, right, pass,
 * yes), fix (fixed, needs fix, mend) and wrong (bad, incorrect, fail, no), a TextArea `fix_a` (fixed_a, correction_a,
 * corrected_a), Choices `field_a_PATH` for the field PATH, or `field_a_1` with an attribute field="PATH", a TextArea
 * `note_a`. Of the whole: a Text `prompt` (input, question, instruction, text), Choices `best` (best_of, winner,
 * preference) with the letters of the blocks and none, a TextArea `note` (notes, comment). With one model the letter may
 * be left out. Other controls are left alone.
 * @throws AssayError label_config_invalid that names tag, attribute and line
 */
export function mappingOf(xml: string, of: { models: string[] }): Mapping {
  const config = readConfig(xml);
  const slots = slotLetters.slice(0, of.models.length);
  const alone = slots.length === 1;
  const find = <T extends { name: string }>(list: T[], words: string[], slot: string | null): T | undefined => {
    const wanted = words.flatMap((word) =>
      slot === null ? [word] : alone ? [`${word}_${slot}`, word] : [`${word}_${slot}`],
    );
    return wanted
      .map((each) => list.find(({ name }) => name.toLowerCase() === each))
      .find((each) => each !== undefined);
  };
  const answers = slots.map((slot, at) => {
    const found = find(config.objects, names.answer, slot);
    return [slot, shownField(found, `answer_${slot}`, `answer ${at + 1} of ${slots.length}`)] as const;
  });
  const input = shownField(find(config.objects, names.input, null), 'prompt', 'the input');
  const controls: (Control | null)[] = slots.flatMap((slot) => [
    verdictOf(find(config.controls, names.verdict, slot), slot),
    ...fieldsOf(config.controls, slot),
    textOf(find(config.controls, names.fix, slot), 'fix', slot),
    alone ? null : textOf(find(config.controls, names.note, slot), 'note', slot),
  ]);
  controls.push(bestOf(find(config.controls, names.best, null), slots));
  controls.push(textOf(find(config.controls, names.note, null), 'note', null));
  const mapping = {
    slots,
    answer_fields: Object.fromEntries(answers),
    input_field: input,
    controls: controls.filter((each) => each !== null),
  };
  checkMapping(mapping, xml, of.models);
  return mapping;
}

function shownField(object: ConfigObject | undefined, name: string, what: string): string {
  if (object === undefined) throw invalidConfig(`no tag shows ${what}: add <Text name="${name}" value="$${name}"/>`);
  if (object.field !== null) return object.field;
  const value = object.attributes.value;
  throw invalidConfig(
    `line ${object.line}: value="${value}" of ${object.tag} ${object.name} must name one data field: "$${name}"`,
  );
}

function verdictOf(control: ConfigControl | undefined, slot: string): Control | null {
  if (control === undefined) return null;
  const values = meanings(
    control,
    (said) => Object.keys(verdicts).find((kind) => verdicts[kind]!.includes(said)) ?? null,
  );
  return { name: control.name, to_name: control.toName, type: 'choices', means: 'verdict', slot, field: null, values };
}

function bestOf(control: ConfigControl | undefined, slots: string[]): Control | null {
  if (control === undefined) return null;
  const values = meanings(control, (said) =>
    noneOfThem.includes(said)
      ? 'none'
      : (slots.find((slot) => [slot, `answer ${slot}`, `answer_${slot}`].includes(said)) ?? null),
  );
  return {
    name: control.name,
    to_name: control.toName,
    type: 'choices',
    means: 'best',
    slot: null,
    field: null,
    values,
  };
}

/** Without what a generated configuration keeps like choices apart with. */
const plain = (choice: string): string => choice.replaceAll('\u2060', '').trim().toLowerCase();

/** Choices by what they mean, as results say them; those without a meaning are left out. */
function meanings(control: ConfigControl, meaningOf: (text: string) => string | null): Record<string, string> {
  const pairs = control.choices.flatMap(({ said, shown }) => {
    const meaning = meaningOf(plain(said)) ?? meaningOf(plain(shown));
    return meaning === null ? [] : [[said, meaning] as const];
  });
  return Object.fromEntries(pairs);
}

function fieldsOf(controls: ConfigControl[], slot: string): Control[] {
  const begin = `field_${slot}_`;
  return controls
    .filter(({ name }) => name.toLowerCase().startsWith(begin))
    .map((control) => {
      const rest = control.name.slice(begin.length);
      const field = control.attributes.field ?? (/^\d*$/.test(rest) ? null : rest);
      if (field === null) {
        throw invalidConfig(
          `line ${control.line}: ${control.tag} ${control.name} needs an attribute field="PATH" with the field that it corrects`,
        );
      }
      const values = Object.fromEntries(control.choices.map(({ said }) => [said, said]));
      return { name: control.name, to_name: control.toName, type: 'choices', means: 'field', slot, field, values };
    });
}

function textOf(control: ConfigControl | undefined, means: 'fix' | 'note', slot: string | null): Control | null {
  if (control === undefined) return null;
  return { name: control.name, to_name: control.toName, type: 'textarea', means, slot, field: null, values: {} };
}
