/** Gathers what the controls of an annotation hold: choices and texts, by the name of the control. */

import type { Mapping } from '../../../contracts/label-studio.ts';
import type { RemoteResult } from '../wire/client.ts';

/** What a control holds. `untouched`: as the pre-label had it; the annotator left it alone. */
export interface Held {
  texts: string[];
  untouched: boolean;
}

/** What cannot be read is named in `problems`, each once. Entries of no control (relations) say nothing here. */
export function collectValues(result: RemoteResult[], mapping: Mapping, problems: string[]): Map<string, Held> {
  const values = new Map<string, Held>();
  const controls = new Map(mapping.controls.map((control) => [control.name, control]));
  const unread = new Set<string>();
  for (const each of result) {
    const { from_name, type, value } = (each ?? {}) as Partial<RemoteResult>;
    if (typeof from_name !== 'string') continue;
    const control = controls.get(from_name);
    const held = type === 'choices' ? value?.choices : type === 'textarea' ? value?.text : undefined;
    if (control === undefined) unread.add(`${from_name} is no control that means something here`);
    else if (control.type !== type) unread.add(`${from_name} holds ${type}, not ${control.type}`);
    else values.set(from_name, { texts: textsOf(held), untouched: originOf(each) === 'prediction' });
  }
  problems.push(...unread);
  return values;
}

/** Label Studio writes prediction, prediction-changed or manual; results that were made otherwise need not have it. */
const originOf = (result: RemoteResult): unknown => (result as { origin?: unknown }).origin;

/** Of choices inside one another the innermost counts. */
function textsOf(held: unknown): string[] {
  return [held ?? []]
    .flat()
    .map((each) => (Array.isArray(each) ? each.at(-1) : each))
    .filter((each) => typeof each === 'string' || typeof each === 'number')
    .map(String);
}
