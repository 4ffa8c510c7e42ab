/** Makes the task of an item as it goes to Label Studio: its data, its meta, and the pre-labels of its answers. */

import { createHash } from 'node:crypto';
import { plainText as storableText } from '../../../compare/plain-data.ts';
import type { Control, Mapping } from '../../../contracts/label-studio.ts';
import type { AnnotationKind } from '../../../contracts/workbench.ts';
import { plainText } from '../../../datasets/input-text.ts';
import type { Entry, EntryAnswer } from '../../entries.ts';
import type { ProjectRow, SlotAnswer } from '../rows.ts';
import type { NewPrediction, NewTask, RemoteResult } from '../wire/client.ts';
import { isSameValue, ownValue } from './answer-field.ts';
import { contentHash } from './content-hash.ts';
import { correctedField } from './corrected-field.ts';
import { modelOrder } from './slot-order.ts';

/** The model_version of Assay's own prediction, which all pre-labels stand in. */
export const assayVersion = 'assay';

export interface TaskPlan {
  project: Pick<ProjectRow, 'project_id' | 'models' | 'blind' | 'seed' | 'mapping'>;
  /** 1 - disagreement, of [0, 1]. */
  score: number;
  cluster: number | null;
  /** Drawn at random, not chosen. */
  audit: boolean;
  /** What a model is called in the task's meta: its id, or a key that does not tell it. */
  slotKey(model: string): string;
}

export interface MadeTask {
  task: NewTask;
  /** By block. A model that has not answered the item has none. */
  answers: Record<string, SlotAnswer>;
  /** sha256 of the task's data, and of its predictions; see contentHash. */
  dataHash: Buffer;
  predictionsHash: Buffer;
}

/** A block of the task; `answer` is null where the model has not answered the item. */
interface Block {
  slot: string;
  model: string;
  answer: EntryAnswer | null;
}

/** The same entry and plan always make the same task. Of the entry's answers those of current runs are shown. */
export function makeTask(entry: Entry, of: TaskPlan): MadeTask {
  const { project, audit } = of;
  const { mapping } = project;
  const order = modelOrder({ ...project, itemId: entry.itemId });
  const blocks: Block[] = mapping.slots.flatMap((slot, at) => {
    const model = order[at];
    const answer = entry.answers.find(({ modelId, current }) => current && modelId === model);
    return model === undefined ? [] : [{ slot, model, answer: answer ?? null }];
  });
  const keys = Object.fromEntries(blocks.map(({ slot, model }) => [slot, of.slotKey(model)]));
  const task: NewTask = {
    data: dataOf(entry, mapping, blocks),
    meta: { assay: { project: project.project_id, item: entry.itemId, audit, slots: keys } },
    predictions: predictionsOf(blocks, of),
  };
  const answers = blocks.flatMap(({ slot, answer }) => (answer === null ? [] : [[slot, slotAnswer(answer)]]));
  return {
    task,
    answers: Object.fromEntries(answers),
    dataHash: contentHash(task.data),
    predictionsHash: contentHash(task.predictions),
  };
}

function slotAnswer({ modelId, runId, content }: EntryAnswer): SlotAnswer {
  const answer_hash = content === null ? '' : createHash('sha256').update(content).digest('hex');
  return { model_id: modelId, run_id: runId ?? '', answer_hash };
}

function dataOf(entry: Entry, mapping: Mapping, blocks: Block[]): Record<string, string> {
  const answers = blocks.map(({ slot, answer }) => [mapping.answer_fields[slot]!, shownText(answer)]);
  return {
    assay_item: entry.itemId,
    name: storableText(entry.name),
    category: storableText(entry.category ?? ''),
    ...Object.fromEntries(answers),
    [mapping.input_field]: storableText(plainText(entry.input)),
  };
}

function shownText(answer: EntryAnswer | null): string {
  if (answer === null) return '(no answer: not answered)';
  return contentOf(answer) ?? `(no answer: ${answer.errorCode ?? 'no content'})`;
}

