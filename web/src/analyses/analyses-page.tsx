/** All analyses of failures, newest first, and where a new one begins. */

import { Anchor, Button, Code, Table } from '@mantine/core';
import { useState } from 'react';
import { Link, useSearchParams } from 'react-router';
import type { AnalysisObject } from '../../../src/contracts/analyses.ts';
import { path } from '../api/client.ts';
import { useDatasets } from '../api/queries.ts';
import { momentText } from '../app/figures.ts';
import { Plus } from '../app/icons.tsx';
import styles from '../app/page.module.css';
import { PagedList } from '../app/paged-list.tsx';
import { Nothing } from '../app/states.tsx';
import { WideTable } from '../app/wide-table.tsx';
import { countText } from '../grid/cell-text.ts';
import { AnalysisDialog } from './analysis-dialog.tsx';
import { AnalysisStatusBadge } from './analysis-text.tsx';
import { useAnalyses } from './use-analyses.ts';

export function AnalysesPage() {
  const [params, setParams] = useSearchParams();
  const [asked, setAsked] = useState(false);
  // A link with a judge run begins an analysis of it.
  const [dataset, judgeRun] = [params.get('dataset'), params.get('judge_run')];
  const close = () => {
    setAsked(false);
    if (judgeRun !== null || dataset !== null) setParams({}, { replace: true });
  };
  return (
    <div className={styles.page}>
      <title>Failures · Assay</title>
      <div className={styles.head}>
        <h1>Failures</h1>
        <Button leftSection={<Plus size={14} />} onClick={() => setAsked(true)}>
          New analysis
        </Button>
      </div>
      <p className={styles.lead}>
        Why a model fails: its failures are put together by what went wrong, each group is named, and training data is
        written against it.
      </p>
      <Analyses />
      {(asked || judgeRun !== null || dataset !== null) && (
        <AnalysisDialog dataset={dataset} judgeRun={judgeRun} onClose={close} />
      )}
    </div>
  );
}

function Analyses() {
  return (
    <PagedList query={useAnalyses()} what="analyses" nothing={<NothingYet />}>
      {(analyses) => <AnalysisTable analyses={analyses} />}
    </PagedList>
  );
}

function NothingYet() {
  return (
    <Nothing>
      No failures were analysed yet. An analysis draws a test set, asks the models once, judges their answers, puts the
      failures that are alike together, names these patterns, and can write training data against them. Any step that is
      there already is reused. “New analysis” shows what it takes before anything is asked; in a terminal it is one
      command:
      <Code block mt="xs">
        assay analyze-failures DATASET --model M --judge J
      </Code>
    </Nothing>
  );
}

function AnalysisTable({ analyses }: { analyses: AnalysisObject[] }) {
  const datasets = new Map(useDatasets().data?.map(({ id, name }) => [id, name]));
  return (
    <WideTable label="Analyses" from={720} verticalSpacing="xs" highlightOnHover>
      <Table.Thead>
        <Table.Tr>
          <Table.Th>Analysis</Table.Th>
          <Table.Th>Models</Table.Th>
          <Table.Th>State</Table.Th>
          <Table.Th ta="right">Failures</Table.Th>
          <Table.Th ta="right">Patterns</Table.Th>
          <Table.Th>Created</Table.Th>
        </Table.Tr>
      </Table.Thead>
      <Table.Tbody>
        {analyses.map((analysis) => (
          <Table.Tr key={analysis.id}>
            <Table.Th scope="row" fw={400} style={{ overflowWrap: 'anywhere' }} title={analysis.id}>
              <Anchor component={Link} to={path`/failures/${analysis.id}`}>
                {analysis.name}
              </Anchor>
              <div className={styles.dim}>{aboutOf(analysis, datasets)}</div>
            </Table.Th>
            <Table.Td style={{ overflowWrap: 'anywhere' }}>{analysis.model_ids.join(', ')}</Table.Td>
            <Table.Td>
              <AnalysisStatusBadge analysis={analysis} />
            </Table.Td>
            <Table.Td ta="right">{countText(analysis.failures)}</Table.Td>
            <Table.Td ta="right">{countText(analysis.clusters)}</Table.Td>
            <Table.Td className={styles.nowrap!}>{momentText(analysis.created_at)}</Table.Td>
          </Table.Tr>
        ))}
      </Table.Tbody>
    </WideTable>
  );
}

function aboutOf({ dataset_id, source }: AnalysisObject, datasets: ReadonlyMap<string, string>): string {
  if (source === 'import') return 'judged elsewhere';
  return dataset_id === null ? '' : (datasets.get(dataset_id) ?? dataset_id);
}
