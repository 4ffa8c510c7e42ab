/** Makes Label Studio tasks: the item as data, the models' answers as predictions, what people say as annotations. */

import { plainText } from '../datasets/input-text.ts';
import type { Entry, EntryAnswer } from './entries.ts';
import { type ExportOf, originOf } from './export-rows.ts';

/**
 * One task of an import. A labeling configuration for it names a Text `prompt` (value `$prompt`), a TextArea `answer`,
 * and Choices `decision` and `judgement` (golden, fix, wrong) for it.
 */
export function labelTask(entry: Entry, of: ExportOf) {
  const { itemId, name, category, truth, input, answers } = entry;
  const said = answers.filter((answer) => answer.said !== null);
  return {
    data: { candidate_id: itemId, name, category, truth, prompt: plainText(input), input },
    predictions: answers
      .filter((answer) => answer.ok && answer.runId !== null)
      .map((answer) => ({
        model_version: answer.modelId,
        result: [...answerRegion(answer.content ?? ''), ...choice('decision', answer.decision)],
        meta: originOf(answer, of),
      })),
    annotations: said.map((answer) => ({
      ground_truth: answer.said!.kind !== 'wrong',
      result: [
        ...answerRegion(answer.said!.content ?? answer.content ?? ''),
        ...choice('judgement', answer.said!.kind),
        ...choice('decision', answer.said!.kind === 'fix' ? null : answer.decision),
      ],
      meta: originOf(answer, of),
    })),
    meta: { dataset_id: of.datasetId, exported_at: of.exportedAt, annotators: annotatorsOf(said) },
  };
}

const annotatorsOf = (said: EntryAnswer[]): string[] => [...new Set(said.map((answer) => answer.said!.annotator))];

const answerRegion = (text: string) => [
  { id: 'answer', from_name: 'answer', to_name: 'prompt', type: 'textarea', value: { text: [text] } },
];

const choice = (name: string, value: string | null) =>
  value === null
    ? []
    : [{ id: name, from_name: name, to_name: 'prompt', type: 'choices', value: { choices: [value] } }];
