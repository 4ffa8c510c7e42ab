/** Makes the body of a call and reads its reply, by what the call asks: one verdict, many, or a preference in one order. */

import { batchRequest } from './batch-prompt.ts';
import { pairwiseRequest } from './pairwise-prompt.ts';
import { type ReadVerdicts, readPreference, readSingle, readVerdicts } from './read-verdicts.ts';
import type { AskedRubric, JudgeBody, JudgeItem } from './rubric-words.ts';
import { singleRequest } from './single-prompt.ts';
import type { Verdict } from './verdict.ts';
import { type Asking, type AskingLimits, askingWithin } from './verdict-schema.ts';

/** one: a verdict on one answer; many: on each of several; ab, ba: a preference, with the two answers in that order. */
export type CallForm = 'one' | 'many' | 'ab' | 'ba';

/** An answer as a call shows it; `other` is the one it is compared with. */
export interface CallItem extends JudgeItem {
  other: string | null;
}

/** Ids of a call: one an answer, two for a comparison. */
export const idsNeeded = (form: CallForm, answers: number): number =>
  form === 'ab' || form === 'ba' ? 2 * answers : answers;

/** How a judge is asked in a call of this form. */
export const askingFor = (form: CallForm, on: { engine?: Asking['engine']; limits?: AskingLimits }): Asking =>
  askingWithin(on.engine, on.limits, form === 'many');

/** Body fields of a call about `items`, each under the id at its place. */
export function callBody(
  form: CallForm,
  rubric: AskedRubric,
  call: { items: CallItem[]; ids: string[]; asking: Asking },
): JudgeBody {
  const { items, ids, asking } = call;
  const first = items[0]!;
  if (form === 'ab' || form === 'ba') {
    const pair = { prompt: first.prompt, a: first.answer, b: first.other ?? '', reference: first.reference };
    return pairwiseRequest(rubric, pair, { ...asking, order: form, ids: [ids[0]!, ids[1]!] });
  }
  if (form === 'one') return singleRequest(rubric, first, { ...asking, id: ids[0]! });
  const shown = items.map((item, at) => ({ ...item, id: ids[at]! }));
  return batchRequest(rubric, shown, asking);
}

/** What a call asked. */
export interface AskedCall {
  ids: string[];
  criteria: AskedRubric['criteria'];
}

/** What a judge said of one answer, or of two; a preference has no score. */
export interface Said extends Pick<Verdict, 'reasoning' | 'confidence'> {
  score: number | null;
  scores: Record<string, number>;
  preference: 'a' | 'b' | 'tie' | null;
}

/** Why there is no verdict: unusable, missing or doubled, and the same in words. */
export interface Unsaid {
  error: string;
  detail: string;
}

/** What the reply says of each answer of the call, in their order. */
export function readCall(form: CallForm, text: string, { ids, criteria }: AskedCall): (Said | Unsaid)[] {
  if (form === 'ab' || form === 'ba') {
    const { preference, reasoning, confidence, unusable } = readPreference(text, [ids[0]!, ids[1]!]);
    if (preference === null) return [{ error: 'unusable', detail: unusable! }];
    return [{ score: null, scores: {}, preference, reasoning, confidence }];
  }
  if (form === 'one') {
    const { verdict, unusable } = readSingle(text, criteria);
    return [verdict === null ? { error: 'unusable', detail: unusable! } : { ...verdict, preference: null }];
  }
  const read = readVerdicts(text, { ids, criteria });
  return ids.map((id) => {
    const verdict = read.verdicts.get(id);
    return verdict === undefined ? errorOf(read, id) : { ...verdict, preference: null };
  });
}

/** Why there is no verdict on an id. */
function errorOf(read: ReadVerdicts, id: string): Unsaid {
  if (read.unusable !== null) return { error: 'unusable', detail: read.unusable };
  if (read.doubled.includes(id)) return { error: 'doubled', detail: 'the judge gave more than one verdict on it' };
  const fault = read.faults.get(id);
  return fault === undefined
    ? { error: 'missing', detail: 'the judge gave no verdict on it' }
    : { error: 'unusable', detail: fault };
}

/** What is wrong with the reply to a call about one answer, or one pair, as the judge is told it. */
export function faultOf(form: CallForm, text: string, { ids, criteria }: AskedCall): string {
  const read = form === 'ab' || form === 'ba' ? readPreference(text, [ids[0]!, ids[1]!]) : readSingle(text, criteria);
  return read.unusable ?? 'it is not a verdict on the answer asked about';
}
