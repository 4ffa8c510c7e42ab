/** Asks the models that failed for their own try at new prompts: the rejected answers of preference data. */

import { answerCall, answerText } from './answer-call.ts';
import type { JudgeAnswers } from './judge-answers.ts';
import type { Spending } from './spending.ts';
import type { Draft, TargetedInput } from './targeted-input.ts';

interface On {
  input: TargetedInput;
  spending: Spending;
  judge: JudgeAnswers | null;
}

/**
 * Gives each of `drafts` the answer that its failing model makes up now, where that differs from the right one and, with a judge, is
 * judged below the threshold. An answer to the old prompt would be none to this one.
 */
export async function addWrongTries(drafts: Draft[], { input, spending, judge }: On): Promise<void> {
  const { options, modelOf } = input;
  const tries: { draft: Draft; text: string }[] = [];
  for (const [model, items] of Map.groupBy(drafts, ({ tried }) => tried)) {
    if (model === null) continue;
    const on = { known: modelOf(model), options, temperature: options.temperature };
    const replies = await spending.ask({
      model,
      purpose: 'targeted data: own tries of the failing model',
      items,
      callOf: ({ row }) => answerCall(`try-${row.ordinal}`, row.prompt, on),
    });
    for (const [at, draft] of items.entries()) {
      const text = answerText(replies[at]);
      if (text !== '' && plain(text) !== plain(draft.row.answer)) tries.push({ draft, text });
    }
  }
  const scores = await judge?.(
    tries.map(({ draft: { row }, text }) => ({ id: `try-${row.ordinal}`, prompt: row.prompt, answer: text })),
    'targeted data: own tries judged',
  );
  for (const [at, { draft, text }] of tries.entries()) {
    if (scores !== undefined && (scores[at] ?? Number.POSITIVE_INFINITY) >= options.threshold) continue;
    draft.row.rejected = text;
    draft.row.provenance.rejected_model = draft.tried;
  }
}

/** Equal but for white space is equal. */
const plain = (text: string): string => text.replace(/\s+/g, ' ').trim();