/** What there is to judge; null for a failed answer, which takes no pre-label. */
const contentOf = (answer: EntryAnswer | null): string | null => (answer?.ok ? answer.content : null);

function predictionsOf(blocks: Block[], { project, score, cluster }: TaskPlan): NewPrediction[] {
  const { mapping, blind } = project;
  const judged = blocks.map((block) => ({ ...block, said: preLabelOf(block.answer) }));
  const results = new Map(judged.map((block) => [block.slot, blockResults(mapping, block)]));
  const golden = judged.filter(({ said }) => said?.kind === 'golden');
  const best = golden.length === 1 ? choiceOf(mapping, { means: 'best', slot: null }, golden[0]!.slot) : [];
  const more = { score: shareOf(score), ...(cluster === null ? {} : { cluster }) };
  const all = { model_version: assayVersion, ...more, result: [...[...results.values()].flat(), ...best] };
  if (blind) return [all];
  const each = judged
    // A model of that very name has its pre-labels in the one of all.
    .filter(({ answer, model }) => contentOf(answer) !== null && model !== assayVersion)
    .map(({ slot, model }) => ({ model_version: model, ...more, result: results.get(slot)! }));
  return [all, ...each];
}

/** As a float of 4 bytes, which it is kept as, so that it hashes alike before and after. */
const shareOf = (score: number): number => Math.round(Math.fround(Math.min(1, Math.max(0, score || 0))) * 1e6) / 1e6;

interface PreLabel {
  kind: AnnotationKind;
  content: string | null;
}

/** What a person says of it here, else what the expected answer says. */
function preLabelOf(answer: EntryAnswer | null): PreLabel | null {
  if (answer === null || contentOf(answer) === null) return null;
  if (answer.said !== null && (answer.said.holds || answer.said.kind === 'fix')) return answer.said;
  return answer.correct === null ? null : { kind: answer.correct ? 'golden' : 'wrong', content: null };
}

function blockResults(mapping: Mapping, { slot, answer, said }: Block & { said: PreLabel | null }): RemoteResult[] {
  const content = contentOf(answer);
  if (content === null) return [];
  const results = said === null ? [] : choiceOf(mapping, { means: 'verdict', slot }, said.kind);
  const fix = mapping.controls.find((control) => control.means === 'fix' && control.slot === slot);
  if (fix !== undefined && said?.kind === 'fix') results.push(resultOf(fix, { text: [said.content ?? ''] }));
  const fields = mapping.controls.filter((control) => control.means === 'field' && control.slot === slot);
  return [...results, ...fields.flatMap((control) => fieldResult(mapping, control, content))];
}

/** The answer's own value, where it is one of the choices. */
function fieldResult(mapping: Mapping, control: Control, content: string): RemoteResult[] {
  const own = ownValue(content, correctedField(mapping, control));
  if (own === null) return [];
  const choices = Object.entries(control.values);
  const exact = choices.find(([, value]) => value === own) ?? choices.find(([, value]) => isSameValue(value, own));
  return exact === undefined ? [] : [resultOf(control, { choices: [exact[0]] })];
}

/** The first choice that means `value` of the control for it; none where the project has no such control or choice. */
function choiceOf(mapping: Mapping, of: Pick<Control, 'means' | 'slot'>, value: string): RemoteResult[] {
  const control = mapping.controls.find(({ means, slot }) => means === of.means && slot === of.slot);
  const choice = Object.entries(control?.values ?? {}).find(([, meaning]) => meaning === value);
  return control === undefined || choice === undefined ? [] : [resultOf(control, { choices: [choice[0]] })];
}

const resultOf = (control: Control, value: Record<string, unknown>): RemoteResult => ({
  id: control.name,
  from_name: control.name,
  to_name: control.to_name,
  type: control.type,
  value,
});
