/** Takes a model of one's own off the list. */

import { useMutation, useQueryClient } from '@tanstack/react-query';
import { deleteJson, path } from '../api/client.ts';
import { ConfirmDialog } from '../app/confirm-dialog.tsx';
import { tell } from '../app/tell.ts';
import { type KnownModel, modelsKey } from './use-models.ts';

export function RemoveModel({ model, onClose }: { model: KnownModel; onClose: () => void }) {
  const queries = useQueryClient();
  const remove = useMutation({
    mutationFn: () => deleteJson(path`/admin/models/${model.id}`),
    onSuccess: () => {
      void queries.invalidateQueries({ queryKey: modelsKey });
      tell(`Removed ${model.id}.`);
      onClose();
    },
  });
  return (
    <ConfirmDialog
      title={`Remove ${model.id}?`}
      action="Remove"
      busy={remove.isPending}
      error={remove.error}
      onConfirm={() => remove.mutate()}
      onClose={onClose}
    >
      <p>Its runs and their answers stay. Runs of it that still wait will fail.</p>
    </ConfirmDialog>
  );
}
