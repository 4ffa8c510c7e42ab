/** Asks the judge for scores of answers, each in a call of its own. */

import type { EngineKind } from '../../contracts/engine.ts';
import { askingFor, callBody, readCall } from '../../judge/asking/call-form.ts';
import { defaultRubric } from '../../judge/asking/default-rubric.ts';
import { opaqueIds } from '../../judge/asking/opaque-ids.ts';
import { sendable } from './answer-call.ts';
import type { Spending } from './spending.ts';
import type { TargetedInput } from './targeted-input.ts';

export interface Answered {
  id: string;
  prompt: string;
  answer: string;
}

/** Scores of 10 at the places of the answers; null where the judge said nothing that can be read. */
export type JudgeAnswers = (answers: Answered[], purpose: string) => Promise<(number | null)[]>;

/** null: there is no judge. */
export function openJudge(input: TargetedInput, spending: Spending): JudgeAnswers | null {
  const judge = input.options.judge;
  if (judge === null) return null;
  const known = input.modelOf(judge);
  const { criteria } = input.rubric ?? defaultRubric;
  return async (items, purpose) => {
    const replies = await spending.ask({
      model: judge,
      purpose,
      items,
      callOf: (item) => ({ id: item.id, body: sendable(judgeBody(item, input, known?.engine), known) }),
    });
    return replies.map((reply, at) => {
      const ids = idsOf(items[at]!);
      const said = reply?.text == null ? undefined : readCall('one', reply.text, { ids, criteria })[0];
      return said !== undefined && 'score' in said ? said.score : null;
    });
  };
}

/** The call about one answer, in the form of a judge run's; nothing is known to be right, so there is no reference. */
export function judgeBody(
  item: Answered,
  { rubric = defaultRubric, asking: limits }: Pick<TargetedInput, 'rubric' | 'asking'>,
  engine: EngineKind | undefined,
) {
  const { prompt, answer } = item;
  const asking = askingFor('one', {
    ...(engine === undefined ? {} : { engine }),
    ...(limits === undefined ? {} : { limits }),
  });
  return callBody('one', rubric, {
    items: [{ prompt, answer, reference: null, other: null }],
    ids: idsOf(item),
    asking,
  });
}

/** Follows from the texts, so that the same answer makes the same call; its key stands in none of them. */
const idsOf = ({ prompt, answer }: Answered): string[] => opaqueIds(1, `targeted ${prompt} ${answer}`);
