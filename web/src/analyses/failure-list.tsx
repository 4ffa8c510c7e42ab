/** Failures as cards: those that a pattern, a category, a model or a mark on the map chooses, each fetched when it is shown. */

import { Anchor, Button, Title } from '@mantine/core';
import { useQueries } from '@tanstack/react-query';
import { useState } from 'react';
import { Link } from 'react-router';
import type { WholeAnalysis } from '../../../src/contracts/analyses.ts';
import { address } from '../api/client.ts';
import { Fault, Nothing, Waiting } from '../app/states.tsx';
import { countText } from '../grid/cell-text.ts';
import { Prose } from '../item/prose.tsx';
import { scoreText } from '../judging/judge-text.tsx';
import judgingStyles from '../judging/judging.module.css';
import { Part } from '../judging/verdict-card.tsx';
import styles from './analyses.module.css';
import type { AnalysisView } from './analysis-view.ts';
import { MarkSign } from './pattern-text.tsx';
import { titleOf } from './pattern-words.ts';
import { failureQuery, type ShownFailure, useFailures } from './use-analyses.ts';

interface FailureListProps {
  analysis: WholeAnalysis;
  clustering: string | null;
  view: AnalysisView;
  change: (part: Partial<AnalysisView>) => void;
  /** Ordinals marked on the map; null: none. */
  caught: readonly number[] | null;
  release: () => void;
}

export function FailureList(props: FailureListProps) {
  const { analysis, clustering, view, caught } = props;
  const failures = useFailures({ id: analysis.id, clustering, view }, caught === null);
  const rows = failures.data?.pages.flatMap(({ data }) => data) ?? [];
  return (
    <section aria-label="Failures">
      <Title order={2} mb="xs">
        Failures
      </Title>
      <Narrowed {...props} />
      {caught !== null ? (
        <FailuresAt
          key={`${caught.length} ${caught[0]} ${caught.at(-1)}`}
          analysis={analysis}
          clustering={clustering}
          ordinals={caught}
          label="Failures marked on the map"
        />
      ) : (
        <>
          {failures.isPending && <Waiting what="failures" />}
          {failures.isError && <Fault error={failures.error} again={() => void failures.refetch()} />}
          {failures.isSuccess && rows.length === 0 && <Nothing>No such failure.</Nothing>}
          <Cards analysis={analysis} rows={rows} label="Failures chosen" busy={failures.isPlaceholderData} />
          {failures.hasNextPage && (
            <Button
              variant="default"
              mt="sm"
              loading={failures.isFetchingNextPage}
              onClick={() => void failures.fetchNextPage()}
            >
              More failures
            </Button>
          )}
        </>
      )}
    </section>
  );
}

/** What narrows the list now, each with what takes it away. */
function Narrowed({ analysis, view, change, caught, release }: FailureListProps) {
  const found = analysis.found.find(({ cluster }) => cluster.cluster === view.cluster);
  const pills: [text: string, end: () => void][] = [];
  if (caught !== null) pills.push([`${countText(caught.length)} marked on the map`, release]);
  else {
    if (view.cluster !== null)
      pills.push([found ? titleOf(found) : `pattern ${view.cluster + 1}`, () => change({ cluster: null })]);
    if (view.category !== null) pills.push([`category ${view.category}`, () => change({ category: null })]);
    if (view.model !== null) pills.push([`model ${view.model}`, () => change({ model: null })]);
  }
  if (pills.length === 0) return null;
  return (
    <div className={styles.pills}>
      {pills.map(([text, end]) => (
        <Button key={text} size="compact-xs" variant="light" aria-label={`Only ${text}; show all`} onClick={end}>
          only {text} ✕
        </Button>
      ))}
    </div>
  );
}

const AT_ONCE = 8;

/** Failures by their ordinals, some at a time. */
export function FailuresAt(props: {
  analysis: WholeAnalysis;
  clustering: string | null;
  ordinals: readonly number[];
  label: string;
}) {
  const { analysis, clustering, ordinals, label } = props;
  const [shown, show] = useState(AT_ONCE);
  const queries = useQueries({
    queries: ordinals.slice(0, shown).map((ordinal) => failureQuery(analysis.id, clustering, ordinal)),
  });
  const fault = queries.find(({ error }) => error !== null);
  const rows = queries.flatMap(({ data }) => (data ? [data] : []));
  return (
    <>
      {fault && <Fault error={fault.error} again={() => void fault.refetch()} />}
      {queries.some(({ isPending }) => isPending) && <Waiting what="failures" />}
      <Cards analysis={analysis} rows={rows} label={label} busy={false} />
      {ordinals.length > shown && (
        <Button variant="default" mt="sm" onClick={() => show(shown + AT_ONCE)}>
          More of the {countText(ordinals.length)}
        </Button>
      )}
    </>
  );
}

function Cards(props: { analysis: WholeAnalysis; rows: ShownFailure[]; label: string; busy: boolean }) {
  const { analysis, rows, label, busy } = props;
  if (rows.length === 0) return null;
  return (
    <ul className={judgingStyles.cards} aria-label={label} aria-busy={busy}>
      {rows.map((row) => (
        <FailureCard key={row.ordinal} analysis={analysis} row={row} />
      ))}
    </ul>
  );
}

function FailureCard({ analysis, row }: { analysis: WholeAnalysis; row: ShownFailure }) {
  const dataset = analysis.test_dataset_id ?? analysis.dataset_id;
  const about = [
    row.category,
    analysis.model_ids.length > 1 ? row.model_id : null,
    row.score === null ? null : `${scoreText(row.score)} of 10`,
    row.judge === null ? null : `by ${row.judge}`,
  ].filter((text) => text !== null);
  return (
    <li className={judgingStyles.card}>
      <header className={judgingStyles.cardHead}>
        {row.cluster !== null && <MarkSign cluster={row.cluster} />}
        <h3>
          {dataset === null ? (
            row.name
          ) : (
            <Anchor component={Link} inherit to={address('/', { dataset, item: row.candidate_id })}>
              {row.name}
            </Anchor>
          )}
        </h3>
        <span className={styles.dim}>{about.join(' · ')}</span>
      </header>
      <div className={judgingStyles.cardBody}>
        <Part name="Why it is wrong">
          {row.reason === null ? <p className={styles.dim}>No reason was given.</p> : <Prose text={row.reason} />}
          {row.criteria.length > 0 && <p className={styles.dim}>Failed: {row.criteria.join(', ')}</p>}
        </Part>
        <Part name="Question">
          <Prose text={row.prompt} />
        </Part>
        <Part name="Answer">
          {row.answer === null ? <p className={styles.dim}>There is no answer.</p> : <Prose text={row.answer} />}
          {row.expected !== null && (
            <>
              <h4>Expected</h4>
              <Prose text={row.expected} />
            </>
          )}
        </Part>
      </div>
    </li>
  );
}
