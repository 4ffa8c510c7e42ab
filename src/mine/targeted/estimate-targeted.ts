/** Says before targeted data is made what it will take: calls, tokens and cost, and how each figure came about. */

import { targetsOf } from './generate-targeted.ts';
import { PROMPTS_A_CALL } from './plan-prompts.ts';
import { costOfNeeds, rowNeeds, times } from './row-needs.ts';
import type { TargetedInput } from './targeted-input.ts';

/** Nothing of it counts rows that are dropped: `most_factor` times as much is the end in any case. */
export interface TargetedEstimate {
  rows: number;
  calls: number;
  prompt_tokens: number;
  completion_tokens: number;
  /** USD; null where a model has no price. */
  cost: number | null;
  most_factor: number;
  /** In words. */
  basis: string;
}

/** @throws AssayError invalid_parameter for a cluster without a pattern. Nothing is asked. */
export async function estimateTargeted(input: Omit<TargetedInput, 'testPrompts'>): Promise<TargetedEstimate> {
  const { options, modelOf } = input;
  const targets = await targetsOf(input);
  const rows = targets.reduce((sum, { wanted }) => sum + wanted, 0);
  const needs = rowNeeds({ ...input, testPrompts: [] }, targets);
  const all = [...needs.row, ...needs.tried].map((need) => times(need, rows));
  const sum = (field: 'prompt' | 'completion') => Math.round(all.reduce((total, need) => total + need[field], 0));
  const written = targets.reduce((total, { wanted }) => total + Math.ceil(wanted / PROMPTS_A_CALL), 0);
  const others = [...needs.row.slice(1), ...needs.tried].reduce((total, need) => total + need.calls, 0);
  const cost = costOfNeeds(all, modelOf);
  return {
    rows,
    calls: written + Math.round(others * rows),
    prompt_tokens: sum('prompt'),
    completion_tokens: sum('completion'),
    cost,
    most_factor: options.max_factor,
    basis:
      `One call for ${PROMPTS_A_CALL} prompts, one for each answer${options.judge === null ? '' : ', one to judge it'}` +
      `${needs.tried.length === 0 ? '' : ", and the same for the failing model's own try"}. Prompts: calls made from the failures and not sent, ` +
      'at the tokens their characters usually make. Replies: the most they may take. ' +
      `As if no row were dropped; with rows that are, up to ${options.max_factor} times as much. ` +
      `Cost: ${cost === null ? 'unknown, as a model has no price; state it with price: in models.yaml, or in the table of ASSAY_PRICES_FILE' : "by the models' prices"}.`,
  };
}
