/** Starts a judge run: which answers, how, by whom; what it takes is shown before anything is asked. */

import { Button, Modal, Stack } from '@mantine/core';
import { useMediaQuery } from '@mantine/hooks';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import { useNavigate } from 'react-router';
import type { JudgeRunObject } from '../../../src/contracts/judging.ts';
import { path, postJson } from '../api/client.ts';
import { useFocusBack } from '../app/focus-back.ts';
import { remember, remembered } from '../app/remember.ts';
import { Fault } from '../app/states.tsx';
import { tell } from '../app/tell.ts';
import { AskingFields, BudgetFields } from './asking-fields.tsx';
import { MetricField, ModeFields, OfFields, RubricFields, ThresholdFields } from './judge-fields.tsx';
import styles from './judging.module.css';
import { JudgingEstimate, refusedAt, useJudgingEstimate } from './judging-estimate.tsx';
import {
  asksModel,
  emptyJudging,
  faultsOf,
  type JudgingBody,
  type JudgingFaults,
  type JudgingForm,
  judgingOf,
} from './new-judging.ts';
import { useBenchmarkQuery, useRubric } from './use-judging.ts';

interface JudgeDialogProps {
  /** The run whose answers are judged, when it is settled already. */
  benchmarkId: string | null;
  onClose: () => void;
}

/** What every part of the form is handed. */
export interface FormPart {
  form: JudgingForm;
  set: (part: Partial<JudgingForm>) => void;
  faults: JudgingFaults;
}

const kept = 'new-judging';
/** What is judged last says nothing of what is judged next. */
type Remembered = Omit<JudgingForm, 'dataset' | 'run' | 'other' | 'leftOut' | 'version'>;

export function JudgeDialog({ benchmarkId, onClose }: JudgeDialogProps) {
  const narrow = useMediaQuery('(max-width: 40em)', false, { getInitialValueInEffect: false });
  const run = useBenchmarkQuery(benchmarkId);
  useFocusBack();
  // The focus goes to the first field there is to fill in, which depends on the run.
  if (benchmarkId !== null && run.isPending) return null;
  return (
    <Modal opened onClose={onClose} title="Judge a run" size="46rem" fullScreen={narrow}>
      {run.isError && <Fault title="The run is not known" error={run.error} />}
      <JudgeForm dataset={run.data?.dataset_id ?? null} run={run.data?.id ?? null} onClose={onClose} />
    </Modal>
  );
}

function JudgeForm(props: { dataset: string | null; run: string | null; onClose: () => void }) {
  const { dataset, run, onClose } = props;
  const [form, setForm] = useState<JudgingForm>(() => ({
    ...emptyJudging,
    ...remembered<Partial<Remembered>>(kept, {}),
    dataset,
    run,
  }));
  const rubric = useRubric(form.mode === 'metrics' ? null : form.rubric, form.version);
  const criteria = rubric.data?.criteria.map(({ name }) => name) ?? null;
  const faults = faultsOf(form, criteria);
  const sound = Object.keys(faults).length === 0;
  const body = sound && (criteria !== null || form.leftOut.length === 0) ? judgingOf(form, criteria) : null;
  const state = useJudgingEstimate(body);
  const start = useStart(() => {
    const { dataset: _dataset, run: _run, other: _other, leftOut: _left, version: _version, ...next } = form;
    remember(kept, next satisfies Remembered);
  });
  const refused = refusedAt(start.error) ?? state.refused;
  const part: FormPart = {
    form,
    set: (change) => {
      start.reset();
      setForm({ ...form, ...change });
    },
    faults: refused === null ? faults : { [refused.field]: refused.message, ...faults },
  };
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (body !== null && state.current && !start.isPending) start.mutate(body);
  };
  return (
    <form onSubmit={submit} noValidate>
      <Stack gap="md">
        <OfFields {...part} autofocus={run === null} />
        <ModeFields {...part} />
        {asksModel(form.mode) && <AskingFields {...part} autofocus={run !== null} />}
        {form.mode === 'metrics' && <MetricField {...part} />}
        {form.mode !== 'metrics' && <RubricFields {...part} rubric={rubric.data ?? null} error={rubric.error} />}
        <ThresholdFields {...part} />
        {asksModel(form.mode) && <BudgetFields {...part} />}
        <JudgingEstimate state={state} missing={sound ? null : missingIn(faults)} />
        {start.isError && <Fault title="Nothing was started" error={start.error} />}
      </Stack>
      <div className={styles.foot}>
        <Button variant="default" onClick={onClose}>
          Cancel
        </Button>
        <Button type="submit" disabled={body === null || !state.current} loading={start.isPending}>
          Start judging
        </Button>
      </div>
    </form>
  );
}

function missingIn(faults: JudgingFaults): string {
  const first = faults.run ?? faults.other ?? faults.judges;
  if (first !== undefined) return `${first} to see what it takes.`;
  return 'What it takes is reckoned once the fields marked above are right.';
}

function useStart(onStarted: () => void) {
  const queries = useQueryClient();
  const navigate = useNavigate();
  return useMutation({
    mutationFn: (body: JudgingBody) => postJson<JudgeRunObject>('/api/evaluation/runs', body),
    onSuccess: ({ id }) => {
      onStarted();
      void queries.invalidateQueries({ queryKey: ['judge-runs'] });
      tell('Judging has begun.');
      void navigate(path`/judging/${id}`);
    },
  });
}
