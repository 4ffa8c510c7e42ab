/** Name of a dataset, where its items' names, categories and truths stand, and how answers over it are compared. */

import { Autocomplete, Button, Group, Stack, Text, TextInput, Title } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import type { ChangeDataset, DatasetObject } from '../../../src/contracts/datasets.ts';
import { patchJson, path } from '../api/client.ts';
import { datasetsKey, useStats } from '../api/queries.ts';
import { Fault } from '../app/states.tsx';
import { tell } from '../app/tell.ts';
import { changeOf, type DatasetForm, formOf, ruleFault } from './dataset-change.ts';
import { DecisionRules } from './decision-rules.tsx';
import { Normalisers } from './normalisers.tsx';

const everything = new URLSearchParams();

export function DatasetSettings({ dataset }: { dataset: DatasetObject }) {
  const { form, set, change, saved } = useForm(dataset);
  const stats = useStats(dataset.id, everything).data;
  const answerFields = (stats?.fields ?? []).map((field) => field.path);
  const faulty = form.name.trim() === '' || form.rules.some((rule) => ruleFault(rule) !== null);
  const save = useSave(dataset.id, saved);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (change !== null && !faulty) save.mutate(change);
  };
  return (
    <form onSubmit={submit} aria-label="Settings of the dataset">
      <Stack gap="sm">
        <TextInput
          label="Name"
          required
          maxLength={200}
          value={form.name}
          error={form.name.trim() === '' ? 'A dataset needs a name' : null}
          onChange={(event) => set({ name: event.currentTarget.value })}
        />
        <ReadingPaths dataset={dataset} form={form} set={set} />
        <Title order={3}>How answers are compared</Title>
        <Autocomplete
          label="Decision"
          description="The field of the answers that holds the decision"
          placeholder={`guessed: ${stats?.decision_path ?? 'none yet'}`}
          data={answerFields}
          value={form.decisionPath}
          onChange={(decisionPath) => set({ decisionPath })}
        />
        <DecisionRules rules={form.rules} onChange={(rules) => set({ rules })} />
        <Normalisers
          fields={answerFields}
          normalisers={form.normalisers}
          onChange={(normalisers) => set({ normalisers })}
        />
        {save.isError && <Fault title="Not saved" error={save.error} />}
        <Group justify="space-between">
          <Text size="xs" c="dimmed" flex={1}>
            {change?.comparing ? 'All answers are read anew.' : change?.reading ? 'The items are named anew.' : ''}
          </Text>
          <Button type="submit" disabled={change === null || faulty} loading={save.isPending}>
            Save
          </Button>
        </Group>
      </Stack>
    </form>
  );
}

/** The form and what it changes of the settings it began with, so that what another tab has set meanwhile is kept. */
function useForm(dataset: DatasetObject) {
  const [edited, setEdited] = useState(() => ({ from: dataset, form: formOf(dataset) }));
  const { from, form } = edited;
  const change = changeOf(from, form);
  const saved = (now: DatasetObject) => setEdited({ from: now, form: formOf(now) });
  // Untouched, it follows.
  if (change === null && changeOf(dataset, form) !== null) saved(dataset);
  return { form, change, saved, set: (part: Partial<DatasetForm>) => setEdited({ from, form: { ...form, ...part } }) };
}

function useSave(id: string, onSaved: (dataset: DatasetObject) => void) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (change: ChangeDataset) => patchJson<DatasetObject>(path`/admin/datasets/${id}`, change),
    onSuccess: (changed) => {
      queries.setQueryData([...datasetsKey, id], changed);
      onSaved(changed);
      // Names, decisions and differences may all be others now.
      void queries.invalidateQueries();
      tell(`Saved the settings of ${changed.name}.`);
    },
  });
}

interface ReadingPathsProps {
  dataset: DatasetObject;
  form: DatasetForm;
  set: (part: Partial<DatasetForm>) => void;
}

const paths = [
  { key: 'namePath', at: 'name_path', label: 'Name of an item' },
  { key: 'categoryPath', at: 'category_path', label: 'Category' },
  { key: 'truthPath', at: 'truth_path', label: 'Expected answer' },
] as const;

function ReadingPaths({ dataset, form, set }: ReadingPathsProps) {
  const columns = dataset.columns.map((column) => column.path);
  return (
    <>
      <Title order={3}>How items are read</Title>
      <Text size="xs" c="dimmed">
        Paths into an item, as in the table of fields below. Empty: guessed.
      </Text>
      <Group grow align="end" preventGrowOverflow={false}>
        {paths.map(({ key, at, label }) => (
          <Autocomplete
            key={key}
            label={label}
            miw="9rem"
            placeholder={`guessed: ${dataset.read_at?.[at] ?? (key === 'namePath' ? 'item by item' : 'none')}`}
            data={columns}
            limit={100}
            value={form[key]}
            onChange={(value) => set({ [key]: value })}
          />
        ))}
      </Group>
    </>
  );
}
