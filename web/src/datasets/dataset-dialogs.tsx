/** The dialogs of a dataset: details and settings, a new version, answers made elsewhere, deletion. */

import { Button, FileInput, Group, Modal, Stack, Text } from '@mantine/core';
import { type FormEvent, lazy, Suspense, useState } from 'react';
import type { DatasetObject } from '../../../src/contracts/datasets.ts';
import { useFocusBack } from '../app/focus-back.ts';
import { Waiting } from '../app/states.tsx';
import { uploads } from './browser-uploads.ts';
import { DeleteDataset } from './delete-dataset.tsx';

const DatasetDrawer = lazy(async () => ({ default: (await import('./dataset-drawer.tsx')).DatasetDrawer }));
const ImportAnswers = lazy(async () => ({ default: (await import('./import-answers.tsx')).ImportAnswers }));

export interface DatasetAction {
  kind: 'details' | 'version' | 'import' | 'delete';
  dataset: DatasetObject;
}

interface DatasetDialogsProps {
  doing: DatasetAction | null;
  onClose: () => void;
  onRemoved: (id: string) => void;
}

export function DatasetDialogs({ doing, onClose, onRemoved }: DatasetDialogsProps) {
  if (doing === null) return null;
  const { kind, dataset } = doing;
  return (
    <Suspense fallback={<Waiting what="the dialog" />}>
      {kind === 'details' && <DatasetDrawer dataset={dataset} onClose={onClose} />}
      {kind === 'version' && <NewVersion dataset={dataset} onClose={onClose} />}
      {kind === 'import' && <ImportAnswers dataset={dataset} onClose={onClose} />}
      {kind === 'delete' && <DeleteDataset dataset={dataset} onClose={onClose} onRemoved={onRemoved} />}
    </Suspense>
  );
}

function NewVersion({ dataset, onClose }: { dataset: DatasetObject; onClose: () => void }) {
  const [file, setFile] = useState<File | null>(null);
  useFocusBack();
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (file === null) return;
    uploads.add([file], dataset.id);
    onClose();
  };
  return (
    <Modal opened onClose={onClose} title={`New version of ${dataset.name}`}>
      <form onSubmit={submit}>
        <Stack>
          <Text size="sm">
            The grid shows the newest version. Runs keep the version that they were made over, and items with the same
            custom_id keep what was said of them.
          </Text>
          <FileInput label="File" placeholder="JSONL, CSV or Parquet" value={file} onChange={setFile} data-autofocus />
          <Group justify="flex-end">
            <Button variant="default" onClick={onClose}>
              Cancel
            </Button>
            <Button type="submit" disabled={file === null}>
              Upload
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}
