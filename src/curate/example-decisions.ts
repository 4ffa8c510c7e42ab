/** Tells which of the decisions that models agree on mean yes and which mean no, by their names. */

const names = {
  positive: ['strong yes', 'strongly agree', 'yes', 'pass', 'passed', 'true', 'good', 'positive', 'accept', 'accepted'],
  negative: [
    'strong no',
    'strongly disagree',
    'no',
    'fail',
    'failed',
    'false',
    'bad',
    'negative',
    'reject',
    'rejected',
  ],
};

export interface AgreedDecision {
  value: string;
  items: number;
}

/**
 * The decision that means the strongest yes (or no) and that at least `wanted` items agree on; else the most frequent
 * one that means it; null when none does.
 */
export function guessDecision(group: 'positive' | 'negative', agreed: AgreedDecision[], wanted: number): string | null {
  const matching = agreed
    .map((decision) => ({ ...decision, place: names[group].indexOf(plain(decision.value)) }))
    .filter(({ place }) => place !== -1);
  const enough = matching.filter(({ items }) => items >= wanted).sort((a, b) => a.place - b.place);
  const frequent = matching.sort((a, b) => b.items - a.items || a.place - b.place);
  return (enough[0] ?? frequent[0])?.value ?? null;
}

/** Lower case, words apart by single spaces, no punctuation at the ends: "STRONG_YES." is "strong yes". */
function plain(value: string): string {
  return value
    .toLowerCase()
    .replaceAll(/[\s_-]+/g, ' ')
    .replaceAll(/^[^\p{L}\p{N}]+|[^\p{L}\p{N}]+$/gu, '');
}
