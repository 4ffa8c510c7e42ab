/** The workbench: datasets on the left, answers in the middle, figures and running jobs on the right. */

import { useEffect } from 'react';
import { ApiError } from '../api/client.ts';
import { useDataset, useDatasets } from '../api/queries.ts';
import { StatsPanel } from '../charts/stats-panel.tsx';
import { DatasetsPanel } from '../datasets/datasets-panel.tsx';
import { useReadAnew } from '../datasets/use-dataset-change.ts';
import { RunsPanel } from '../runs/runs-panel.tsx';
import { Middle } from './middle.tsx';
import { Panes } from './panes.tsx';
import { useView } from './use-view.ts';
import { readView } from './view.ts';

const nothing = readView(new URLSearchParams());

export function WorkbenchPage() {
  const { view, change } = useView();
  const datasets = useDatasets();
  const shown = useDataset(view.dataset);
  const gone = shown.error instanceof ApiError && shown.error.status === 404;
  const dataset = gone ? null : (shown.data ?? null);
  useReadAnew(dataset);
  const newest = datasets.data?.[0]?.id ?? null;
  useEffect(() => {
    if (view.dataset === null && newest !== null) change({ dataset: newest }, { replace: true });
  }, [view.dataset, newest, change]);

  return (
    <Panes
      left={{
        name: 'Datasets',
        content: (
          <DatasetsPanel datasetId={view.dataset} onSelect={(id) => change(() => ({ ...nothing, dataset: id }))} />
        ),
      }}
      middle={{
        name: 'Answers',
        content: <Middle {...{ view, change, dataset, gone }} none={datasets.isSuccess && newest === null} />,
      }}
      right={{
        name: 'Runs and figures',
        content: (
          <>
            <RunsPanel dataset={dataset} />
            <StatsPanel {...{ dataset, view, change }} />
          </>
        ),
      }}
    />
  );
}
