/** One judge run: how far it is, what it took, its figures at any threshold, and each verdict beside its answer. */

import { Alert, Anchor, Text } from '@mantine/core';
import { useEffect } from 'react';
import { Link, useLocation, useParams, useSearchParams } from 'react-router';
import type { JudgeRunObject } from '../../../src/contracts/judging.ts';
import { address } from '../api/client.ts';
import { useDataset } from '../api/queries.ts';
import { momentText } from '../app/figures.ts';
import styles from '../app/page.module.css';
import { Fault, Waiting } from '../app/states.tsx';
import { TrustSection } from '../trust/trust-section.tsx';
import { JudgeActions } from './judge-actions.tsx';
import { JudgeFigures } from './judge-figures.tsx';
import { answersToJudge } from './judge-progress.ts';
import { JudgeRows } from './judge-rows.tsx';
import { JudgeProgress, JudgeStatus, judgeNames, modeNames } from './judge-text.tsx';
import { JudgeTiles } from './judge-tiles.tsx';
import { type JudgeView, readJudgeView, writeJudgeView } from './judge-view.ts';
import { isGoing, useBenchmark, useFetchedAtEnd, useJudgeRun, useSummary } from './use-judging.ts';

/** What the parts of the page are handed. */
export interface JudgePart {
  run: JudgeRunObject;
  view: JudgeView;
  change: (part: Partial<JudgeView>) => void;
  /** Names of the models whose answers are judged: the run's, and that of the run it is compared with. */
  names: { a: string; b: string | null };
}

export function JudgePage() {
  const { id = '' } = useParams();
  const query = useJudgeRun(id);
  return (
    <div className={styles.page}>
      <title>Judging · Assay</title>
      <Anchor component={Link} to="/judging">
        All judge runs
      </Anchor>
      {query.isPending && <Waiting what="the judge run" />}
      {query.isError && !query.data && <Fault error={query.error} again={() => void query.refetch()} />}
      {query.data && <OneJudgeRun key={id} run={query.data} />}
    </div>
  );
}

function OneJudgeRun({ run }: { run: JudgeRunObject }) {
  const [view, change] = useJudgeView();
  const benchmark = useBenchmark(run.benchmark_id);
  const other = useBenchmark(run.other_benchmark_id);
  const total = answersToJudge(run, benchmark);
  const part: JudgePart = {
    run,
    view,
    change,
    names: {
      a: benchmark?.model_id ?? run.benchmark_id,
      b: run.other_benchmark_id === null ? null : (other?.model_id ?? run.other_benchmark_id),
    },
  };
  const summary = useSummary(run.id, view.threshold, isGoing(run));
  useFetchedAtEnd(run.id, isGoing(run));
  usePartInSight(summary.isSuccess);
  return (
    <>
      <Head {...part} />
      <JudgeProgress run={run} total={total} />
      {run.problem !== null && <Problem run={run} problem={run.problem} />}
      <JudgeTiles run={run} total={total} />
      {summary.isPending && <Waiting what="the figures" />}
      {summary.isError && <Fault error={summary.error} again={() => void summary.refetch()} />}
      {summary.data && <JudgeFigures {...part} summary={summary.data} old={summary.isPlaceholderData} />}
      <TrustSection judgeRunId={run.id} threshold={view.threshold} />
      <JudgeRows {...part} categories={Object.keys(summary.data?.categories ?? {})} />
    </>
  );
}

/** What is shown, as it stands in the address, so that a link shows the same. */
function useJudgeView(): [JudgeView, (part: Partial<JudgeView>) => void] {
  const [params, setParams] = useSearchParams();
  const view = readJudgeView(params);
  return [
    view,
    (part) =>
      setParams((now) => writeJudgeView({ ...readJudgeView(now), ...part }), {
        replace: true,
        preventScrollReset: true,
      }),
  ];
}

/** A link to a part of the page (#rows, #trust) goes there, once what stands above it has its height. */
function usePartInSight(ready: boolean): void {
  const { hash, key } = useLocation();
  // biome-ignore lint/correctness/useExhaustiveDependencies: each time such a link is followed
  useEffect(() => {
    if (ready && hash !== '') document.getElementById(hash.slice(1))?.scrollIntoView();
  }, [ready, hash, key]);
}

function Head({ run, view, names }: JudgePart) {
  const dataset = useDataset(run.dataset_id);
  const rubric = run.rubric_id === null ? null : `${run.rubric_id}, version ${run.rubric_version ?? 1}`;
  return (
    <>
      <div className={styles.head}>
        <h1 style={{ flexBasis: '14rem' }}>
          {names.a}
          {names.b !== null && ` against ${names.b}`}
        </h1>
        <JudgeStatus status={run.status} />
        <JudgeActions run={run} view={view} />
      </div>
      <p className={styles.lead}>
        {modeNames[run.mode]}
        {run.judges.length > 0 && `, by ${judgeNames(run)}`} · answers over{' '}
        <Anchor component={Link} inherit underline="always" to={address('/', { dataset: run.dataset_id })}>
          {dataset.data?.name ?? run.dataset_id}
        </Anchor>
        {rubric !== null && ` · rubric ${rubric}`} · created {momentText(run.created_at)} ·{' '}
        <span className={styles.mono}>{run.id}</span>
        {run.follows && ' · judged while the run was going'}
      </p>
    </>
  );
}

function Problem({ run, problem }: { run: JudgeRunObject; problem: string }) {
  const waits = isGoing(run);
  return (
    <Alert
      role={waits ? 'status' : 'alert'}
      color={waits || run.status === 'stopped_by_budget' ? 'yellow' : 'red'}
      variant="light"
      p="xs"
    >
      <Text size="sm" c="var(--ink)" style={{ overflowWrap: 'anywhere' }}>
        {waits ? 'It waits: ' : ''}
        {problem}
      </Text>
    </Alert>
  );
}
