/** Deletes a dataset after naming what hangs on it; work that would be lost wants the name typed. */

import { Text } from '@mantine/core';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import type { DatasetObject, DatasetUse } from '../../../src/contracts/datasets.ts';
import { deleteJson, getJson, path } from '../api/client.ts';
import { datasetsKey } from '../api/queries.ts';
import { ConfirmDialog } from '../app/confirm-dialog.tsx';
import { Fault, Waiting } from '../app/states.tsx';
import { tell } from '../app/tell.ts';
import { usesOf } from './dataset-uses.ts';
import styles from './datasets.module.css';

interface DeleteDatasetProps {
  dataset: DatasetObject;
  onClose: () => void;
  onRemoved: (id: string) => void;
}

export function DeleteDataset({ dataset, onClose, onRemoved }: DeleteDatasetProps) {
  const { id, name, count } = dataset;
  const queries = useQueryClient();
  const use = useQuery({
    queryKey: ['dataset-use', id],
    staleTime: 0,
    queryFn: ({ signal }) => getJson<DatasetUse>(path`/admin/datasets/${id}/use`, { signal }),
  });
  const remove = useMutation({
    mutationFn: () => deleteJson(path`/admin/datasets/${id}`),
    onSuccess: () => {
      queries.setQueryData<DatasetObject[]>(datasetsKey, (all) => all?.filter((each) => each.id !== id));
      void queries.invalidateQueries({ queryKey: datasetsKey, exact: true });
      tell(`Deleted ${name}.`);
      onClose();
      onRemoved(id);
    },
  });
  const texts = use.data ? usesOf(use.data) : [];
  return (
    <ConfirmDialog
      title={`Delete ${name}?`}
      action="Delete for good"
      typed={texts.length > 0 ? name : null}
      busy={remove.isPending}
      blocked={!use.isSuccess}
      error={remove.error}
      onConfirm={() => remove.mutate()}
      onClose={onClose}
    >
      {use.isPending && <Waiting what="what hangs on it" />}
      {use.isError && <Fault error={use.error} again={() => void use.refetch()} />}
      {use.isSuccess && (
        <Text size="sm" component="div">
          Its {count.toLocaleString('en')} items go
          {texts.length === 0 ? '; nothing else hangs on them.' : ', and with them:'}
          {texts.length > 0 && (
            <ul className={styles.counts}>
              {texts.map((text) => (
                <li key={text}>{text}</li>
              ))}
            </ul>
          )}
        </Text>
      )}
    </ConfirmDialog>
  );
}
