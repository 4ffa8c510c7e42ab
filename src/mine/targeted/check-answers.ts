/** Has drafts answered, and drops those whose answer a rule or the judge does not let pass. */

import { answerCall, answerText } from './answer-call.ts';
import { basicRules } from './basic-rules.ts';
import type { JudgeAnswers } from './judge-answers.ts';
import type { Spending } from './spending.ts';
import { answersBy, type Draft, type TargetedInput } from './targeted-input.ts';

/** Drafts that are still to become rows. */
export const live = (drafts: Draft[]): Draft[] => drafts.filter(({ row }) => row.dropped === null);

/** Answers the live ones; an answer that is empty or fails a rule drops its draft. */
export async function answerDrafts(drafts: Draft[], on: { input: TargetedInput; spending: Spending; purpose: string }) {
  const { options, modelOf } = on.input;
  const model = answersBy(options);
  const items = live(drafts);
  const replies = await on.spending.ask({
    model,
    purpose: on.purpose,
    items,
    // Prompts are to be various, their answers right.
    callOf: ({ row }) =>
      answerCall(`row-${row.ordinal}`, row.prompt, { known: modelOf(model), options, temperature: 0 }),
  });
  for (const [at, { row }] of items.entries()) {
    const reply = replies[at];
    row.answer = answerText(reply);
    if (row.answer === '') row.dropped = 'empty';
    else {
      const { failed, asked } = basicRules(reply!);
      row.provenance.rules = failed.length > 0 ? failed : asked;
      if (failed.length > 0) row.dropped = 'rule';
    }
  }
}

/** Judges the live ones; a score below the threshold, or none that can be read, drops a draft. */
export async function judgeDrafts(drafts: Draft[], judge: JudgeAnswers, on: { threshold: number; purpose: string }) {
  const items = live(drafts);
  const scores = await judge(
    items.map(({ row: { ordinal, prompt, answer } }) => ({ id: `row-${ordinal}`, prompt, answer })),
    on.purpose,
  );
  for (const [at, { row }] of items.entries()) {
    const score = scores[at] ?? null;
    row.provenance.score = score;
    if (score === null) row.dropped = 'unreadable';
    else if (score < on.threshold) row.dropped = 'judge';
  }
}
