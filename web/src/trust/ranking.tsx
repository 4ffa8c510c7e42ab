/** Models ranked by all stored comparisons over a dataset (Bradley-Terry), with how sure each rank is. */

import { Select, Table } from '@mantine/core';
import { useState } from 'react';
import type { RankingObject } from '../../../src/contracts/trust.ts';
import { Fault, Nothing, Waiting } from '../app/states.tsx';
import { WideTable } from '../app/wide-table.tsx';
import { countText } from '../grid/cell-text.ts';
import styles from './trust.module.css';
import { eloSpan, spanText } from './trust-text.ts';
import { useRanking } from './use-trust.ts';

export function Ranking({ datasetId, judges }: { datasetId: string; judges: readonly string[] }) {
  const [judge, setJudge] = useState<string | null>(null);
  const [ties, setTies] = useState<'half' | 'left_out'>('half');
  const query = useRanking(datasetId, judge, ties);
  const ranking = query.data;
  const who = [
    { value: '', label: 'all judges' },
    { value: 'human', label: 'people' },
    ...judges.filter((name) => name !== 'human' && name !== '').map((name) => ({ value: name, label: name })),
  ];
  return (
    <section className={styles.part} aria-labelledby="trust-ranking">
      <h3 id="trust-ranking">Ranking of the models over this dataset</h3>
      <div className={styles.choices}>
        <Select
          label="Comparisons by"
          data={who}
          value={judge ?? ''}
          allowDeselect={false}
          onChange={(name) => setJudge(name || null)}
        />
        <Select
          label="Ties"
          data={[
            { value: 'half', label: 'count as half' },
            { value: 'left_out', label: 'are left out' },
          ]}
          value={ties}
          allowDeselect={false}
          onChange={(value) => setTies(value === 'left_out' ? 'left_out' : 'half')}
        />
      </div>
      {query.isPending && <Waiting what="the ranking" />}
      {query.isError && <Fault error={query.error} again={() => void query.refetch()} />}
      {ranking?.warnings.map((warning) => (
        <p key={warning} className={styles.warning}>
          {warning}
        </p>
      ))}
      {ranking && ranking.models.length === 0 && <Nothing>No comparison is stored.</Nothing>}
      {ranking && ranking.models.length > 0 && <RankTable ranking={ranking} />}
    </section>
  );
}

function RankTable({ ranking }: { ranking: RankingObject }) {
  const several = ranking.groups.length > 1;
  return (
    <>
      <WideTable label="Ranking of the models" from={620} fz="xs" verticalSpacing={4}>
        <Table.Thead>
          <Table.Tr>
            <Table.Th>Model</Table.Th>
            {several && <Table.Th ta="right">Group</Table.Th>}
            <Table.Th ta="right">Rank</Table.Th>
            <Table.Th ta="right">Rank, 95 %</Table.Th>
            <Table.Th ta="right">Elo</Table.Th>
            <Table.Th ta="right">Elo, 95 %</Table.Th>
            <Table.Th ta="right">Won</Table.Th>
            <Table.Th ta="right">Lost</Table.Th>
            <Table.Th ta="right">Ties</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {ranking.models.map((model) => (
            <Table.Tr key={model.model}>
              <Table.Th scope="row" fw={400} style={{ overflowWrap: 'anywhere' }}>
                {model.model}
              </Table.Th>
              {several && <Table.Td ta="right">{model.group + 1}</Table.Td>}
              <Table.Td ta="right">{model.rank}</Table.Td>
              <Table.Td ta="right">{spanText(model.rank_interval)}</Table.Td>
              <Table.Td ta="right">{Math.round(model.elo)}</Table.Td>
              <Table.Td ta="right">{spanText(eloSpan(model))}</Table.Td>
              <Table.Td ta="right">{countText(model.wins)}</Table.Td>
              <Table.Td ta="right">{countText(model.losses)}</Table.Td>
              <Table.Td ta="right">{countText(model.ties)}</Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </WideTable>
      <p className={styles.note}>
        By {countText(ranking.comparisons)} comparisons. Models whose intervals overlap are not told apart.
      </p>
    </>
  );
}
