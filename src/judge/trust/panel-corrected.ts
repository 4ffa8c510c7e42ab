/** The rate over all answers, from a judge's verdicts of all of them and people's labels of a random sample. */

import type { TrustPanel } from '../../contracts/trust.ts';
import type { Labels } from './panel-labels.ts';
import { type JudgeVerdict, labelBy, numberOf } from './panel-verdicts.ts';
import { ppiMean } from './ppi.ts';

/** An interval needs a spread. */
const FEWEST = 2;

/** What an unusable verdict counts. Any fixed number keeps the corrected rate unbiased: the labels correct it as well. */
const UNUSABLE = 0.5;

/**
 * PPI++ over the answers that the judge was to judge and that are there; a failed request has no answer that could pass.
 * Only labels of the random sample (see panel-labels.ts) go in. Unusable verdicts count as 0.5. Answers of the sample that
 * have no majority stand with those without a label, and the figures say so: then the rate is of answers that people decide.
 */
export function correctedRate(
  verdicts: JudgeVerdict[],
  labels: Labels,
  threshold: number,
): Pick<TrustPanel, 'corrected' | 'corrected_problem'> {
  const input = { labels: [] as number[], judged: [] as number[], unlabelled: [] as number[] };
  let undecided = 0;
  for (const verdict of verdicts) {
    if (!verdict.there) continue;
    const said = labelBy(verdict, threshold);
    const value = said === null ? UNUSABLE : numberOf(said);
    const drawn = labels.audit.has(verdict.ordinal);
    const label = drawn ? labels.majority.get(verdict.ordinal) : undefined;
    if (label === undefined) {
      input.unlabelled.push(value);
      if (drawn) undecided += 1;
      continue;
    }
    input.labels.push(numberOf(label));
    input.judged.push(value);
  }
  if (input.labels.length < FEWEST)
    return { corrected: null, corrected_problem: problemOf(labels, input.labels.length) };
  const { value, interval, lambda, labelsOnly, judgeOnly, warnings } = ppiMean(input);
  return {
    corrected: {
      labelled: input.labels.length,
      unlabelled: input.unlabelled.length,
      rate: value,
      ci: interval,
      lambda,
      labels_only: { rate: labelsOnly.value, ci: labelsOnly.interval },
      judge_only: judgeOnly,
      warnings: undecided === 0 ? warnings : [...warnings, leftOut(undecided)],
    },
    corrected_problem: null,
  };
}

const leftOut = (n: number): string =>
  `${n} answer${n === 1 ? '' : 's'} of the random sample ${n === 1 ? 'has' : 'have'} no majority of labels; the rate is that of the others.`;

function problemOf(labels: Labels, n: number): string {
  if (n > 0) return 'One label of the random sample is too few for an interval; label more of it.';
  if (labels.majority.size === 0) return 'There are no labels yet; label some answers of the random sample.';
  return 'No label is of the random sample, and labels of picked answers say nothing of all answers; label some of the sample.';
}
