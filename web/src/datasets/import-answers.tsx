/** Imports answers made elsewhere as runs, and says what became of them: matched, unmatched, repeated, known, superseded. */

import { Alert, Autocomplete, Button, FileInput, Group, Modal, Stack, Text } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { type FormEvent, useRef, useState } from 'react';
import type { DatasetObject } from '../../../src/contracts/datasets.ts';
import type { ImportedRun } from '../../../src/contracts/runs.ts';
import { uploadForm } from '../api/transfer.ts';
import { useFocusBack } from '../app/focus-back.ts';
import { Fault } from '../app/states.tsx';
import { countText } from '../grid/cell-text.ts';
import { useModels } from '../models/use-models.ts';
import { UploadBar } from './upload-list.tsx';
import { type UploadPace, uploadMeter } from './upload-meter.ts';

interface ImportAnswersProps {
  dataset: DatasetObject;
  onClose: () => void;
}

interface Sending extends UploadPace {
  stage: 'sending' | 'reading';
  sent: number;
  file: File;
}

export function ImportAnswers({ dataset, onClose }: ImportAnswersProps) {
  const [file, setFile] = useState<File | null>(null);
  useFocusBack();
  const [model, setModel] = useState('');
  const models = useModels();
  const { start, sending, stop } = useImport(dataset.id);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (file !== null) start.mutate({ file, model: model.trim() });
  };
  const close = () => {
    stop();
    onClose();
  };
  return (
    <Modal opened onClose={close} title={`Import answers for ${dataset.name}`} size="lg">
      <form onSubmit={submit}>
        <Stack>
          <Text size="sm">
            The output file of an OpenAI batch, JSONL of another tool, or a CSV with a column for each model. Answers
            find their items by custom_id, else by position.
          </Text>
          <FileInput label="File" placeholder="JSONL, CSV or Parquet" value={file} onChange={setFile} data-autofocus />
          <Autocomplete
            label="Model"
            description="Whose answers these are; not needed for a table with a column for each model"
            data={(models.data ?? []).map(({ id }) => id)}
            maxLength={200}
            value={model}
            onChange={setModel}
          />
          {sending && start.isPending && <UploadBar upload={sending} />}
          {start.isError && <Fault title="Nothing was imported" error={start.error} />}
          {start.data?.map((run) => (
            <Outcome key={run.id} run={run} />
          ))}
          <Group justify="flex-end">
            <Button variant="default" onClick={close}>
              {start.isSuccess ? 'Done' : 'Cancel'}
            </Button>
            <Button type="submit" disabled={file === null} loading={start.isPending}>
              Import
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}

function useImport(datasetId: string) {
  const queries = useQueryClient();
  const [sending, setSending] = useState<Sending | null>(null);
  const stopper = useRef<AbortController>(null);
  const start = useMutation({
    mutationFn: async ({ file, model }: { file: File; model: string }) => {
      const form = new FormData();
      form.set('dataset_id', datasetId);
      if (model !== '') form.set('model_id', model);
      form.set('file', file);
      const pace = uploadMeter(file.size);
      stopper.current = new AbortController();
      const onProgress = (share: number) => {
        const sent = share * file.size;
        setSending({ file, sent, stage: share >= 1 ? 'reading' : 'sending', ...pace(sent, performance.now()) });
      };
      const options = { onProgress, signal: stopper.current.signal };
      return (await uploadForm<{ runs: ImportedRun[] }>('/admin/benchmarks/import', form, options)).runs;
    },
    onSettled: () => setSending(null),
    onSuccess: () => void queries.invalidateQueries(),
  });
  return { start, sending, stop: () => stopper.current?.abort() };
}

const SHOWN_IDS = 5;

function Outcome({ run }: { run: ImportedRun }) {
  const { model_id, matched, unmatched, unmatched_ids, repeated, duplicate_of, supersedes } = run;
  const more = unmatched - Math.min(SHOWN_IDS, unmatched_ids.length);
  return (
    <Alert
      role="status"
      variant="light"
      p="xs"
      color={duplicate_of === null && unmatched === 0 ? 'green' : 'yellow'}
      title={<span style={{ color: 'var(--ink)' }}>{model_id}</span>}
    >
      <Text size="xs" c="var(--ink)" component="div" style={{ overflowWrap: 'anywhere' }}>
        {duplicate_of !== null && (
          <div>This very file was imported before (run {duplicate_of}); nothing was added.</div>
        )}
        <div>
          {countText(matched)} matched, {countText(unmatched)} unmatched, {countText(repeated)} repeated
          {repeated > 0 && ' (the last line of an item counts)'}.
        </div>
        {unmatched > 0 && (
          <div>
            No item has: {unmatched_ids.slice(0, SHOWN_IDS).join(', ')}
            {more > 0 && `, and ${countText(more)} more`}
          </div>
        )}
        {supersedes !== null && <div>It takes the place of run {supersedes} in the grid.</div>}
      </Text>
    </Alert>
  );
}
