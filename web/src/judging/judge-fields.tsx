/** Fields of a new judge run: whose answers, how they are judged, by which rubric, from which score they pass. */

import { Anchor, Checkbox, Group, NumberInput, Select, Stack } from '@mantine/core';
import { Link } from 'react-router';
import type { JudgeMode, Rubric } from '../../../src/contracts/judging.ts';
import type { MetricName } from '../../../src/contracts/similarity.ts';
import pageStyles from '../app/page.module.css';
import { Fault } from '../app/states.tsx';
import type { FormPart } from './judge-dialog.tsx';
import styles from './judging.module.css';
import { asksModel } from './new-judging.ts';
import { RunChoice, RunOfDataset } from './run-choice.tsx';
import { useJudgingChoices, useRubrics } from './use-judging.ts';

export const numberIn = (value: string | number): number | '' => (typeof value === 'number' ? value : '');

export function OfFields({ form, set, faults, autofocus }: FormPart & { autofocus: boolean }) {
  // Before a run is chosen, that it is wanting is said beside the estimate.
  const error = form.run === null && form.dataset === null ? undefined : faults.run;
  return (
    <div className={styles.pair}>
      <RunChoice
        dataset={form.dataset}
        run={form.run}
        set={(chosen) => set({ ...chosen, other: chosen.dataset === form.dataset ? form.other : null })}
        error={form.run === null ? undefined : error}
        autofocus={autofocus}
      />
    </div>
  );
}

const modes: { value: JudgeMode; label: string; about: string }[] = [
  {
    value: 'batch',
    label: 'A model, many answers a call',
    about: 'A share is judged alone as well, which shows what batching costs.',
  },
  {
    value: 'single',
    label: 'A model, one answer a call',
    about: 'The most careful way, and the one with the most calls.',
  },
  {
    value: 'pairwise',
    label: 'A model, two runs in pairs',
    about: 'Both orders are asked; a verdict that follows the order is undecided.',
  },
  { value: 'rules', label: 'Rules', about: 'No model is asked: schemas, fields, length, language, refusal and more.' },
  {
    value: 'metrics',
    label: 'Similarity with the expected answers',
    about: 'No model is asked; the metric fits the category unless one is named.',
  },
];

/** `pairs`: whether two runs can be compared. */
export function ModeFields({ form, set, faults, pairs = true }: FormPart & { pairs?: boolean }) {
  return (
    <>
      <Select
        label="How"
        description={modes.find(({ value }) => value === form.mode)?.about}
        data={modes.filter(({ value }) => pairs || value !== 'pairwise').map(({ value, label }) => ({ value, label }))}
        value={form.mode}
        allowDeselect={false}
        onChange={(mode) => set({ mode: mode as JudgeMode })}
      />
      {form.mode === 'pairwise' && (
        <RunOfDataset
          dataset={form.dataset}
          value={form.other}
          set={(other) => set({ other })}
          label="Compared with"
          description="A run over the same version of the dataset; it stands as B"
          error={form.other === null ? undefined : faults.other}
          without={form.run}
        />
      )}
    </>
  );
}

export function MetricField({ form, set, faults }: FormPart) {
  const metrics = useJudgingChoices().data?.metrics ?? [];
  return (
    <Select
      label="Metric"
      placeholder="The one that fits the category"
      clearable
      maw="24rem"
      data={metrics}
      value={form.metric}
      error={faults.metric}
      onChange={(metric) => set({ metric: metric as MetricName | null })}
    />
  );
}

export function RubricFields(props: FormPart & { rubric: Rubric | null; error: unknown }) {
  const { form, set, faults, rubric, error } = props;
  const rubrics = useRubrics();
  const newest = rubrics.data?.find(({ id }) => id === form.rubric)?.version ?? rubric?.version ?? 1;
  const versions = Array.from({ length: newest }, (_, at) => String(newest - at));
  return (
    <fieldset className={pageStyles.fieldset}>
      <legend>Rubric</legend>
      <Stack gap="xs">
        <div className={styles.pair}>
          <Select
            label="Rubric"
            data={(rubrics.data ?? []).map(({ id, name }) => ({ value: id, label: name }))}
            value={form.rubric}
            allowDeselect={false}
            error={faults.rubric}
            onChange={(id) => set({ rubric: id ?? 'rb_default', version: null, leftOut: [] })}
          />
          <Select
            label="Version"
            data={versions.map((version, at) => ({
              value: version,
              label: at === 0 ? `${version}, the newest` : version,
            }))}
            value={String(form.version ?? newest)}
            allowDeselect={false}
            error={faults.version}
            onChange={(version) => set({ version: version === versions[0] ? null : Number(version), leftOut: [] })}
          />
        </div>
        {error !== null && <Fault error={error} />}
        {asksModel(form.mode) && rubric !== null && <CriteriaTaken {...props} rubric={rubric} />}
        <Anchor component={Link} to="/judging/rubrics" size="xs">
          Write a rubric, and try it out
        </Anchor>
      </Stack>
    </fieldset>
  );
}

function CriteriaTaken({ form, set, faults, rubric }: FormPart & { rubric: Rubric }) {
  const names = rubric.criteria.map(({ name }) => name);
  return (
    <Checkbox.Group
      label="Criteria"
      value={names.filter((name) => !form.leftOut.includes(name))}
      error={faults.leftOut}
      onChange={(taken) => set({ leftOut: names.filter((name) => !taken.includes(name)) })}
    >
      <Group gap="sm" mt={4}>
        {names.map((name) => (
          <Checkbox key={name} value={name} label={name} />
        ))}
      </Group>
    </Checkbox.Group>
  );
}

export function ThresholdFields({ form, set, faults }: FormPart) {
  return (
    <div className={styles.pair}>
      {asksModel(form.mode) && form.mode !== 'pairwise' && (
        <NumberInput
          label="Threshold"
          description="Of 10; it can be moved later without any call"
          min={0}
          max={10}
          step={0.5}
          value={form.threshold}
          error={faults.threshold}
          onChange={(value) => set({ threshold: numberIn(value) })}
        />
      )}
      <NumberInput
        label="Share of the answers"
        description="Percent; the same ones each time"
        min={0}
        max={100}
        suffix=" %"
        value={form.share}
        error={faults.share}
        onChange={(value) => set({ share: numberIn(value) })}
      />
    </div>
  );
}
