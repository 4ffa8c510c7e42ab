/** Starts runs: models, prompt, parameters, how many items; the estimate comes before the start. */

import { Button, Checkbox, Modal, NumberInput, Select, Stack } from '@mantine/core';
import { useMediaQuery } from '@mantine/hooks';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import type { ContextStrategy } from '../../../src/contracts/context.ts';
import type { DatasetObject } from '../../../src/contracts/datasets.ts';
import type { NewRun } from '../../../src/contracts/runs.ts';
import { useFocusBack } from '../app/focus-back.ts';
import { remember, remembered } from '../app/remember.ts';
import { Fault } from '../app/states.tsx';
import { tell } from '../app/tell.ts';
import { EstimateTable, useEstimate } from './estimate-table.tsx';
import { ModelChoice } from './model-choice.tsx';
import { emptyForm, faultsOf, type NewRunForm, runOf } from './new-run.ts';
import { ParamsFields, TakeFields } from './params-fields.tsx';
import styles from './runs.module.css';
import { TemplateField, useTemplates } from './template-field.tsx';
import { startRuns } from './use-runs.ts';

interface NewRunDialogProps {
  dataset: DatasetObject;
  onClose: () => void;
}

/** What every part of the form is handed. */
export interface FormPart {
  form: NewRunForm;
  set: (part: Partial<NewRunForm>) => void;
  faults: ReturnType<typeof faultsOf>;
}

export function NewRunDialog({ dataset, onClose }: NewRunDialogProps) {
  const narrow = useMediaQuery('(max-width: 40em)', false, { getInitialValueInEffect: false });
  useFocusBack();
  return (
    <Modal opened onClose={onClose} title={`New run over ${dataset.name}`} size="46rem" fullScreen={narrow}>
      <RunForm dataset={dataset} onClose={onClose} />
    </Modal>
  );
}

function RunForm({ dataset, onClose }: NewRunDialogProps) {
  const kept = `new-run:${dataset.id}`;
  // What was run last over this dataset is where the next run begins.
  const [form, setForm] = useState<NewRunForm>(() => ({ ...emptyForm, ...remembered<Partial<NewRunForm>>(kept, {}) }));
  const part: FormPart = { form, set: (change) => setForm({ ...form, ...change }), faults: faultsOf(form) };
  const templates = useTemplates();
  const saved = templates.data?.find(({ id }) => id === form.templateId)?.text ?? null;
  const sound = Object.keys(part.faults).length === 0;
  const run = sound ? runOf(form, dataset.id, saved) : null;
  const estimate = useEstimate(run);
  const start = useStart(() => {
    remember(kept, form);
    onClose();
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (run !== null && estimate.current) start.mutate(run);
  };
  const count = form.models.length;
  return (
    <form onSubmit={submit} noValidate>
      <Stack gap="md">
        <ModelChoice {...part} />
        <TemplateField {...part} columns={dataset.columns} templates={templates} />
        <ParamsFields {...part} />
        <TakeFields {...part} items={dataset.count} />
        <NumberInput
          label="Priority"
          description="From -100 to 100; a higher one goes first in the queue"
          maw="14rem"
          min={-100}
          max={100}
          allowDecimal={false}
          value={form.priority}
          error={part.faults.priority}
          onChange={(value) => part.set({ priority: typeof value === 'number' ? value : '' })}
        />
        <Select
          label="Prompts that do not fit the model"
          description="Messages are left out until the rest fits, by the model's own count of tokens"
          maw="24rem"
          data={contexts}
          value={form.context ?? 'fail'}
          allowDeselect={false}
          onChange={(value) => part.set({ context: value === 'fail' ? null : (value as ContextStrategy) })}
        />
        <Checkbox
          label="Take over answers of earlier runs"
          description="Of runs with this option: the same request to the same model, at temperature 0. It costs nothing."
          checked={form.reuse}
          onChange={(event) => part.set({ reuse: event.currentTarget.checked })}
        />
        <EstimateTable estimate={estimate} missing={sound ? null : missingIn(part.faults)} />
        {start.isError && <Fault title="Nothing was started" error={start.error} />}
      </Stack>
      <div className={styles.foot}>
        <Button variant="default" onClick={onClose}>
          Cancel
        </Button>
        <Button type="submit" disabled={run === null || !estimate.current} loading={start.isPending}>
          {count > 1 ? `Start ${count} runs` : 'Start the run'}
        </Button>
      </div>
    </form>
  );
}

const contexts: { value: ContextStrategy | 'fail'; label: string }[] = [
  { value: 'fail', label: 'Fail' },
  { value: 'sliding_window', label: 'Keep the newest messages' },
  { value: 'importance', label: 'Keep the most important messages' },
  { value: 'hybrid', label: 'Keep the most important of the newest half' },
  { value: 'aggressive', label: 'Keep the newest, in half of the room' },
];

function missingIn(faults: FormPart['faults']): string {
  if (faults.models !== undefined) return `${faults.models} to see what the run takes.`;
  return 'What the run takes is reckoned once the fields marked above are right.';
}

function useStart(onStarted: () => void) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (run: NewRun) => startRuns(run),
    onSuccess: (started) => {
      void queries.invalidateQueries({ queryKey: ['runs'] });
      void queries.invalidateQueries({ queryKey: ['runs-active'] });
      const names = started.map(({ model_id }) => model_id).join(', ');
      tell(`Started: ${names}. Answers appear as they land.`);
      onStarted();
    },
  });
}
