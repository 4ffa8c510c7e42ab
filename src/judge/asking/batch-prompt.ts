/** The call that judges many answers, each under an id without sense, in an order without sense. */

import { opaqueIds, shuffled } from './opaque-ids.ts';
import { type AskedRubric, type JudgeBody, type JudgeItem, rubricWords, verdictForm } from './rubric-words.ts';
import { fencedItems } from './single-prompt.ts';
import { type Asking, BATCH_REASONING, batchFormat, replyTokens } from './verdict-schema.ts';

/** An item at its place in a call. */
export type Placed<T> = T & {
  id: string;
  /** Its place in the list it was taken from. */
  from: number;
};

/**
 * The items of a call in the order in which the judge sees them, with their ids. The seed says both, so that a call can be
 * made again byte for byte; it has to hold something that no author of answers knows (see {@link opaqueIds}).
 */
export function placed<T extends object>(items: T[], seed: string): Placed<T>[] {
  const ids = opaqueIds(items.length, seed);
  return shuffled(items.length, seed).map((from, place) => ({ ...items[from]!, id: ids[place]!, from }));
}

/**
 * Body fields that ask for exactly one verdict on each item, in the order given. Rubric and instructions are the same in
 * every call and stand first; items and their ids stand last.
 */
export function batchRequest(
  rubric: AskedRubric,
  items: (JudgeItem & { id: string })[],
  options: Asking = {},
): JudgeBody {
  const { criteria } = rubric;
  const ids = items.map(({ id }) => id);
  const form = verdictForm(criteria, options.reasoningChars ?? BATCH_REASONING);
  const how = `You are given several items, in an order that means nothing. Judge each by itself, as if it were the only one. Reply
with one JSON object and nothing else. Its names are the ids of the items, each exactly once, in the order of the items;
the value of each is the verdict on that item:\n${form}`;
  const last = `Give exactly one verdict for each of these ${ids.length} ids: ${ids.join(', ')}`;
  return {
    messages: [
      { role: 'system', content: `${rubricWords(rubric)}\n\n${how}` },
      { role: 'user', content: `${fencedItems(items)}\n\n${last}` },
    ],
    response_format: batchFormat(criteria, ids, options),
    temperature: 0,
    max_tokens: replyTokens(criteria, ids.length, options),
  };
}
