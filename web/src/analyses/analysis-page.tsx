/** One analysis: its steps, the map and the patterns of its failures, the data against them, and how they went. */

import { Alert, Anchor, Text, Title } from '@mantine/core';
import { useState } from 'react';
import { Link, useParams, useSearchParams } from 'react-router';
import type { WholeAnalysis } from '../../../src/contracts/analyses.ts';
import { momentText } from '../app/figures.ts';
import pageStyles from '../app/page.module.css';
import { Fault, Nothing, Waiting } from '../app/states.tsx';
import { countText } from '../grid/cell-text.ts';
import styles from './analyses.module.css';
import { AnalysisActions } from './analysis-actions.tsx';
import { AnalysisStatusBadge } from './analysis-text.tsx';
import { type AnalysisView, readAnalysisView, writeAnalysisView } from './analysis-view.ts';
import { ComparisonSection } from './comparison-section.tsx';
import { FailureList } from './failure-list.tsx';
import { FailureMapView } from './failure-map.tsx';
import { PatternCard } from './pattern-card.tsx';
import { PatternList } from './pattern-list.tsx';
import { StepLine } from './step-line.tsx';
import { clusteringOf } from './step-words.ts';
import { TargetedSection } from './targeted-section.tsx';
import { isGoing, useAnalysis, useMap } from './use-analyses.ts';

export function AnalysisPage() {
  const { id = '' } = useParams();
  const query = useAnalysis(id);
  return (
    <div className={pageStyles.page}>
      <title>Failures · Assay</title>
      <Anchor component={Link} to="/failures">
        All analyses
      </Anchor>
      {query.isPending && <Waiting what="the analysis" />}
      {query.isError && !query.data && <Fault error={query.error} again={() => void query.refetch()} />}
      {query.data && <OneAnalysis key={id} analysis={query.data} />}
    </div>
  );
}

function OneAnalysis({ analysis }: { analysis: WholeAnalysis }) {
  const [view, change] = useAnalysisView();
  return (
    <>
      <Head analysis={analysis} />
      {analysis.problem !== null && (
        <Alert role="alert" color="red" variant="light" p="xs">
          <Text size="sm" c="var(--ink)" style={{ overflowWrap: 'anywhere' }}>
            {analysis.problem}
          </Text>
        </Alert>
      )}
      <StepLine analysis={analysis} />
      <Patterns analysis={analysis} view={view} change={change} />
      {analysis.targeted !== null && <TargetedSection analysis={analysis} targeted={analysis.targeted} />}
      {analysis.found.length > 0 && (
        <ComparisonSection analysis={analysis} after={view.after} choose={(after) => change({ after })} />
      )}
    </>
  );
}

/** What is shown, as it stands in the address, so that a link shows the same. */
function useAnalysisView(): [AnalysisView, (part: Partial<AnalysisView>) => void] {
  const [params, setParams] = useSearchParams();
  return [
    readAnalysisView(params),
    (part) =>
      setParams((now) => writeAnalysisView({ ...readAnalysisView(now), ...part }), {
        replace: true,
        preventScrollReset: true,
      }),
  ];
}

function Head({ analysis }: { analysis: WholeAnalysis }) {
  const { vectors } = analysis;
  return (
    <>
      <div className={pageStyles.head}>
        <h1 style={{ flexBasis: '14rem' }}>{analysis.name}</h1>
        <AnalysisStatusBadge analysis={analysis} />
        <AnalysisActions analysis={analysis} />
      </div>
      <p className={pageStyles.lead}>
        {analysis.source === 'import' ? 'Judged answers made elsewhere' : analysis.model_ids.join(', ')}
        {vectors !== null &&
          ` · likeness by ${vectors.by === 'tfidf' ? 'words (TF-IDF)' : (vectors.model ?? 'an embeddings model')}`}{' '}
        · created {momentText(analysis.created_at)} · <span className={pageStyles.mono}>{analysis.id}</span>
      </p>
    </>
  );
}

interface PatternsProps {
  analysis: WholeAnalysis;
  view: AnalysisView;
  change: (part: Partial<AnalysisView>) => void;
}

function Patterns({ analysis, view, change }: PatternsProps) {
  const clustering = clusteringOf(analysis);
  const map = useMap(analysis.id, clustering);
  const [caught, setCaught] = useState<readonly number[] | null>(null);
  if (clustering === null || analysis.failures === 0) return <NoPatterns analysis={analysis} />;
  const choose = (cluster: number | null) => {
    setCaught(null);
    change({ cluster, category: null, model: null });
  };
  const found = analysis.found.find(({ cluster }) => cluster.cluster === view.cluster);
  return (
    <>
      <section aria-label="Patterns of failures">
        <Title order={2} mb="xs">
          Patterns
        </Title>
        <div className={styles.sight}>
          <div>
            {map.isPending && <Waiting what="the map" />}
            {map.isError && <Fault error={map.error} again={() => void map.refetch()} />}
            {map.data && (
              <FailureMapView
                analysis={analysis}
                clustering={clustering}
                map={map.data}
                chosen={view.cluster}
                choose={choose}
                caught={caught}
                mark={setCaught}
              />
            )}
          </div>
          <PatternList analysis={analysis} chosen={view.cluster} choose={choose} />
        </div>
      </section>
      {found && (
        <PatternCard
          key={found.cluster.cluster}
          analysis={analysis}
          clustering={clustering}
          found={found}
          narrow={(to) => {
            setCaught(null);
            change('model' in to ? toggled(view, 'model', to.model) : toggled(view, 'category', to.category));
          }}
        />
      )}
      <FailureList
        analysis={analysis}
        clustering={clustering}
        view={view}
        change={change}
        caught={caught}
        release={() => setCaught(null)}
      />
    </>
  );
}

const toggled = (view: AnalysisView, name: 'model' | 'category', value: string): Partial<AnalysisView> => ({
  [name]: view[name] === value ? null : value,
});

function NoPatterns({ analysis }: { analysis: WholeAnalysis }) {
  const judged = analysis.steps.some(
    ({ step, status }) => step === 'cluster' && (status === 'done' || status === 'reused'),
  );
  if (isGoing(analysis) && !judged) {
    return <Nothing>Patterns are shown here once the failures are put together.</Nothing>;
  }
  if (judged && analysis.failures === 0) {
    return <Nothing>No answer failed, so there is nothing to put together. A stricter judge may find more.</Nothing>;
  }
  return (
    <Nothing>
      {analysis.failures > 0 ? `${countText(analysis.failures)} failures are` : 'Nothing is'} put together yet.
    </Nothing>
  );
}
