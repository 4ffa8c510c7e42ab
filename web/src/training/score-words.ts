/** Scores, losses, movements, rungs and evaluations as short words. */

import type { DtypeRung, Evaluation, movements, ScoreName } from '../../../src/contracts/predictions.ts';

export type Movement = (typeof movements)[number];

/** In the order of the API; how samples moved, first what changed. */
export const shownMovements = [
  'learned',
  'forgotten',
  'flapping',
  'right',
  'wrong',
  'unknown',
] as const satisfies Movement[];

export const movementWords: Record<Movement, string> = {
  learned: 'Learned',
  forgotten: 'Forgotten',
  flapping: 'Flapping',
  right: 'Always right',
  wrong: 'Always wrong',
  unknown: 'Not known',
};

export const movementMeanings: Record<Movement, string> = {
  learned: 'Wrong at first, then right to the end',
  forgotten: 'Was right, and is wrong at the end',
  flapping: 'Changed between right and wrong more than twice',
  right: 'Right at every evaluation',
  wrong: 'Wrong at every evaluation',
  unknown: 'Fewer than two predictions with this score',
};

const scoreWords: Record<ScoreName, string> = {
  exact_match: 'Exact match',
  token_f1: 'Token F1',
  rouge_l: 'ROUGE-L',
  chrf: 'chrF',
};
const known = Object.keys(scoreWords);

/** Other scores go by the name that the trainer gave them. */
export const scoreText = (name: string): string => scoreWords[name as ScoreName] ?? name;

/** Names of all scores that are told: the known ones in their order, then the others. */
export function scoreNamesOf(scored: readonly { scores: Record<string, number | null> }[]): string[] {
  const names = new Set(scored.flatMap(({ scores }) => Object.keys(scores).filter((name) => scores[name] !== null)));
  return [...known.filter((name) => names.has(name)), ...[...names].filter((name) => !known.includes(name)).sort()];
}

/** "0.83", "1", "–". */
export const figureText = (value: number | null | undefined): string =>
  value === null || value === undefined ? '–' : String(Number(value.toFixed(3)));

/** Perplexity of a mean negative log-likelihood in nats: "4.2", "1,234", "> 1,000,000". */
export function perplexityText(nll: number): string {
  const perplexity = Math.exp(nll);
  if (perplexity > 1e6) return '> 1,000,000';
  const format = { maximumSignificantDigits: perplexity < 1000 ? 3 : 4 };
  return new Intl.NumberFormat('en', format).format(perplexity);
}

export const rungWords: Record<DtypeRung, string> = {
  as_is: 'as the model is',
  autocast: 'under autocast of the training’s dtype',
  unpatched: 'with autocast off and the forward unpatched',
};

/** "2", "0.25": epochs as a trainer counts them. */
export const epochText = (epoch: number): string => String(Number(epoch.toFixed(4)));

const hookWords: Record<string, string> = {
  train_begin: 'before the training',
  train_end: 'at its end',
};

/** "epoch 2, step 24", "epoch 0, step 0, before the training". */
export function evaluationText({ epoch, step, hook }: Pick<Evaluation, 'epoch' | 'step' | 'hook'>): string {
  const when = hookWords[hook];
  return `epoch ${epochText(epoch)}, step ${step.toLocaleString('en')}${when === undefined ? '' : `, ${when}`}`;
}
