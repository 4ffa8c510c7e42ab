/** Makes a training job: what is trained, on which rows, what is predicted meanwhile; then shows how its trainer connects. */

import { Autocomplete, Button, Modal, NumberInput, Stack, TextInput } from '@mantine/core';
import { useMediaQuery } from '@mantine/hooks';
import { type FormEvent, useState } from 'react';
import { useNavigate } from 'react-router';
import type { CreatedTrainingJob, TrainingSettings } from '../../../src/contracts/training.ts';
import { ApiError, path } from '../api/client.ts';
import { useFocusBack } from '../app/focus-back.ts';
import { remember, remembered } from '../app/remember.ts';
import { Fault, Waiting } from '../app/states.tsx';
import { numberIn } from '../judging/judge-fields.tsx';
import judgingStyles from '../judging/judging.module.css';
import { emptyJob, estimateOf, type JobFaults, type JobForm, jobFaults, jobOf, refusedField } from './new-job.ts';
import { PredictionsConfigPanel } from './predictions-config-panel.tsx';
import { SourceField } from './source-field.tsx';
import { TrainerLines } from './trainer-lines.tsx';
import { useCreateJob, usePredictionEstimate, useTrainingSettings } from './use-training.ts';

export function NewJobDialog({ onClose }: { onClose: () => void }) {
  const narrow = useMediaQuery('(max-width: 40em)', false, { getInitialValueInEffect: false });
  const [created, setCreated] = useState<CreatedTrainingJob | null>(null);
  const settings = useTrainingSettings();
  const navigate = useNavigate();
  useFocusBack();
  const close = () => {
    onClose();
    if (created !== null) void navigate(path`/training/${created.id}`);
  };
  return (
    <Modal
      opened
      onClose={close}
      // The token is shown this once: it does not go by a slip of the pointer.
      closeOnClickOutside={created === null}
      title={created === null ? 'New training job' : `${created.name}: connect its trainer`}
      size="46rem"
      fullScreen={narrow}
    >
      {created !== null && <Connect job={created} onClose={close} />}
      {created === null && settings.isPending && <Waiting what="the limits of the server" />}
      {created === null && settings.isError && <Fault error={settings.error} again={() => void settings.refetch()} />}
      {created === null && settings.data && (
        <JobFormView settings={settings.data} onCreated={setCreated} onClose={onClose} />
      )}
    </Modal>
  );
}

function Connect({ job, onClose }: { job: CreatedTrainingJob; onClose: () => void }) {
  return (
    <>
      <TrainerLines job={job} token={job.token} />
      <div className={judgingStyles.foot}>
        <Button onClick={onClose}>Open the job</Button>
      </div>
    </>
  );
}

const kept = 'new-training-job';
type Remembered = Pick<JobForm, 'baseModel' | 'method' | 'billions' | 'epochs'>;

function beginning(settings: TrainingSettings): JobForm {
  return { ...emptyJob(settings), ...remembered<Partial<Remembered>>(kept, {}) };
}

/** What every part of the form is handed. */
interface FormPart {
  form: JobForm;
  set: (part: Partial<JobForm>) => void;
  faults: JobFaults;
}

interface FormProps {
  settings: TrainingSettings;
  onCreated: (job: CreatedTrainingJob) => void;
  onClose: () => void;
}

function JobFormView({ settings, onCreated, onClose }: FormProps) {
  const [form, setForm] = useState(() => beginning(settings));
  const [tried, setTried] = useState(false);
  const own = jobFaults(form, settings);
  const estimateBody = estimateOf(form, settings);
  const estimate = usePredictionEstimate(estimateBody);
  const create = useCreateJob((job) => {
    const { baseModel, method, billions, epochs } = form;
    remember(kept, { baseModel, method, billions, epochs } satisfies Remembered);
    onCreated(job);
  });
  const refused = refusedAt(create.error) ?? refusedAt(estimate.error);
  const part: FormPart = {
    form,
    set: (change) => {
      create.reset();
      setForm((now) => ({ ...now, ...change }));
    },
    // What is wanting is marked once somebody went on without it.
    faults: { ...(tried ? own : withoutWanting(own)), ...refused },
  };
  const sound = Object.keys(own).length === 0;
  const seen = estimateBody === null || estimate.current;
  const submit = (event: FormEvent) => {
    event.preventDefault();
    setTried(true);
    if (sound && seen && !create.isPending) create.mutate(jobOf(form));
  };
  return (
    <form onSubmit={submit} noValidate>
      <Stack gap="md">
        <ModelFields {...part} />
        <RowFields {...part} />
        <PredictionsConfigPanel
          form={form.predictions}
          set={(change) => part.set({ predictions: { ...form.predictions, ...change } })}
          faults={part.faults}
          settings={settings}
          estimate={estimate}
          asked={estimateBody !== null}
          refused={refused !== null}
        />
        {create.isError && <Fault title="No job was made" error={create.error} />}
      </Stack>
      <div className={judgingStyles.foot}>
        <Button variant="default" onClick={onClose}>
          Cancel
        </Button>
        <Button type="submit" disabled={!seen} loading={create.isPending}>
          Make the job
        </Button>
      </div>
    </form>
  );
}

const withoutWanting = ({ name: _n, baseModel: _b, method: _m, data: _d, samples: _s, ...rest }: JobFaults) => rest;

const refusedAt = (error: unknown): JobFaults | null => (error instanceof ApiError ? refusedField(error) : null);

const methods = ['lora', 'qlora', 'full'];

function ModelFields({ form, set, faults }: FormPart) {
  return (
    <div className={judgingStyles.pair}>
      <TextInput
        label="Name"
        placeholder="support-tone-3"
        maxLength={200}
        required
        value={form.name}
        error={faults.name}
        onChange={(event) => set({ name: event.currentTarget.value })}
        data-autofocus
      />
      <TextInput
        label="Base model"
        placeholder="As the trainer names it"
        maxLength={500}
        required
        value={form.baseModel}
        error={faults.baseModel}
        onChange={(event) => set({ baseModel: event.currentTarget.value })}
      />
      <Autocomplete
        label="Method"
        placeholder="lora"
        maxLength={100}
        required
        data={methods}
        filter={({ options }) => options}
        value={form.method}
        error={faults.method}
        onChange={(method) => set({ method })}
      />
      <NumberInput
        label="Size of the model"
        placeholder="Unknown"
        suffix=" billion parameters"
        min={0}
        value={form.billions}
        error={faults.billions}
        onChange={(value) => set({ billions: numberIn(value) })}
      />
      <NumberInput
        label="Epochs"
        placeholder="Unknown"
        min={0}
        value={form.epochs}
        error={faults.epochs}
        onChange={(value) => set({ epochs: numberIn(value) })}
      />
    </div>
  );
}

function RowFields({ form, set, faults }: FormPart) {
  return (
    <Stack gap="xs">
      <SourceField
        label="Rows to train on"
        description="The trainer can fetch them from here"
        own="The trainer has its own"
        value={form.data}
        set={(data) => set({ data })}
        error={faults.data}
      />
      <SourceField
        label="Samples to predict"
        description="Drawn once, the same each time"
        own={form.data.kind === 'own' ? 'The trainer has its own' : 'From the same rows'}
        value={form.samples}
        set={(samples) => set({ samples })}
        error={faults.samples}
      />
    </Stack>
  );
}
