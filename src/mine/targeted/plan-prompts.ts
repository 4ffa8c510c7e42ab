/** Plans the calls that ask for new prompts: which failures each shows, in whose place it writes, how difficult. */

import { difficulties, type Failure, type TargetedRow } from '../../contracts/mining.ts';
import { randomOf, shuffled } from '../../judge/asking/opaque-ids.ts';
import { builtInPersonas } from './personas.ts';
import type { Target, TargetedInput } from './targeted-input.ts';

/** Prompts that one call asks for: more of them grow alike, fewer pay the examples again and again. */
export const PROMPTS_A_CALL = 4;
/** Failures that one call shows at most. */
const MOST_SEEDS = 3;

/** A call to be made. */
export interface PromptPlan {
  /** Tells it from all others, and is the same whenever the same is planned. */
  id: string;
  target: Target;
  seeds: Failure[];
  /** null: in nobody's place. */
  persona: string | null;
  difficulty: TargetedRow['difficulty'];
  /** Prompts it asks for. */
  prompts: number;
  /** For the model's own random numbers. */
  seed: number;
}

/** Plans calls for `prompts` new prompts of a target, going on where it stopped: its members come in turn, in seeded order. */
export type PlanPrompts = (target: Target, prompts: number) => PromptPlan[];

export function openPlans({ options }: Pick<TargetedInput, 'options'>): PlanPrompts {
  const personas = options.personas ?? builtInPersonas;
  const turns = new Map<number, () => Omit<PromptPlan, 'prompts'>>();
  return (target, prompts) => {
    const { cluster } = target.pattern;
    const next = turns.get(cluster) ?? turnsOf(target, personas, options.seed);
    turns.set(cluster, next);
    const calls = Math.ceil(prompts / PROMPTS_A_CALL);
    return Array.from({ length: calls }, (_, at) => ({
      ...next(),
      prompts: Math.min(PROMPTS_A_CALL, prompts - at * PROMPTS_A_CALL),
    }));
  };
}

function turnsOf(target: Target, personas: string[], seed: number): () => Omit<PromptPlan, 'prompts'> {
  const { pattern, failures } = target;
  const own = `targeted ${seed} ${pattern.cluster}`;
  const members = shuffled(failures.length, `${own} members`);
  const order = shuffled(personas.length, `${own} personas`);
  const begin = Math.floor(randomOf(`${own} difficulty`)() * difficulties.length);
  let call = 0;
  let member = 0;
  return () => {
    const random = randomOf(`${own} call ${call}`);
    const shown = Math.min(failures.length, 1 + Math.floor(random() * MOST_SEEDS));
    const seeds = Array.from({ length: shown }, () => failures[members[member++ % members.length]!]!);
    const plan = {
      id: `${pattern.cluster}-${call}`,
      target,
      seeds,
      persona: personas[order[call % order.length] ?? 0] ?? null,
      difficulty: difficulties[(begin + call) % difficulties.length]!,
      seed: Math.floor(random() * 2 ** 31),
    };
    call += 1;
    return plan;
  };
}
