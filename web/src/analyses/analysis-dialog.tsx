/** Starts an analysis: over a dataset and models, or over judge runs that are there; what it takes is shown before anything is asked. */

import { Button, Modal, SegmentedControl, Stack } from '@mantine/core';
import { useMediaQuery } from '@mantine/hooks';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import { useNavigate } from 'react-router';
import type { AnalysisObject } from '../../../src/contracts/analyses.ts';
import { ApiError, path, postJson } from '../api/client.ts';
import { useFocusBack } from '../app/focus-back.ts';
import { remember, remembered } from '../app/remember.ts';
import { Fault } from '../app/states.tsx';
import { tell } from '../app/tell.ts';
import judgingStyles from '../judging/judging.module.css';
import { useRubric } from '../judging/use-judging.ts';
import { AnalysisEstimateView, useAnalysisEstimate } from './analysis-estimate.tsx';
import {
  FromJudgeRuns,
  GenerateFields,
  JudgeFields,
  ModelFields,
  PatternFields,
  TestSetFields,
} from './analysis-fields.tsx';
import {
  type AnalysisBody,
  type AnalysisFaults,
  type AnalysisForm,
  analysisFaults,
  analysisOf,
  emptyAnalysis,
  isSound,
  withRefusal,
} from './new-analysis.ts';

interface AnalysisDialogProps {
  /** What a link has settled already. */
  dataset: string | null;
  judgeRun: string | null;
  onClose: () => void;
}

/** What every part of the form is handed. */
export interface FormPart {
  form: AnalysisForm;
  set: (part: Partial<AnalysisForm>) => void;
  faults: AnalysisFaults;
}

const kept = 'new-analysis';
/** What is analysed last says nothing of what is analysed next. */
type Remembered = Omit<AnalysisForm, 'name' | 'dataset' | 'judgeRuns' | 'begin'>;

export function AnalysisDialog(props: AnalysisDialogProps) {
  const narrow = useMediaQuery('(max-width: 40em)', false, { getInitialValueInEffect: false });
  useFocusBack();
  return (
    <Modal opened onClose={props.onClose} title="New analysis of failures" size="48rem" fullScreen={narrow}>
      <AnalysisFormView {...props} />
    </Modal>
  );
}

function beginning({ dataset, judgeRun }: AnalysisDialogProps): AnalysisForm {
  const before = remembered<Partial<Remembered>>(kept, {});
  return {
    ...emptyAnalysis,
    ...before,
    judging: { ...emptyAnalysis.judging, ...before.judging },
    targeted: { ...emptyAnalysis.targeted, ...before.targeted },
    dataset,
    ...(judgeRun === null ? {} : { begin: 'judged', judgeRuns: [judgeRun] }),
  };
}

function AnalysisFormView(props: AnalysisDialogProps) {
  const [form, setForm] = useState(() => beginning(props));
  const { mode, rubric: rubricId, version, leftOut } = form.judging;
  const rubric = useRubric(mode === 'metrics' ? null : rubricId, version);
  const criteria = rubric.data?.criteria.map(({ name }) => name) ?? null;
  const own = analysisFaults(form, criteria);
  const sound = isSound(own);
  const body = sound && (criteria !== null || leftOut.length === 0) ? analysisOf(form, criteria) : null;
  const state = useAnalysisEstimate(body);
  const start = useStart(() => {
    const { name: _name, dataset: _dataset, judgeRuns: _runs, begin: _begin, ...next } = form;
    remember(kept, next satisfies Remembered);
  });
  const refused = refusedAt(own, start.error) ?? refusedAt(own, state.error);
  const part: FormPart = {
    form,
    set: (change) => {
      start.reset();
      setForm({ ...form, ...change });
    },
    faults: refused ?? own,
  };
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (body !== null && state.current && !start.isPending) start.mutate(body);
  };
  const made = form.begin === 'models';
  return (
    <form onSubmit={submit} noValidate>
      <Stack gap="md">
        <BeginWith {...part} />
        {made ? <ModelFields {...part} /> : <FromJudgeRuns {...part} />}
        {made && <TestSetFields {...part} />}
        {made && <JudgeFields {...part} rubric={rubric.data ?? null} error={rubric.error} />}
        <PatternFields {...part} />
        <GenerateFields {...part} />
        <AnalysisEstimateView state={state} missing={sound ? null : missingIn(own)} refused={refused !== null} />
        {start.isError && <Fault title="Nothing was started" error={start.error} />}
      </Stack>
      <div className={judgingStyles.foot}>
        <Button variant="default" onClick={props.onClose}>
          Cancel
        </Button>
        <Button type="submit" disabled={body === null || !state.current} loading={start.isPending}>
          Start the analysis
        </Button>
      </div>
    </form>
  );
}

function BeginWith({ form, set }: FormPart) {
  return (
    <SegmentedControl
      aria-label="What to begin with"
      value={form.begin}
      onChange={(begin) => set({ begin: begin as AnalysisForm['begin'] })}
      data={[
        { value: 'models', label: 'A dataset and models' },
        { value: 'judged', label: 'Judge runs that are there' },
      ]}
    />
  );
}

function refusedAt(own: AnalysisFaults, error: unknown): AnalysisFaults | null {
  return error instanceof ApiError ? withRefusal(own, error) : null;
}

function missingIn({ own, judging, targeted }: AnalysisFaults): string {
  const first = own.dataset ?? own.models ?? own.judgeRuns ?? judging.judges ?? targeted.model;
  if (first !== undefined) return `${first} to see what it takes.`;
  return 'What it takes is reckoned once the fields marked above are right.';
}

function useStart(onStarted: () => void) {
  const queries = useQueryClient();
  const navigate = useNavigate();
  return useMutation({
    mutationFn: (body: AnalysisBody) => postJson<AnalysisObject>('/api/analyses', body),
    onSuccess: ({ id }) => {
      onStarted();
      void queries.invalidateQueries({ queryKey: ['analyses'] });
      tell('The analysis has begun.');
      void navigate(path`/failures/${id}`);
    },
  });
}
