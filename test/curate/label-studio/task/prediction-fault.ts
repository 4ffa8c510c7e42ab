/** Checks a prediction before it is sent: Label Studio takes one with a choice that does not exist, and shows nothing. */

import type { Mapping } from '../../../../src/contracts/label-studio.ts';
import type { ConfigControl } from '../../../../src/curate/label-studio/config/config-controls.ts';
import type { NewPrediction } from '../../../../src/curate/label-studio/wire/client.ts';

/** What is wrong with it, of the first fault; null: it is sound. A prediction of a file may be anything. */
export function predictionFault(prediction: NewPrediction, mapping: Mapping, controls: ConfigControl[]): string | null {
  if (!isObject(prediction)) return 'a prediction is an object';
  const { model_version, score, result } = prediction;
  if (typeof model_version !== 'string' || model_version === '') return 'model_version must be a text';
  if (typeof score !== 'number' || !(score >= 0 && score <= 1)) return `score must be of [0, 1], it is ${shown(score)}`;
  if (!Array.isArray(result)) return 'result must be a list';
  for (const [at, each] of result.entries()) {
    const fault = resultFault(each, mapping, controls);
    if (fault !== null) return `result ${at + 1}: ${fault}`;
  }
  return null;
}

function resultFault(result: unknown, mapping: Mapping, controls: ConfigControl[]): string | null {
  if (!isObject(result)) return 'it is no object';
  const { from_name, to_name, type, value } = result;
  const control = controls.find(({ name }) => name === from_name);
  if (control === undefined) return `from_name ${shown(from_name)} is no control of the configuration`;
  if (to_name !== control.toName)
    return `to_name ${shown(to_name)} must be ${shown(control.toName)}, as of ${control.name}`;
  if (type !== control.type) return `type ${shown(type)} must be ${shown(control.type)}, as of ${control.name}`;
  if (!isObject(value)) return 'value must be an object';
  // An alias may stand in several controls; a control of the mapping says one thing of one answer.
  const single = mapping.controls.some(({ name }) => name === control.name) || control.attributes.choice !== 'multiple';
  if (type === 'choices') return choicesFault(value.choices, { control, single });
  if (type === 'textarea') return textFault(value.text);
  return null;
}

function choicesFault(
  choices: unknown,
  { control, single }: { control: ConfigControl; single: boolean },
): string | null {
  if (!Array.isArray(choices) || choices.length === 0) return 'value.choices must be a list with a choice';
  if (single && choices.length > 1) return `${control.name} takes one choice, there are ${choices.length}`;
  // Of choices inside one another a result holds the whole way.
  const said = choices.flat();
  const unknown = said.find((choice) => !control.choices.some((known) => known.said === choice));
  if (unknown === undefined) return null;
  return `${control.name} has no choice ${shown(unknown)}; it has ${control.choices.map((known) => known.said).join(', ')}`;
}

function textFault(text: unknown): string | null {
  const texts = Array.isArray(text) ? text : [text];
  return texts.length > 0 && texts.every((each) => typeof each === 'string')
    ? null
    : 'value.text must be a list of texts';
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const shown = (value: unknown): string => (JSON.stringify(value) ?? 'nothing').slice(0, 100);
