/** Chooses where rows or samples come from: the trainer's own, a golden set, the data of an analysis, or a dataset. */

import { Select } from '@mantine/core';
import { useDatasets } from '../api/queries.ts';
import { momentText } from '../app/figures.ts';
import { Fault } from '../app/states.tsx';
import { countText } from '../grid/cell-text.ts';
import judgingStyles from '../judging/judging.module.css';
import { ownSource, type SourceForm } from './new-job.ts';
import { useGoldenSets, useTargetedAnalyses } from './use-training.ts';

interface SourceFieldProps {
  label: string;
  description: string;
  /** What "own" is called here. */
  own: string;
  value: SourceForm;
  set: (value: SourceForm) => void;
  /** Shown only once it is to be filled in. */
  error: string | undefined;
}

export function SourceField(props: SourceFieldProps) {
  const { label, description, own, value, set } = props;
  return (
    <div className={judgingStyles.pair}>
      <Select
        label={label}
        description={description}
        data={[
          { value: 'own', label: own },
          { value: 'golden_set', label: 'A golden set' },
          { value: 'analysis', label: 'Data of an analysis of failures' },
          { value: 'dataset', label: 'A dataset with expected answers' },
        ]}
        value={value.kind}
        allowDeselect={false}
        onChange={(kind) => set({ ...ownSource, dataset: value.dataset, kind: kind as SourceForm['kind'] })}
      />
      {(value.kind === 'dataset' || value.kind === 'golden_set') && <OfDataset {...props} />}
      {value.kind === 'golden_set' && <OfGoldenSet {...props} />}
      {value.kind === 'analysis' && <OfAnalysis {...props} />}
    </div>
  );
}

function OfDataset({ label, value, set, error }: SourceFieldProps) {
  const datasets = useDatasets();
  return (
    <>
      <Select
        label="Dataset"
        description={`${label}: of this one`}
        placeholder={datasets.isPending ? 'Loading …' : 'Choose'}
        searchable
        nothingFoundMessage="No dataset of that name"
        data={(datasets.data ?? []).map(({ id, name }) => ({ value: id, label: name }))}
        value={value.dataset}
        error={value.kind === 'dataset' || value.dataset === null ? error : undefined}
        onChange={(dataset) => set({ ...value, dataset, id: null })}
      />
      {datasets.isError && <Fault error={datasets.error} again={() => void datasets.refetch()} />}
    </>
  );
}

function OfGoldenSet({ label, value, set, error }: SourceFieldProps) {
  const sets = useGoldenSets(value.dataset);
  return (
    <>
      <Select
        label="Golden set"
        description={`${label}: this version`}
        placeholder={value.dataset === null ? 'Choose the dataset first' : 'Choose'}
        disabled={value.dataset === null}
        searchable
        nothingFoundMessage="This dataset has no golden set"
        data={(sets.data ?? []).map(({ id, name, version, items }) => ({
          value: id,
          label: `${name}, version ${version} · ${countText(items)} items`,
        }))}
        value={value.id}
        error={value.dataset === null ? undefined : error}
        onChange={(id) => set({ ...value, id })}
      />
      {sets.isError && <Fault error={sets.error} again={() => void sets.refetch()} />}
    </>
  );
}

function OfAnalysis({ label, value, set, error }: SourceFieldProps) {
  const analyses = useTargetedAnalyses();
  return (
    <>
      <Select
        label="Analysis"
        description={`${label}: rows it wrote and kept`}
        placeholder={analyses.isPending ? 'Loading …' : 'Choose'}
        searchable
        nothingFoundMessage="No analysis has written data yet"
        data={(analyses.data ?? []).map(({ id, name, created_at }) => ({
          value: id,
          label: `${name} · ${momentText(created_at)}`,
        }))}
        value={value.id}
        error={error}
        onChange={(id) => set({ ...value, id })}
      />
      {analyses.isError && <Fault error={analyses.error} again={() => void analyses.refetch()} />}
    </>
  );
}
