/** Reads what an annotation says of each model's answer. */

import type { Control, Mapping } from '../../../contracts/label-studio.ts';
import type { AnnotationKind } from '../../../contracts/workbench.ts';
import type { SaidOfAnswer, SlotAnswer } from '../rows.ts';
import type { RemoteResult } from '../wire/client.ts';
import { isSameValue, ownValue, withField } from './answer-field.ts';
import { collectValues, type Held } from './collect-values.ts';
import { correctedField } from './corrected-field.ts';

export interface DecodeOf {
  mapping: Mapping;
  /** By block, as the task was made with. */
  answers: Record<string, SlotAnswer>;
  /** The answer that stood in the task; null for a failed one, or where it is not known any more. */
  contentOf(model: string): string | null;
}

export interface DecodedResult {
  /** By model; a model of which nothing is said is not in it. */
  said: Record<string, SaidOfAnswer>;
  /** The model whose answer is best; "none" for none of them; null: nothing is said. */
  best: string | null;
  /** What could not be read, or contradicts itself; the rest is read all the same. */
  problem: string | null;
}

/** What the controls say, by control name, and where problems are put. */
interface Reading extends DecodeOf {
  values: Map<string, Held>;
  problems: string[];
}

/**
 * A mended text, or else corrected fields of an answer in JSON, make a fix, whatever the verdict. What mends nothing: a
 * text that is the answer itself, a pre-labelled text that was left as it was while the verdict is not (or no more) fix,
 * a field that has the answer's own value or was left as it was. A fix that mends nothing has no content. A note of the
 * whole task stands with each answer that has a verdict, with all where none has one.
 */
export function decodeResult(result: RemoteResult[], of: DecodeOf): DecodedResult {
  const problems: string[] = [];
  const values = collectValues(result, of.mapping, problems);
  const reading = { ...of, values, problems };
  const said = new Map<string, SaidOfAnswer>();
  for (const slot of of.mapping.slots) {
    const spoken = saidOfSlot(reading, slot);
    const model = of.answers[slot]?.model_id;
    if (spoken === null) continue;
    if (model === undefined) problems.push(`block ${slot} holds no answer that anything could be said of`);
    else said.set(model, spoken);
  }
  noteAll(said, reading);
  const best = bestOf(reading);
  return { said: Object.fromEntries(said), best, problem: problems.length === 0 ? null : problems.join('; ') };
}

const controlsOf = ({ mapping }: Reading, means: Control['means'], slot: string | null): Control[] =>
  mapping.controls.filter((control) => control.means === means && control.slot === slot);

/** What the one choice of a control means; null: none is made, or it means nothing. */
function chosen({ values, problems }: Reading, control: Control | undefined): string | null {
  const choices = control === undefined ? [] : (values.get(control.name)?.texts ?? []);
  if (control === undefined || choices.length === 0) return null;
  if (choices.length > 1) {
    problems.push(`${control.name} has ${choices.length} choices, one is taken: ${choices.join(', ')}`);
    return null;
  }
  if (Object.hasOwn(control.values, choices[0]!)) return control.values[choices[0]!]!;
  problems.push(`${control.name}: the choice "${choices[0]}" means nothing here`);
  return null;
}

function textOf({ values }: Reading, control: Control | undefined): string | null {
  const text = control === undefined ? '' : (values.get(control.name)?.texts ?? []).join('\n');
  return text.trim() === '' ? null : text;
}

/** null: nothing is said. */
function saidOfSlot(reading: Reading, slot: string): SaidOfAnswer | null {
  const control = controlsOf(reading, 'verdict', slot)[0];
  const verdict = chosen(reading, control) as AnnotationKind | null;
  const note = textOf(reading, controlsOf(reading, 'note', slot)[0]);
  const model = reading.answers[slot]?.model_id;
  const answer = model === undefined ? null : reading.contentOf(model);
  const { fields, content } = correctedBy(reading, slot, answer);
  const mended = mendedText(reading, { slot, verdict, answer }) ?? content;
  if (verdict === null && mended === null && note === null && Object.keys(fields).length === 0) return null;
  // A pre-label that was left as it was is no word of the annotator against what they mended.
  if (verdict === 'golden' && mended !== null && !reading.values.get(control!.name)!.untouched) {
    reading.problems.push(`the answer in block ${slot} is called golden and mended too: the mended one is taken`);
  }
  return { kind: mended === null ? verdict : 'fix', content: mended, fields, note };
}

function mendedText(
  reading: Reading,
  { slot, verdict, answer }: { slot: string; verdict: AnnotationKind | null; answer: string | null },
): string | null {
  const control = controlsOf(reading, 'fix', slot)[0];
  const text = textOf(reading, control);
  if (text === null || text.trim() === answer?.trim()) return null;
  const leftOver = reading.values.get(control!.name)!.untouched && verdict !== null && verdict !== 'fix';
  return leftOver ? null : text;
}

/** Fields of which another value is chosen than the answer's own, and the answer with all of them put in. */
function correctedBy(
  reading: Reading,
  slot: string,
  answer: string | null,
): { fields: Record<string, string>; content: string | null } {
  const fields: [string, string][] = [];
  let content = answer;
  for (const control of controlsOf(reading, 'field', slot)) {
    const value = chosen(reading, control);
    if (value === null || reading.values.get(control.name)!.untouched) continue;
    const field = correctedField(reading.mapping, control);
    const own = answer === null ? null : ownValue(answer, field);
    if (own !== null && isSameValue(own, value)) continue;
    fields.push([field.field, value]);
    content = content === null ? null : withField(content, field, value);
  }
  return { fields: Object.fromEntries(fields), content: fields.length === 0 ? null : content };
}

function noteAll(said: Map<string, SaidOfAnswer>, reading: Reading): void {
  const note = textOf(reading, controlsOf(reading, 'note', null)[0]);
  if (note === null) return;
  const models = reading.mapping.slots.flatMap((slot) => reading.answers[slot]?.model_id ?? []);
  const judged = models.filter((model) => (said.get(model)?.kind ?? null) !== null);
  for (const model of judged.length > 0 ? judged : models) {
    const before = said.get(model) ?? { kind: null, content: null, fields: {}, note: null };
    said.set(model, { ...before, note: before.note === null ? note : `${before.note}\n${note}` });
  }
}

function bestOf(reading: Reading): string | null {
  const slot = chosen(reading, controlsOf(reading, 'best', null)[0]);
  if (slot === null || slot === 'none') return slot;
  const model = reading.answers[slot]?.model_id;
  if (model === undefined) reading.problems.push(`block ${slot} is called best and holds no answer`);
  return model ?? null;
}
