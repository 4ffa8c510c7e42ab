/** Chooses one model that is asked for texts, or one that gives embeddings. */

import { Select } from '@mantine/core';
import { useModels } from '../models/use-models.ts';

interface AskedModelProps {
  label: string;
  description?: string;
  placeholder?: string;
  value: string | null;
  set: (model: string | null) => void;
  error?: string | undefined;
}

export function AskedModel({ label, description, placeholder = 'Choose', value, set, error }: AskedModelProps) {
  const models = useModels();
  const ids = (models.data ?? []).filter(({ embeddings }) => embeddings !== true).map(({ id }) => id);
  return (
    <Select
      label={label}
      description={description}
      placeholder={models.isPending ? 'Loading …' : placeholder}
      searchable
      clearable
      clearButtonProps={{ 'aria-label': `Take no ${label.toLowerCase()}` }}
      nothingFoundMessage="No model of that name"
      // What was chosen stays to be seen, also when it is not registered any more.
      data={value === null || ids.includes(value) ? ids : [...ids, value]}
      value={value}
      error={error}
      onChange={set}
    />
  );
}
