/** The call that judges one answer. */

import { fence, keysFor, shownText } from './fence.ts';
import { type AskedRubric, type JudgeBody, type JudgeItem, rubricWords, verdictForm } from './rubric-words.ts';
import { type Asking, replyTokens, SINGLE_REASONING, singleFormat } from './verdict-schema.ts';

/**
 * Body fields that ask for a verdict on one answer: reasons first, then a score for each criterion. The overall score is
 * not asked for; it is the mean of the criteria by their weights (see overallScore). `id` stands for the answer, and is
 * one of {@link opaqueIds}: with another id the same item makes another body, with the same one the same body.
 */
export function singleRequest(rubric: AskedRubric, item: JudgeItem, options: Asking & { id: string }): JudgeBody {
  const { criteria } = rubric;
  const form = verdictForm(criteria, options.reasoningChars ?? SINGLE_REASONING);
  return {
    messages: [
      { role: 'system', content: `${rubricWords(rubric)}\n\nReply with one JSON object and nothing else:\n${form}` },
      { role: 'user', content: `${fencedItems([{ ...item, id: options.id }])}\n\nGive your verdict on this answer.` },
    ],
    response_format: singleFormat(criteria, options),
    temperature: 0,
    max_tokens: replyTokens(criteria, null, options),
  };
}

/** The texts of the items, each within its fence, with keys that stand in none of them. */
export function fencedItems(items: (JudgeItem & { id: string })[]): string {
  const parts = items.map(({ prompt, answer, reference }) => ({
    TASK: shownText(prompt),
    ...(reference === null ? {} : { REFERENCE: shownText(reference) }),
    ANSWER: shownText(answer),
  }));
  const keys = keysFor(
    items.map(({ id }) => id),
    parts.flatMap((texts) => Object.values(texts)),
  );
  return parts.map((texts, at) => fence(`${items[at]!.id} ${keys[at]}`, texts)).join('\n\n');
}
