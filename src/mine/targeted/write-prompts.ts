/** Has new prompts written, and holds each against the test set and the prompts that are there. */

import type { DroppedFor, TargetedRow } from '../../contracts/mining.ts';
import { openNearDuplicates } from '../../datasets/sampling/near-duplicates.ts';
import { shownText } from '../../judge/asking/fence.ts';
import { answerText, sendable } from './answer-call.ts';
import { openLeakage } from './leakage.ts';
import type { PromptPlan } from './plan-prompts.ts';
import { promptBody } from './prompt-body.ts';
import { readPrompts } from './read-prompts.ts';
import type { Spending } from './spending.ts';
import { answersBy, type Draft, type TargetedInput } from './targeted-input.ts';

export interface WritePrompts {
  /** A draft for each prompt that was asked for: those without `dropped` are to be answered. */
  write(plans: PromptPlan[], purpose: string): Promise<Draft[]>;
  testRows: number;
}

/** Reads all of the test set first. */
export async function openWriting(input: TargetedInput, spending: Spending): Promise<WritePrompts> {
  const { options, modelOf } = input;
  const like = { threshold: options.near_duplicates, seed: options.seed };
  const leakage = await openLeakage(input.testPrompts, like);
  const rows = openNearDuplicates(like);
  let ordinal = 0;

  const draftOf = (plan: PromptPlan, written: string | undefined): Draft => {
    const prompt = shownText(written ?? '').trim();
    const row = rowOf(plan, { ordinal: ordinal++, prompt, options });
    const near = written === undefined ? null : leakage.of(prompt);
    const drop = (dropped: DroppedFor, found: typeof near = null): Draft => ({
      row: { ...row, dropped, like: found },
      tried: null,
    });
    if (written === undefined) return drop('unreadable');
    if (!/\p{L}/u.test(prompt)) return drop('empty');
    if (near !== null) return drop('near_duplicate_of_test_set', near);
    const other = rows.addUnlessNear(String(row.ordinal), prompt);
    return other === null ? { row, tried: triedBy(plan, input) } : drop('near_duplicate_of_row', other);
  };

  return {
    testRows: leakage.testRows,
    async write(plans, purpose) {
      const known = modelOf(options.model);
      const replies = await spending.ask({
        model: options.model,
        purpose,
        items: plans,
        callOf: (plan) => ({ id: plan.id, body: sendable(promptBody(plan, known, input), known) }),
      });
      // What the model was asked is not always what the test set holds: a template may have stood around it.
      for (const seed of plans.flatMap(({ seeds }) => seeds)) leakage.add(seed.candidate_id, seed.prompt);
      return plans.flatMap((plan, at) => {
        const written = readPrompts(answerText(replies[at]));
        return Array.from({ length: plan.prompts }, (_, nth) => draftOf(plan, written[nth]));
      });
    },
  };
}

function rowOf(
  { target, seeds, difficulty, persona }: PromptPlan,
  { ordinal, prompt, options }: { ordinal: number; prompt: string; options: TargetedInput['options'] },
): TargetedRow {
  const { cluster, title } = target.pattern;
  return {
    ordinal,
    cluster,
    pattern: title,
    prompt,
    answer: '',
    rejected: null,
    difficulty,
    persona,
    provenance: {
      seeds: seeds.map(({ candidate_id }) => candidate_id),
      prompt_model: options.model,
      answer_model: answersBy(options),
      rejected_model: null,
      judge: options.judge,
      score: null,
      rules: [],
    },
    dropped: null,
    like: null,
  };
}

/**
 * The first model that failed at a seed and can be asked. The model that answers is one only with a judge, which tells its wrong
 * try from another right one.
 */
export function triedBy({ seeds }: Pick<PromptPlan, 'seeds'>, { options, modelOf }: TargetedInput): string | null {
  const models = seeds.map(({ model_id }) => model_id);
  const asked = (model: string) => modelOf(model) !== null && (model !== answersBy(options) || options.judge !== null);
  return models.find(asked) ?? null;
}
