/** All judge runs, newest first, of one run when the address names it; and where a new one begins. */

import { Anchor, Button, Group, Table } from '@mantine/core';
import { useState } from 'react';
import { Link, useSearchParams } from 'react-router';
import type { JudgeRunObject } from '../../../src/contracts/judging.ts';
import { path } from '../api/client.ts';
import { useDatasets } from '../api/queries.ts';
import { momentText } from '../app/figures.ts';
import { Plus } from '../app/icons.tsx';
import styles from '../app/page.module.css';
import { PagedList } from '../app/paged-list.tsx';
import { Nothing } from '../app/states.tsx';
import { WideTable } from '../app/wide-table.tsx';
import { countText, percentText } from '../grid/cell-text.ts';
import { JudgeDialog } from './judge-dialog.tsx';
import { answersToJudge, doneOf } from './judge-progress.ts';
import { JudgeProgress, JudgeStatus, judgeNames, modeNames } from './judge-text.tsx';
import { useBenchmark, useJudgeRuns } from './use-judging.ts';

export function JudgingPage() {
  const [params, setParams] = useSearchParams();
  const [asked, setAsked] = useState(false);
  const of = params.get('benchmark_id');
  const judge = params.get('judge');
  const close = () => {
    setAsked(false);
    if (judge !== null) setParams(of === null ? {} : { benchmark_id: of }, { replace: true });
  };
  return (
    <div className={styles.page}>
      <title>Judging · Assay</title>
      <div className={styles.head}>
        <h1>Judging</h1>
        <Group gap="xs">
          <Button variant="default" component={Link} to="/judging/rubrics">
            Rubrics
          </Button>
          <Button leftSection={<Plus size={14} />} onClick={() => setAsked(true)}>
            Judge a run
          </Button>
        </Group>
      </div>
      <p className={styles.lead}>
        A judge run goes over the answers of a run: by rules, by similarity with the expected answers, or by a model.
      </p>
      {of !== null && <OnlyOf id={of} all={() => setParams({})} />}
      <JudgeRuns of={of} />
      {(asked || judge !== null) && <JudgeDialog benchmarkId={judge ?? of} onClose={close} />}
    </div>
  );
}

function OnlyOf({ id, all }: { id: string; all: () => void }) {
  const run = useBenchmark(id);
  return (
    <div>
      <Button size="compact-xs" variant="light" onClick={all} aria-label="Show the judge runs of all runs">
        only of the run of {run?.model_id ?? id} ✕
      </Button>
    </div>
  );
}

function JudgeRuns({ of }: { of: string | null }) {
  return (
    <PagedList query={useJudgeRuns(of)} what="judge runs" nothing={<NothingYet />}>
      {(runs) => <JudgeRunTable runs={runs} />}
    </PagedList>
  );
}

function NothingYet() {
  return (
    <Nothing>
      Nothing was judged yet. “Judge a run” shows what it takes before anything is asked. Runs begin in{' '}
      <Anchor component={Link} to="/" underline="always">
        the workbench
      </Anchor>
      .
    </Nothing>
  );
}

function JudgeRunTable({ runs }: { runs: JudgeRunObject[] }) {
  const datasets = new Map(useDatasets().data?.map(({ id, name }) => [id, name]));
  return (
    <WideTable label="Judge runs" from={880} verticalSpacing="xs" highlightOnHover>
      <Table.Thead>
        <Table.Tr>
          <Table.Th>Answers of</Table.Th>
          <Table.Th>Mode</Table.Th>
          <Table.Th>Judge</Table.Th>
          <Table.Th>State</Table.Th>
          <Table.Th w="8rem">Progress</Table.Th>
          <Table.Th ta="right">Judged</Table.Th>
          <Table.Th ta="right">Passed</Table.Th>
          <Table.Th>Created</Table.Th>
        </Table.Tr>
      </Table.Thead>
      <Table.Tbody>
        {runs.map((run) => (
          <JudgeRunRow key={run.id} run={run} dataset={datasets.get(run.dataset_id) ?? run.dataset_id} />
        ))}
      </Table.Tbody>
    </WideTable>
  );
}

function JudgeRunRow({ run, dataset }: { run: JudgeRunObject; dataset: string }) {
  const benchmark = useBenchmark(run.benchmark_id);
  const other = useBenchmark(run.other_benchmark_id);
  const total = answersToJudge(run, benchmark);
  const wrap = { overflowWrap: 'anywhere' } as const;
  return (
    <Table.Tr>
      <Table.Th scope="row" fw={400} style={wrap} title={run.id}>
        <Anchor component={Link} to={path`/judging/${run.id}`}>
          {benchmark?.model_id ?? run.benchmark_id}
          {run.other_benchmark_id !== null && ` against ${other?.model_id ?? run.other_benchmark_id}`}
        </Anchor>
        <div className={styles.dim}>{dataset}</div>
      </Table.Th>
      <Table.Td className={styles.nowrap!}>{modeNames[run.mode]}</Table.Td>
      <Table.Td style={wrap}>{judgeNames(run)}</Table.Td>
      <Table.Td>
        <JudgeStatus status={run.status} />
      </Table.Td>
      <Table.Td>
        <JudgeProgress run={run} total={total} />
      </Table.Td>
      <Table.Td ta="right" className={styles.nowrap!}>
        {countText(doneOf(run))} of {countText(total)}
      </Table.Td>
      <Table.Td ta="right">{passedText(run)}</Table.Td>
      <Table.Td className={styles.nowrap!}>{momentText(run.created_at)}</Table.Td>
    </Table.Tr>
  );
}

/** Comparisons and labels of people about them have nothing to pass. */
const passedText = (run: JudgeRunObject): string =>
  run.judged === 0 || run.other_benchmark_id !== null ? '' : percentText(run.passed / run.judged);
