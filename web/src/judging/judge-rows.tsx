/** Verdicts of a judge run by pages, narrowed by what the address says, each with its reasoning beside the answer. */

import { Anchor, Button, Group, SegmentedControl, Select, Title } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { Link } from 'react-router';
import { address } from '../api/client.ts';
import { Fault, Nothing, Waiting } from '../app/states.tsx';
import { itemQuery } from '../item/item-query.ts';
import { PromptView } from '../item/prompt-view.tsx';
import type { JudgePart } from './judge-page.tsx';
import { type JudgeView, parts, shows } from './judge-view.ts';
import styles from './judging.module.css';
import { isGoing, type ShownJudgment, useJudgments } from './use-judging.ts';
import { VerdictCard } from './verdict-card.tsx';

interface RowsProps extends JudgePart {
  categories: string[];
}

export function JudgeRows(props: RowsProps) {
  const { run, view } = props;
  const judgments = useJudgments(run.id, view, isGoing(run));
  const rows = judgments.data?.pages.flatMap(({ data }) => data) ?? [];
  return (
    <section id="rows" aria-label="Verdicts" style={{ scrollMarginTop: 'var(--head)' }}>
      <Title order={2} mb="xs">
        Verdicts
      </Title>
      <Filters {...props} />
      {judgments.isPending && <Waiting what="verdicts" />}
      {judgments.isError && <Fault error={judgments.error} again={() => void judgments.refetch()} />}
      {judgments.isSuccess && rows.length === 0 && <Nothing>No such verdict.</Nothing>}
      {rows.length > 0 && (
        <ul className={styles.cards} aria-label="Verdicts by item" aria-busy={judgments.isPlaceholderData}>
          {rows.map((row) => (
            <VerdictRow key={`${row.ordinal} ${row.judge} ${row.part}`} row={row} {...props} />
          ))}
        </ul>
      )}
      {judgments.hasNextPage && (
        <Button
          variant="default"
          mt="sm"
          loading={judgments.isFetchingNextPage}
          onClick={() => void judgments.fetchNextPage()}
        >
          More verdicts
        </Button>
      )}
    </section>
  );
}

const showNames = {
  all: 'All',
  passed: 'Passed',
  failed: 'Failed',
  errors: 'No verdict',
  disputed: 'Judges disagree',
} as const;
const partNames = {
  verdict: 'The verdict that counts',
  check: 'Judged alone as well',
  ab: 'A shown first',
  ba: 'B shown first',
} as const;

function Filters({ run, view, change, categories }: RowsProps) {
  const pairs = run.other_benchmark_id !== null;
  const usable = parts.filter((part) => part === 'verdict' || run.mode === (part === 'check' ? 'batch' : 'pairwise'));
  const named = categories.filter((name) => name !== 'none');
  return (
    <Group mb="sm" gap="sm" align="center">
      <SegmentedControl
        aria-label="Which verdicts"
        value={view.show}
        data={shows
          .filter((show) =>
            show === 'disputed' ? run.judges.length > 1 : !pairs || show === 'all' || show === 'errors',
          )
          .map((value) => ({ value, label: showNames[value] }))}
        onChange={(show) => change({ show: show as JudgeView['show'] })}
      />
      {(named.length > 1 || view.category !== null) && (
        <Select
          aria-label="Category"
          placeholder="All categories"
          clearable
          searchable
          w="12rem"
          data={view.category === null || named.includes(view.category) ? named : [...named, view.category]}
          value={view.category}
          onChange={(category) => change({ category })}
        />
      )}
      {usable.length > 1 && (
        <Select
          aria-label="Which part of the judging"
          w="13rem"
          allowDeselect={false}
          data={usable.map((value) => ({ value, label: partNames[value] }))}
          value={view.part}
          onChange={(part) => change({ part: part as JudgeView['part'] })}
        />
      )}
      {(run.judges.length > 1 || view.judge !== null) && (
        <Select
          aria-label="Whose verdicts"
          placeholder={run.mode === 'human' ? 'People together' : 'The panel’s verdicts'}
          clearable
          w="13rem"
          data={[...new Set([...run.judges, ...(view.judge === null ? [] : [view.judge])])]}
          value={view.judge}
          onChange={(judge) => change({ judge })}
        />
      )}
      <LabelPill view={view} change={change} />
    </Group>
  );
}

/** Says that only a cell of people's labels against the judge's is shown, and ends that. */
function LabelPill({ view, change }: Pick<JudgePart, 'view' | 'change'>) {
  const { labels, human, says } = view;
  if (labels === null && human === null && says === null) return null;
  const words = [human === null ? null : `people: ${human}`, says === null ? null : `judge: ${says}`];
  const said = words.filter((word) => word !== null).join(', ') || 'with labels of people';
  return (
    <Button
      size="compact-xs"
      variant="light"
      aria-label={`Only ${said}; show all`}
      onClick={() => change({ labels: null, human: null, says: null })}
    >
      only {said} ✕
    </Button>
  );
}

/** The verdict of a comparison is made of two. */
const bothOrders = 'Each order has its own reasoning: choose “A shown first” or “B shown first”.';

function VerdictRow({ row, run, names }: RowsProps & { row: ShownJudgment }) {
  const about = [
    ...(row.category === null ? [] : [row.category]),
    ...(row.part === 'verdict' && run.judges.length < 2 && run.mode !== 'human' ? [] : [`by ${row.judge}`]),
    ...(row.human === undefined || row.human === null ? [] : [`people: ${row.human}`]),
    ...(row.of === null || row.of < 2 || row.position === null
      ? []
      : [`place ${row.position + 1} of ${row.of} in its call`]),
  ];
  return (
    <VerdictCard
      title={
        <Anchor component={Link} inherit to={address('/', { dataset: run.dataset_id, item: row.candidate_id })}>
          {row.name}
        </Anchor>
      }
      verdict={row}
      {...(names.b === null ? {} : { other: row.other_content })}
      about={about}
      unreasoned={run.mode === 'pairwise' && row.part === 'verdict' ? bothOrders : undefined}
    >
      <Question datasetId={run.dataset_id} row={row} />
    </VerdictCard>
  );
}

/** What was asked, fetched once it is opened. */
function Question({ datasetId, row }: { datasetId: string; row: ShownJudgment }) {
  const [open, setOpen] = useState(false);
  const item = useQuery({ ...itemQuery(datasetId, row.candidate_id), enabled: open });
  return (
    <details className={styles.question} onToggle={({ currentTarget }) => setOpen(currentTarget.open)}>
      <summary>The question{row.expected === null ? '' : ', and what was expected'}</summary>
      {open && item.isPending && <Waiting what="the question" />}
      {open && item.isError && <Fault error={item.error} again={() => void item.refetch()} />}
      {open && item.data && <PromptView input={item.data.input} truth={row.expected} />}
    </details>
  );
}
