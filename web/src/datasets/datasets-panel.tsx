/** The left column: what datasets there are, and how they come in: dropped anywhere on it, or picked. */

import '@mantine/dropzone/styles.css';
import { ActionIcon, Button, TextInput } from '@mantine/core';
import { Dropzone } from '@mantine/dropzone';
import { useQueryClient } from '@tanstack/react-query';
import { useEffect, useRef, useState } from 'react';
import type { DatasetObject } from '../../../src/contracts/datasets.ts';
import { datasetsKey, useDatasets } from '../api/queries.ts';
import { Close, Search } from '../app/icons.tsx';
import { Fault, Nothing, Waiting } from '../app/states.tsx';
import type { DatasetsPanelProps } from '../workbench/slots.ts';
import { uploads, useUploads } from './browser-uploads.ts';
import { type DatasetAction, DatasetDialogs } from './dataset-dialogs.tsx';
import { DatasetRow } from './dataset-row.tsx';
import styles from './datasets.module.css';
import { UploadList } from './upload-list.tsx';

/** Datasets from which on a search is offered. */
const SEARCH_FROM = 2;

export function DatasetsPanel({ datasetId, onSelect }: DatasetsPanelProps) {
  const datasets = useDatasets();
  const pick = useRef<() => void>(null);
  const [doing, setDoing] = useState<DatasetAction | null>(null);
  useUploaded(onSelect);
  const none = datasets.data?.length === 0;
  return (
    <>
      <Dropzone
        className={styles.zone!}
        enablePointerEvents
        activateOnClick={false}
        activateOnKeyboard={false}
        openRef={pick}
        inputProps={{ 'aria-label': 'Dataset files' }}
        onDrop={(files) => uploads.add(files)}
      >
        {datasets.isPending && <Waiting what="datasets" />}
        {datasets.isError && <Fault error={datasets.error} again={() => void datasets.refetch()} />}
        {none && <NoneYet upload={() => pick.current?.()} />}
        {datasets.data && !none && (
          <Datasets
            datasets={datasets.data}
            datasetId={datasetId}
            onSelect={onSelect}
            act={setDoing}
            upload={() => pick.current?.()}
          />
        )}
        {none && <UploadList />}
      </Dropzone>
      <DatasetDialogs
        doing={doing}
        onClose={() => setDoing(null)}
        onRemoved={(id) => id === datasetId && onSelect(null)}
      />
    </>
  );
}

interface DatasetsProps extends DatasetsPanelProps {
  datasets: DatasetObject[];
  act: (action: DatasetAction) => void;
  upload: () => void;
}

function Datasets({ datasets, datasetId, onSelect, act, upload }: DatasetsProps) {
  const [search, setSearch] = useState('');
  const wanted = search.trim().toLowerCase();
  const shown = datasets.filter(({ name }) => name.toLowerCase().includes(wanted));
  return (
    <>
      <div className={styles.head}>
        {datasets.length >= SEARCH_FROM && (
          <TextInput
            aria-label="Search datasets"
            placeholder="Search"
            leftSection={<Search size={14} />}
            rightSection={
              search !== '' && (
                <ActionIcon size="sm" aria-label="Clear the search" onClick={() => setSearch('')}>
                  <Close size={12} />
                </ActionIcon>
              )
            }
            value={search}
            onChange={(event) => setSearch(event.currentTarget.value)}
          />
        )}
        <Button variant="default" onClick={upload}>
          Upload
        </Button>
      </div>
      <UploadList />
      <ul className={styles.list} aria-label="Datasets">
        {shown.map((dataset) => (
          <DatasetRow
            key={dataset.id}
            dataset={dataset}
            open={dataset.id === datasetId}
            select={() => onSelect(dataset.id)}
            act={act}
          />
        ))}
      </ul>
      {shown.length === 0 && <Nothing>No dataset has “{search.trim()}” in its name.</Nothing>}
      <p className={styles.hint}>Drop JSONL, CSV or Parquet files anywhere here.</p>
    </>
  );
}

function NoneYet({ upload }: { upload: () => void }) {
  return (
    <>
      <div className={styles.hint}>Nothing here yet. Three steps to begin:</div>
      <ol className={styles.steps}>
        <li>
          Drop a JSONL, CSV or Parquet file anywhere here, or{' '}
          <Button size="compact-xs" onClick={upload}>
            Upload a file
          </Button>
        </li>
        <li>Choose “New run” on the right: models, template, how many items.</li>
        <li>Read and mark the answers in the middle as they land.</li>
      </ol>
    </>
  );
}

/** Opens what has just come in, be it new or here already, and has the list fetched again. */
function useUploaded(onSelect: (id: string) => void): void {
  const list = useUploads();
  const queries = useQueryClient();
  const seen = useRef(new Set<number>());
  useEffect(() => {
    for (const { key, result } of list) {
      if (result === null || seen.current.has(key)) continue;
      seen.current.add(key);
      void queries.invalidateQueries({ queryKey: datasetsKey });
      onSelect(result.id);
      if (result.duplicate_of === null) uploads.remove(key);
    }
  }, [list, queries, onSelect]);
}
