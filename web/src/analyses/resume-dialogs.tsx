/** Goes on with an analysis: from where it stopped, from a step anew, or with data for some of its patterns. */

import { Button, Group, Modal, Stack } from '@mantine/core';
import { type FormEvent, useState } from 'react';
import type { AnalysisStep, WholeAnalysis } from '../../../src/contracts/analyses.ts';
import { ConfirmDialog } from '../app/confirm-dialog.tsx';
import { useFocusBack } from '../app/focus-back.ts';
import { Fault } from '../app/states.tsx';
import { stepNames, stepsFrom } from './step-words.ts';
import { TargetedFields } from './targeted-fields.tsx';
import { targetedFaults, targetedFormOf, targetedOf } from './targeted-form.ts';
import { useAnalysisAct } from './use-analyses.ts';

export function AnewDialog(props: { analysis: WholeAnalysis; from: AnalysisStep; onClose: () => void }) {
  const { analysis, from, onClose } = props;
  const act = useAnalysisAct(analysis.id);
  const steps = stepsFrom(analysis, from).map((step) => stepNames[step]);
  return (
    <ConfirmDialog
      title={`Do “${stepNames[from]}” anew?`}
      action="Do it anew"
      busy={act.isPending}
      error={act.error}
      onConfirm={() => act.mutate({ act: 'resume', with: { from } }, { onSuccess: onClose })}
      onClose={onClose}
    >
      <p>
        {steps.join(', ')} {steps.length === 1 ? 'is' : 'are'} done anew, and what came out takes the place of what is
        there. Models are asked again where {steps.length === 1 ? 'it asks' : 'they ask'} any.
      </p>
    </ConfirmDialog>
  );
}

/** `clusters`: those that data is written for; null: all. */
export function GenerateDialog(props: { analysis: WholeAnalysis; clusters: number[] | null; onClose: () => void }) {
  const { analysis, clusters, onClose } = props;
  const [form, setForm] = useState(() => targetedFormOf(analysis.settings.generate));
  const [checked, setChecked] = useState(false);
  const act = useAnalysisAct(analysis.id);
  useFocusBack();
  const faults = targetedFaults(form);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    setChecked(true);
    if (Object.keys(faults).length > 0) return;
    const generate = targetedOf(form, clusters ?? undefined);
    act.mutate({ act: 'resume', with: { from: 'generate', generate } }, { onSuccess: onClose });
  };
  const there = analysis.targeted !== null && analysis.targeted.kept > 0;
  return (
    <Modal opened onClose={onClose} title="Generate training data" size="34rem">
      <form onSubmit={submit} noValidate>
        <Stack>
          <p style={{ margin: 0 }}>
            {clusters === null ? 'For every pattern: ' : 'For this pattern alone: '}
            new prompts of its kind with answers, checked, and held against the test set.
            {there && ' The rows that are there now are replaced; download them first if you want to keep them.'}
          </p>
          <TargetedFields
            form={form}
            set={(part) => setForm({ ...form, ...part })}
            faults={checked ? faults : {}}
            patterns={clusters?.length ?? null}
          />
          {act.isError && <Fault title="Nothing was begun" error={act.error} />}
          <Group justify="flex-end">
            <Button variant="default" onClick={onClose}>
              Cancel
            </Button>
            <Button type="submit" loading={act.isPending}>
              Generate
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}
