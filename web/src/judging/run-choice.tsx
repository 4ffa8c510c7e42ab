/** Which run: a dataset, and one of its runs. */

import { Select } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import type { RunObject } from '../../../src/contracts/runs.ts';
import { getJson } from '../api/client.ts';
import { useDatasets } from '../api/queries.ts';
import { momentText } from '../app/figures.ts';
import { Fault } from '../app/states.tsx';
import { countText } from '../grid/cell-text.ts';
import { useBenchmark } from './use-judging.ts';

/** The newest; an older one is reached from its own card in the workbench. */
const RUNS = 100;

export interface RunChoiceProps {
  dataset: string | null;
  run: string | null;
  set: (chosen: { dataset: string | null; run: string | null }) => void;
  label?: string;
  error?: string | undefined;
  autofocus?: boolean;
}

/** Chooses a dataset, then a run of it. */
export function RunChoice({ dataset, run, set, label, error, autofocus }: RunChoiceProps) {
  const datasets = useDatasets();
  return (
    <>
      {datasets.isError && <Fault error={datasets.error} again={() => void datasets.refetch()} />}
      <Select
        label="Dataset"
        placeholder={datasets.isPending ? 'Loading …' : 'Choose'}
        searchable
        nothingFoundMessage="No dataset of that name"
        data={(datasets.data ?? []).map(({ id, name }) => ({ value: id, label: name }))}
        value={dataset}
        onChange={(value) => set({ dataset: value, run: null })}
        {...(autofocus ? { 'data-autofocus': true } : {})}
      />
      <RunOfDataset
        dataset={dataset}
        value={run}
        set={(value) => set({ dataset, run: value })}
        label={label ?? 'Run'}
        error={error}
      />
    </>
  );
}

interface RunOfDatasetProps {
  dataset: string | null;
  value: string | null;
  set: (run: string | null) => void;
  label: string;
  description?: string;
  error?: string | undefined;
  /** A run that is not to be chosen. */
  without?: string | null;
}

/** One of the runs of a dataset, the newest first. */
export function RunOfDataset({ dataset, value, set, label, description, error, without = null }: RunOfDatasetProps) {
  const runs = useRunsOf(dataset);
  const chosen = useBenchmark(value);
  const listed = runs.data ?? [];
  // What was chosen stays to be seen, also when it is older than those listed.
  const all = chosen === null || listed.some(({ id }) => id === chosen.id) ? listed : [...listed, chosen];
  return (
    <>
      <Select
        label={label}
        description={description}
        placeholder={dataset === null ? 'Choose the dataset first' : 'Choose'}
        disabled={dataset === null}
        searchable
        nothingFoundMessage="No run"
        data={all.filter(({ id }) => id !== without).map((run) => ({ value: run.id, label: labelOf(run) }))}
        value={value}
        error={error}
        onChange={set}
      />
      {runs.isError && <Fault error={runs.error} again={() => void runs.refetch()} />}
    </>
  );
}

const labelOf = ({ model_id, completed, created_at }: RunObject) =>
  `${model_id} · ${countText(completed)} answers · ${momentText(created_at)}`;

function useRunsOf(dataset: string | null) {
  return useQuery({
    queryKey: ['runs-of', dataset],
    enabled: dataset !== null,
    queryFn: async ({ signal }) =>
      (
        await getJson<{ data: RunObject[] }>('/admin/benchmarks', {
          query: { dataset_id: dataset, limit: RUNS },
          signal,
        })
      ).data,
  });
}
