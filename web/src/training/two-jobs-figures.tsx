/** The figures of two jobs on the same samples: how many both, one or none gets right, and mean scores with their difference. */

import { Table, Title } from '@mantine/core';
import type { Prediction } from '../../../src/contracts/predictions.ts';
import { WideTable } from '../app/wide-table.tsx';
import { probability } from '../compare/figures-text.ts';
import { countText, percentText } from '../grid/cell-text.ts';
import { countStandings, pairedMean, type SamplePair, type Standing } from './match-samples.ts';
import { mcnemar } from './mcnemar.ts';
import styles from './predictions.module.css';
import type { TwoJobsView } from './predictions-view.ts';
import { trendOf } from './score-trend.ts';
import { figureText, scoreNamesOf, scoreText } from './score-words.ts';
import { TrendArrow } from './trend-arrow.tsx';

export const standingWords: Record<Standing, string> = {
  both: 'Both right',
  only_a: 'Only A right',
  only_b: 'Only B right',
  neither: 'Neither right',
  untold: 'Not comparable',
};

interface RightCountsProps {
  pairs: readonly SamplePair<Prediction>[];
  view: TwoJobsView;
  choose: (standing: Standing | null) => void;
}

/** Each count narrows the list to its samples. */
export function RightCounts({ pairs, view, choose }: RightCountsProps) {
  const counts = countStandings(pairs, view);
  const told = pairs.length - counts.untold;
  const shown = (['both', 'only_a', 'only_b', 'neither', 'untold'] as const).filter(
    (standing) => standing !== 'untold' || counts.untold > 0 || view.standing === 'untold',
  );
  return (
    <section aria-label="Who is right" className={styles.section}>
      <Title order={2}>Who is right</Title>
      <fieldset aria-label="Samples by who is right" className={styles.standings}>
        {shown.map((standing) => (
          <button
            key={standing}
            type="button"
            className={styles.standing}
            aria-pressed={view.standing === standing}
            onClick={() => choose(view.standing === standing ? null : standing)}
          >
            <span>{standingWords[standing]}</span> <b>{countText(counts[standing])}</b>{' '}
            {standing !== 'untold' && told > 0 && <small>{percentText(counts[standing] / told)}</small>}
          </button>
        ))}
      </fieldset>
      <p className={styles.sentence}>{sentenceOf(counts, told)}</p>
      {counts.untold > 0 && (
        <p className={styles.dim}>
          Not comparable: one of the two could not be made, or has no {scoreText(view.score)}. These are in no count.
        </p>
      )}
    </section>
  );
}

/** "A is right at 3 of 8 samples, B at 6. Of the 5 that only one got right …; McNemar’s exact test, two-sided: p = 0.375." */
function sentenceOf(counts: Record<Standing, number>, told: number): string {
  if (told === 0) return 'No sample can be compared by this score.';
  const [a, b] = [counts.both + counts.only_a, counts.both + counts.only_b];
  const said = `A is right at ${countText(a)} of ${countText(told)} samples, B at ${countText(b)}.`;
  const apart = counts.only_a + counts.only_b;
  if (apart === 0) return `${said} They are right at the very same ones.`;
  const p = mcnemar(counts.only_a, counts.only_b);
  const verdict =
    p < 0.05
      ? `${counts.only_a > counts.only_b ? 'A' : 'B'} is better by more than chance explains`
      : 'chance alone explains as much';
  return `${said} Where only one is right, ${verdict}: ${countText(counts.only_a)} to ${countText(counts.only_b)}, ${probability(p)} (McNemar’s exact test, two-sided).`;
}

export function MeanTable({ pairs }: { pairs: readonly SamplePair<Prediction>[] }) {
  const names = scoreNamesOf(pairs.flatMap(({ a, b }) => [a, b]));
  const rows = [
    ...names.map((name) => ({
      name: scoreText(name),
      lower: false,
      mean: pairedMean(pairs, ({ scores }) => scores[name] ?? null),
    })),
    { name: 'Loss on the truth, nats a token', lower: true, mean: pairedMean(pairs, ({ truth_nll }) => truth_nll) },
  ];
  return (
    <section aria-label="Mean scores" className={styles.section}>
      <Title order={2}>Mean scores</Title>
      <WideTable label="Mean scores of A and B" from={420} fz="xs" verticalSpacing={4} maw="40rem">
        <Table.Thead>
          <Table.Tr>
            <Table.Th>Score</Table.Th>
            <Table.Th ta="right">A</Table.Th>
            <Table.Th ta="right">B</Table.Th>
            <Table.Th>B less A</Table.Th>
            <Table.Th ta="right">Samples</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {rows.map(
            ({ name, lower, mean }) =>
              mean !== null && (
                <Table.Tr key={name}>
                  <Table.Th scope="row" fw={400}>
                    {name}
                  </Table.Th>
                  <Table.Td ta="right">{figureText(mean.a)}</Table.Td>
                  <Table.Td ta="right">{figureText(mean.b)}</Table.Td>
                  <Table.Td>
                    <TrendArrow trend={trendOf(mean.a, mean.b, lower)} since="A" />
                  </Table.Td>
                  <Table.Td ta="right">{countText(mean.pairs)}</Table.Td>
                </Table.Tr>
              ),
          )}
        </Table.Tbody>
      </WideTable>
    </section>
  );
}
