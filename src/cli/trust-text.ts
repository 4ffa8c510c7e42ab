/** Writes a trust panel and a ranking for a terminal: the verdict in words first, then the figures it rests on. */

import type { AgreementObject, RankingObject, TrustPanel } from '../contracts/trust.ts';
import { clean, count, percent, table, wrap } from './text.ts';

const figure = (value: number | null): string => (value === null ? 'not defined' : value.toFixed(2));
const between = (interval: [number, number] | null, write: (value: number) => string): string =>
  interval === null ? '' : ` (${write(interval[0])} to ${write(interval[1])})`;
const rate = (value: number): string => `${(100 * value).toFixed(1)} %`;

/** Lines of at most `width` columns. */
export function trustLines(panel: TrustPanel, width: number): string[] {
  const { agreement } = panel;
  return [
    ...wrap(`${clean(panel.judge)}, ${agreement.verdict.level}: ${clean(agreement.verdict.words)}`, width),
    '',
    ...table(figuresOf(agreement), width),
    ...confusionOf(agreement, width),
    ...groupsOf('By category', panel.categories, width),
    ...groupsOf('By rubric version', panel.rubric_versions, width),
    '',
    ...peopleOf(panel, width),
    '',
    ...correctedOf(panel, width),
    ...(panel.biases.length > 0 ? [''] : []),
    ...panel.biases.flatMap(({ sentence }) => wrap(clean(sentence), width)),
  ];
}

function figuresOf(one: AgreementObject): string[][] {
  const share = (name: string, of: AgreementObject['accuracy'] | null) =>
    of === null || of.value === null
      ? []
      : [[name, percent(of.value), `${between(of.interval, percent).trim()} ${count(of.hits)} of ${count(of.n)}`]];
  return [
    ['kappa', figure(one.kappa), between(one.kappa_ci, figure).trim()],
    ...share('same verdict', one.accuracy),
    ...share('passes what people pass', one.true_positive_rate),
    ...share('fails what people fail', one.true_negative_rate),
    ...(one.unusable === 0 ? [] : [['no usable verdict', count(one.unusable), 'counted as wrong']]),
  ];
}

function confusionOf({ confusion }: AgreementObject, width: number): string[] {
  if (confusion.length === 0) return [];
  const rows = confusion.map(({ human, judge, n }) => [
    clean(human),
    judge === null ? 'unusable' : clean(judge),
    count(n),
  ]);
  return ['', ...table([['people', 'judge', 'answers'], ...rows], width)];
}

/** Of one group there is nothing beside the figures of all. */
function groupsOf(title: string, groups: TrustPanel['categories'], width: number): string[] {
  if (groups.length < 2) return [];
  const rows = groups.map((one) => [
    clean(one.group),
    `${count(one.n)} labels`,
    `kappa ${figure(one.kappa)}${between(one.kappa_ci, figure)}`,
    `same ${percent(one.accuracy.value)}`,
  ]);
  return ['', title, ...table(rows, width)];
}

function peopleOf({ labels, people }: TrustPanel, width: number): string[] {
  const sources = labels.sources.map(({ name, n }) => `${clean(name)} ${count(n)}`).join(', ') || 'none';
  const left =
    labels.without_majority === 0 ? '' : `; ${count(labels.without_majority)} without a majority are left out`;
  const lines = wrap(
    `Labels: ${count(labels.n)} answers, ${count(labels.audit)} of them of the random sample${left}. From: ${sources}.`,
    width,
  );
  if (people === null) return lines;
  const { kappas, alpha, alpha_ci, unanimous } = people;
  const pairs = kappas.map(({ a, b, n, kappa, kappa_ci }) => [
    `${clean(a)}, ${clean(b)}`,
    `kappa ${figure(kappa)}${between(kappa_ci, figure)}`,
    `${count(n)} answers`,
  ]);
  return [
    ...lines,
    ...table(pairs, width),
    ...wrap(
      `People among themselves: alpha ${figure(alpha)}${between(alpha_ci, figure)}; all say the same of ${percent(unanimous.value)}.`,
      width,
    ),
  ];
}

function correctedOf({ corrected, corrected_problem: problem }: TrustPanel, width: number): string[] {
  if (corrected === null) return wrap(`No corrected rate: ${clean(problem ?? 'there is none')}`, width);
  const { labels_only: alone } = corrected;
  return [
    ...table(
      [
        ['rate over all, corrected', rate(corrected.rate), between(corrected.ci, rate).trim()],
        ['labels of the sample alone', rate(alone.rate), between(alone.ci, rate).trim()],
        ['judge alone, as it is', rate(corrected.judge_only), ''],
      ],
      width,
    ),
    ...corrected.warnings.flatMap((warning) => wrap(clean(warning), width)),
  ];
}

/** Models by rank, each group of comparable ones for itself. */
export function rankingLines({ models, groups, comparisons, warnings }: RankingObject, width: number): string[] {
  if (models.length === 0)
    return ['No comparison of models is stored for this dataset. Make one with: --mode pairwise'];
  const lines = [`${count(comparisons)} comparisons`];
  for (const at of groups.keys()) {
    const rows = models
      .filter(({ group }) => group === at)
      .map((one) => [
        `${one.rank}.`,
        clean(one.model),
        `Elo ${one.elo.toFixed(0)}`,
        `rank ${one.rank_interval[0]} to ${one.rank_interval[1]}`,
        `won ${count(one.wins)}, lost ${count(one.losses)}, tied ${count(one.ties)}`,
      ]);
    lines.push('', ...table(rows, width));
  }
  return [
    ...lines,
    ...(warnings.length > 0 ? [''] : []),
    ...warnings.flatMap((warning) => wrap(clean(warning), width)),
  ];
}
