/** Before and after: which patterns went and which came, between this analysis and a later judge run over the same items. */

import { Select, Table, Title } from '@mantine/core';
import type { CSSProperties } from 'react';
import type { WholeAnalysis } from '../../../src/contracts/analyses.ts';
import type { PatternComparison } from '../../../src/contracts/mining.ts';
import { momentText } from '../app/figures.ts';
import pageStyles from '../app/page.module.css';
import { Fault, Waiting } from '../app/states.tsx';
import { WideTable } from '../app/wide-table.tsx';
import { countText, percentText } from '../grid/cell-text.ts';
import styles from './analyses.module.css';
import { changeWords, comparisonSentence, differenceText, pText, sharesOf } from './comparison-words.ts';
import { MarkSign } from './pattern-text.tsx';
import { useComparison, useJudgeRunsOf } from './use-analyses.ts';

interface ComparisonProps {
  analysis: WholeAnalysis;
  after: string | null;
  choose: (judgeRunId: string | null) => void;
}

export function ComparisonSection({ analysis, after, choose }: ComparisonProps) {
  const runs = useJudgeRunsOf(analysis.test_dataset_id ?? analysis.dataset_id);
  const comparison = useComparison(analysis.id, after);
  const options = (runs.data ?? [])
    .filter(({ run }) => !analysis.judge_run_ids.includes(run.id))
    .map(({ run, model }) => ({ value: run.id, label: `${model} · ${momentText(run.created_at)}` }));
  const offered = after === null || options.some(({ value }) => value === after);
  return (
    <section aria-label="Before and after" className={styles.section}>
      <Title order={2}>Before and after</Title>
      <Select
        label="Compare with a later judge run over the same items"
        description="After the model was mended, run it over the same dataset and judge it the same way"
        placeholder={runs.isPending ? 'Loading …' : options.length === 0 ? 'There is no other judge run yet' : 'Choose'}
        maw="28rem"
        searchable
        clearable
        clearButtonProps={{ 'aria-label': 'Compare with none' }}
        nothingFoundMessage="No other judge run"
        data={offered ? options : [...options, { value: after, label: after }]}
        value={after}
        onChange={choose}
      />
      {runs.isError && <Fault error={runs.error} again={() => void runs.refetch()} />}
      {after !== null && comparison.isPending && <Waiting what="the comparison" />}
      {comparison.isError && <Fault title="They cannot be compared" error={comparison.error} />}
      {comparison.data && <Compared comparison={comparison.data} />}
    </section>
  );
}

function Compared({ comparison }: { comparison: PatternComparison }) {
  const { before, after, overall, unlike, notes } = comparison;
  return (
    <>
      <p className={styles.sentence}>{comparisonSentence(comparison)}</p>
      <p className={pageStyles.lead} style={{ margin: 0 }}>
        {before.model_id} before, {after.model_id} after. Overall{' '}
        {differenceText(overall.difference, overall.difference_ci)}, {pText(overall.p)}.
        {unlike > 0 && ` ${countText(unlike)} failures after are like no pattern.`}
      </p>
      <ChangeTable comparison={comparison} />
      <p className={styles.dim}>
        Bars: share of the items of a pattern that fail, before above and after below. Differences with 95 % intervals;
        p by McNemar’s exact test, two-sided. What shows no clear change may still have changed: its interval holds 0.
      </p>
      {notes.map((note) => (
        <p key={note} className={styles.dim}>
          {note}
        </p>
      ))}
    </>
  );
}

function ChangeTable({ comparison }: { comparison: PatternComparison }) {
  return (
    <WideTable label="Patterns before and after" from={960} verticalSpacing={6}>
      <Table.Thead>
        <Table.Tr>
          <Table.Th miw="12rem">Pattern</Table.Th>
          <Table.Th>Change</Table.Th>
          <Table.Th w="9rem">Share that fails</Table.Th>
          <Table.Th ta="right">Before</Table.Th>
          <Table.Th ta="right">After</Table.Th>
          <Table.Th ta="right">Mended</Table.Th>
          <Table.Th ta="right">Broken</Table.Th>
          <Table.Th>Difference</Table.Th>
          <Table.Th>p</Table.Th>
        </Table.Tr>
      </Table.Thead>
      <Table.Tbody>
        {comparison.patterns.map((one) => (
          <ChangeRow key={one.cluster} one={one} />
        ))}
      </Table.Tbody>
    </WideTable>
  );
}

function ChangeRow({ one }: { one: PatternComparison['patterns'][number] }) {
  const [before, after] = sharesOf(one);
  return (
    <Table.Tr>
      <Table.Th scope="row" fw={400} style={{ overflowWrap: 'anywhere' }}>
        <MarkSign cluster={one.cluster} /> {one.title}
      </Table.Th>
      <Table.Td>
        <span className={styles.change} data-change={one.change}>
          {changeWords[one.change]}
        </span>
      </Table.Td>
      <Table.Td>
        <div
          role="img"
          aria-label={`${percentText(before)} before, ${percentText(after)} after`}
          className={styles.bars}
          style={{ '--before': `${before * 100}%`, '--after': `${after * 100}%` } as CSSProperties}
        >
          <span />
          <span data-change={one.change} />
        </div>
      </Table.Td>
      <Table.Td ta="right">{countText(one.failed_before)}</Table.Td>
      <Table.Td ta="right">
        {countText(one.failed_after)} <span className={styles.dim}>of {countText(one.n)}</span>
      </Table.Td>
      <Table.Td ta="right">{countText(one.mended)}</Table.Td>
      <Table.Td ta="right">{countText(one.broken)}</Table.Td>
      <Table.Td className={pageStyles.nowrap!}>{differenceText(one.difference, one.difference_ci)}</Table.Td>
      <Table.Td className={pageStyles.nowrap!}>{pText(one.p)}</Table.Td>
    </Table.Tr>
  );
}
