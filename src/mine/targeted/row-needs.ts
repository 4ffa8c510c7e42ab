/** Says what one row takes of each model, by calls that are made and not sent. */

import type { TargetedOptions } from '../../contracts/mining.ts';
import { estimateTokens } from '../../judge/asking/tokens.ts';
import { judgeBody } from './judge-answers.ts';
import { openPlans, PROMPTS_A_CALL, type PromptPlan } from './plan-prompts.ts';
import { promptBody } from './prompt-body.ts';
import { costIn } from './spending.ts';
import { answersBy, type Target, type TargetedInput } from './targeted-input.ts';
import { triedBy } from './write-prompts.ts';

/** Patterns whose calls are measured, and calls of each. */
const MEASURED_PATTERNS = 50;
const MEASURED_CALLS = 3;

/** Calls and tokens of a model for one row; completion tokens are the most that its replies may take. */
export interface Need {
  model: string;
  calls: number;
  prompt: number;
  completion: number;
}

export interface RowNeeds {
  /** To write, answer and judge a row. */
  row: Need[];
  /** For the failing model's own try at a row that is kept, and its judging, times the share of rows that have such a model. */
  tried: Need[];
}

type Body = { messages: { content: string }[]; max_tokens: number };

export function rowNeeds(input: TargetedInput, targets: Target[]): RowNeeds {
  const { options, modelOf } = input;
  const plan = openPlans(input);
  const plans = targets.slice(0, MEASURED_PATTERNS).flatMap((target) => plan(target, MEASURED_CALLS * PROMPTS_A_CALL));
  const known = modelOf(options.model);
  const asked = plans.map((one) => promptBody(one, known, input));
  // A new prompt is about as long as those it is made from.
  const prompts = plans.flatMap(({ seeds }) => seeds.map(({ prompt }) => prompt));
  const promptTokens = mean(prompts.map(estimateTokens));
  const written: Need = {
    model: options.model,
    calls: 1 / PROMPTS_A_CALL,
    prompt: mean(asked.map(tokensOf)) / PROMPTS_A_CALL,
    completion: mean(asked.map(({ max_tokens }) => max_tokens)) / PROMPTS_A_CALL,
  };
  const answered = (model: string): Need => ({ model, calls: 1, prompt: promptTokens, completion: options.max_tokens });
  const judged = judgeNeeds(input, promptTokens);
  const tries = triesOf(plans, input);
  return {
    row: [written, answered(answersBy(options)), ...judged],
    tried: tries.flatMap(({ model, share }) => [answered(model), ...judged].map((need) => times(need, share))),
  };
}

/** USD for what is needed; null where a model has no price. */
export function costOfNeeds(needs: Need[], modelOf: TargetedInput['modelOf']): number | null {
  const costs = needs.map((need) => costIn(need.model, modelOf(need.model), need));
  return costs.some((cost) => cost === null) ? null : costs.reduce<number>((sum, cost) => sum + cost!, 0);
}

export const times = (need: Need, factor: number): Need => ({
  model: need.model,
  calls: need.calls * factor,
  prompt: need.prompt * factor,
  completion: need.completion * factor,
});

function judgeNeeds(input: TargetedInput, promptTokens: number): Need[] {
  const { judge, max_tokens }: TargetedOptions = input.options;
  if (judge === null) return [];
  const body = judgeBody({ id: '', prompt: '', answer: '' }, input, input.modelOf(judge)?.engine);
  return [{ model: judge, calls: 1, prompt: tokensOf(body) + promptTokens + max_tokens, completion: body.max_tokens }];
}

/** The models that failed, with the share of rows that each is asked about. */
function triesOf(plans: PromptPlan[], input: TargetedInput): { model: string; share: number }[] {
  const byModel = Map.groupBy(plans, (plan) => triedBy(plan, input));
  return [...byModel].flatMap(([model, of]) => (model === null ? [] : [{ model, share: of.length / plans.length }]));
}

const tokensOf = ({ messages }: Body): number =>
  messages.reduce((sum, { content }) => sum + estimateTokens(content), 0);

const mean = (values: number[]): number =>
  values.length === 0 ? 0 : values.reduce((sum, value) => sum + value, 0) / values.length;
