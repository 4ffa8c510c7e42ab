/** The flags that the commands of analyses share, as the fields of the bodies that they send: only what was stated. */

import type { Command } from 'commander';
import { AssayError } from '../errors.ts';
import { budgetOf, numberOf } from './judge.ts';

/** How failures are grouped and named. */
export interface FindingFlags {
  embeddings?: string;
  minSize?: string;
  labelModel?: string;
  labelJudge?: string;
}

/** What targeted data is made with. */
export interface TargetedFlags {
  rows?: string;
  generateModel?: string;
  answerModel?: string;
  targetedJudge?: string;
  answerTokens?: string;
  maxFactor?: string;
  balance?: string;
  clusters?: string;
  budgetUsd?: string;
  budgetCalls?: string;
}

/** Adds the flags of FindingFlags. */
export function addFindingFlags(command: Command): Command {
  return command
    .option('--embeddings <model>', "model that embeds the failures, or tfidf for none (default: the server's)")
    .option('--min-size <n>', 'failures of a cluster at least (default: by their number)')
    .option('--label-model <model>', 'model that names the patterns (default: none; their terms do)')
    .option('--label-judge <model>', 'model that tests the names (default: the one that gives them)');
}

/** `cluster` and `label` of a new analysis. @throws AssayError invalid_parameter */
export function findingOf(flags: FindingFlags): { cluster: Record<string, unknown>; label: Record<string, unknown> } {
  const model = flags.embeddings === 'tfidf' ? null : flags.embeddings;
  return {
    cluster: stated({ model, min_size: numberIn('--min-size', flags.minSize) }),
    label: stated({ model: flags.labelModel, judge: flags.labelJudge }),
  };
}

/** `generate` of an analysis; undefined where none of it was asked for. @throws AssayError usage, invalid_parameter */
export function targetedOf(flags: TargetedFlags): Record<string, unknown> | undefined {
  const { rows, answerModel, targetedJudge, answerTokens, maxFactor, balance, clusters } = flags;
  const model = flags.generateModel ?? answerModel;
  const wanted = [rows, model, targetedJudge, answerTokens, maxFactor, balance, clusters].some(
    (flag) => flag !== undefined,
  );
  if (!wanted) return undefined;
  if (model === undefined)
    throw new AssayError('usage', {
      problem: 'Name the model that writes the targeted data: --generate-model (assay generate: --model).',
    });
  return stated({
    model,
    answer_model: answerModel,
    judge: targetedJudge,
    rows: numberIn('--rows', rows),
    max_tokens: numberIn('--answer-tokens', answerTokens),
    max_factor: numberIn('--max-factor', maxFactor),
    balance,
    clusters: clusters?.split(',').map((one) => numberOf('--clusters', one)),
    budget: budgetOf(flags),
  });
}

/** The number a flag states, where it was stated. @throws AssayError invalid_parameter */
export const numberIn = (param: string, text: string | undefined): number | undefined =>
  text === undefined ? undefined : numberOf(param, text);

/** Without the fields that nothing was said of: their defaults are the server's. */
export function stated(fields: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
}
