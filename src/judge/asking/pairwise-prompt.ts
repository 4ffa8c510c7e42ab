/** The call that compares two answers to one task, and what its two orders say together. */

import type { Preference } from '../../contracts/judging.ts';
import { fence, keysFor, shownText } from './fence.ts';
import { type AskedRubric, type JudgeBody, reasonWords, rubricWords } from './rubric-words.ts';
import { type Asking, pairwiseFormat, replyTokens, SINGLE_REASONING } from './verdict-schema.ts';

/** A task with the two answers that are compared. */
export interface PairItem {
  prompt: string;
  a: string;
  b: string;
  /** The answer that was expected; null: they are compared without. */
  reference: string | null;
}

/** How a pair is asked about. */
export interface PairAsking extends Asking {
  /** Which answer stands first. */
  order: 'ab' | 'ba';
  /** The ids that stand for a and for b in this call (see opaqueIds); an answer cannot name its own to be preferred. */
  ids: readonly [a: string, b: string];
}

/** Body fields that ask which of two answers is better, or whether they are as good as each other. */
export function pairwiseRequest(rubric: AskedRubric, item: PairItem, options: PairAsking): JudgeBody {
  const [a, b] = options.ids;
  const ids = options.order === 'ab' ? [a, b] : [b, a];
  const words = reasonWords(options.reasoningChars ?? SINGLE_REASONING);
  const how = `You are given one task and two answers to it, in an order that means nothing. Weigh them against each other by the
criteria, and say which is better on the whole: the id of the better one, or "tie" where neither is. Reply with one JSON
object and nothing else:\n{"reasoning": "${words}", "preferred": an id or "tie", "confidence": 0 to 1}`;
  return {
    messages: [
      { role: 'system', content: `${rubricWords(rubric)}\n\n${how}` },
      {
        role: 'user',
        content: `${fencedPair(item, options)}\n\nWhich is better: ${ids.join(' or ')}, or is it a tie?`,
      },
    ],
    response_format: pairwiseFormat(ids, options),
    temperature: 0,
    max_tokens: replyTokens([], null, options),
  };
}

function fencedPair({ prompt, reference, a, b }: PairItem, { ids, order }: PairAsking): string {
  const task = {
    TASK: shownText(prompt),
    ...(reference === null ? {} : { REFERENCE: shownText(reference) }),
  };
  const answers = [shownText(a), shownText(b)];
  const keys = keysFor([...ids, 'task'], [...Object.values(task), ...answers]);
  const fenced = answers.map((ANSWER, at) => fence(`${ids[at]} ${keys[at]}`, { ANSWER }));
  return [fence(`task ${keys[2]}`, task), ...(order === 'ab' ? fenced : fenced.reverse())].join('\n');
}

/**
 * What both orders say together. Only what holds in both counts: where the orders differ, also where one says tie, the
 * verdict followed the order and is undecided (Zheng et al., arXiv 2306.05685, section 3.4, call a win only what wins in both).
 */
export function combineOrders(ab: Preference, ba: Preference): Preference {
  return ab === ba ? ab : 'undecided';
}
