/** How far people agree among themselves: kappa of each two, Krippendorff's alpha, and how often all say the same. */

import { cohensKappa, krippendorffAlpha } from '../../compare/agreement.ts';
import { bootstrap } from '../../compare/bootstrap.ts';
import { patternsOf } from '../../compare/patterns.ts';
import type { TrustPanel } from '../../contracts/trust.ts';
import type { Labels } from './panel-labels.ts';
import { shareOf } from './wilson.ts';

/** People whose kappas are told, those with the most labels: the pairs grow with the square. */
const mostPeople = 10;

/** null where no answer has two labels. Who was unsure of an answer has no label there. */
export function peopleAmongThemselves({ said }: Labels): TrustPanel['people'] {
  const each = [...said.values()].map((labels) => new Map([...labels].filter(([, label]) => label !== null)));
  const twice = each.filter((labels) => labels.size > 1);
  if (twice.length === 0) return null;
  const unanimous = twice.filter((labels) => new Set(labels.values()).size === 1).length;
  return {
    kappas: kappasOf(twice as Map<string, string>[]),
    ...alphaOf(twice as Map<string, string>[]),
    unanimous: shareOf(unanimous, twice.length),
  };
}

function kappasOf(answers: Map<string, string>[]): NonNullable<TrustPanel['people']>['kappas'] {
  const counts = new Map<string, number>();
  for (const labels of answers) for (const person of labels.keys()) counts.set(person, (counts.get(person) ?? 0) + 1);
  const people = [...counts]
    .sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1))
    .slice(0, mostPeople)
    .map(([person]) => person)
    .sort();
  return people.flatMap((a, at) =>
    people.slice(at + 1).flatMap((b) => {
      const both = answers.filter((labels) => labels.has(a) && labels.has(b));
      if (both.length === 0) return [];
      const patterns = patternsOf([both.map((labels) => labels.get(a)!), both.map((labels) => labels.get(b)!)]);
      const kappaOf = cohensKappa(patterns);
      const kappa = kappaOf(patterns.counts);
      return [{ a, b, n: both.length, kappa, kappa_ci: kappa === null ? null : bootstrap(patterns.counts, kappaOf) }];
    }),
  );
}

/** Who said what does not matter to alpha, so the labels of an answer stand in any order. */
function alphaOf(answers: Map<string, string>[]): { alpha: number | null; alpha_ci: [number, number] | null } {
  const most = Math.max(...new Set(answers.map(({ size }) => size)));
  const rows = answers.map((labels) => [...labels.values()].sort());
  const patterns = patternsOf(Array.from({ length: most }, (_, at) => rows.map((row) => row[at] ?? null)));
  const statistic = krippendorffAlpha(patterns);
  const alpha = statistic(patterns.counts);
  return { alpha, alpha_ci: alpha === null ? null : bootstrap(patterns.counts, statistic) };
}
