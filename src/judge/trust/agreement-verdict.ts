/** Says in plain words what a judge's agreement with people means, and how many labels are still missing. */

import type { Share } from './wilson.ts';

/** What a judge has to reach; the numbers that judges are usually held to are the default. */
export interface AgreementMarks {
  /** Kappa below it is red. */
  kappa: number;
  /** Of what people pass, and of what they fail, the judge has to get more than this share right. */
  rate: number;
  /** Labels in all, as many of each kind. */
  labels: number;
}

export const defaultMarks: AgreementMarks = { kappa: 0.6, rate: 0.8, labels: 100 };

export interface Verdict {
  /** unknown: the labels do not allow a verdict. */
  level: 'red' | 'amber' | 'green' | 'unknown';
  /** Whether kappa's interval holds 0 or lies below it; null where there is none. */
  chance: boolean | null;
  words: string;
}

interface Figures {
  n: number;
  kappa: number | null;
  kappaInterval: [low: number, high: number] | null;
  truePositiveRate: Share | null;
  trueNegativeRate: Share | null;
}

type Labels = Record<string, { have: number; missing: number }>;

/** `counts`: how often people gave each label. */
export function verdictOn(
  figures: Figures,
  counts: Map<string, number>,
  given: Partial<AgreementMarks> = {},
): { labels: Labels; verdict: Verdict } {
  const marks = { ...defaultMarks, ...given };
  const each = Math.ceil(marks.labels / Math.max(2, counts.size));
  const labels: Labels = Object.fromEntries(
    [...counts].map(([label, have]) => [label, { have, missing: Math.max(0, each - have) }]),
  );
  const verdict = levelOf(figures, labels, marks);
  return { labels, verdict: { ...verdict, words: `${verdict.words}${stillMissing(figures.n, labels, marks)}` } };
}

function levelOf(figures: Figures, labels: Labels, marks: AgreementMarks): Verdict {
  const { n, kappa, kappaInterval: interval } = figures;
  if (n === 0) return { level: 'unknown', chance: null, words: 'No labels yet.' };
  if (kappa === null || interval === null) {
    const words =
      kappa === null
        ? `People and judge say one and the same of all ${n} answers, so there is no telling whether the judge sees a difference.`
        : `${counted(n)} are too few for an interval of kappa.`;
    return { level: 'unknown', chance: null, words };
  }
  const said = `kappa ${rounded(kappa)} (${rounded(interval[0])} to ${rounded(interval[1])}) over ${counted(n)}`;
  if (interval[1] < 0)
    return { level: 'red', chance: true, words: `Worse than chance: ${said}. Do not rely on this judge.` };
  if (interval[0] <= 0)
    return { level: 'red', chance: true, words: `No better than chance: ${said}. Do not rely on this judge.` };
  if (kappa < marks.kappa)
    return { level: 'red', chance: false, words: `Better than chance, but weak: ${said}, below ${marks.kappa}.` };
  const low = lowRates(figures, marks.rate);
  if (low.length > 0)
    return { level: 'amber', chance: false, words: `Agrees well: ${said}, but ${low.join(' and ')}.` };
  const short = Object.values(labels).some(({ missing }) => missing > 0);
  return { level: short ? 'amber' : 'green', chance: false, words: `Agrees well: ${said}.` };
}

function lowRates({ truePositiveRate, trueNegativeRate }: Figures, mark: number): string[] {
  const said = (share: Share | null, does: string, what: string) =>
    share?.value == null || share.value > mark
      ? []
      : [`it ${does} only ${Math.round(100 * share.value)} % of what people ${what}`];
  return [...said(truePositiveRate, 'passes', 'pass'), ...said(trueNegativeRate, 'fails', 'fail')];
}

/** Labels that a balanced set lacks, in words; none where nobody has labelled, since then nothing is known of what there is. */
function stillMissing(n: number, labels: Labels, marks: AgreementMarks): string {
  if (n === 0) return ` About ${marks.labels} random ones, half of them of each kind, are needed.`;
  const lacking = Object.entries(labels).filter(([, { missing }]) => missing > 0);
  if (lacking.length === 0) return '';
  const list = lacking.map(([label, { missing }]) => `${missing} more "${label}"`).join(' and ');
  return ` For a figure to rely on, label ${list}.`;
}

const counted = (n: number) => `${n} label${n === 1 ? '' : 's'}`;

function rounded(figure: number): string {
  return figure.toFixed(2).replace(/^-(0\.00)$/, '$1');
}
