/** Fields of a new project: whose answers, where it is, how they are shown, by which rule they are taken. */

import {
  Button,
  MultiSelect,
  NumberInput,
  SegmentedControl,
  Select,
  Stack,
  Switch,
  Text,
  Textarea,
  TextInput,
} from '@mantine/core';
import { useMediaQuery } from '@mantine/hooks';
import type { ConsensusRule } from '../../../src/contracts/label-studio.ts';
import { useDatasets } from '../api/queries.ts';
import { Fault } from '../app/states.tsx';
import { countText } from '../grid/cell-text.ts';
import { useFacts } from '../grid/use-facts.ts';
import { numberIn } from '../judging/judge-fields.tsx';
import judgingStyles from '../judging/judging.module.css';
import { ruleMeanings, ruleNames } from './label-words.ts';
import type { Origin } from './new-project.ts';
import type { FormPart } from './new-project-dialog.tsx';
import { useRemoteProjects } from './use-connection.ts';

export function DatasetFields({ form, set, faults }: FormPart) {
  const datasets = useDatasets();
  const { models } = useFacts(form.dataset);
  return (
    <>
      {datasets.isError && <Fault error={datasets.error} again={() => void datasets.refetch()} />}
      <div className={judgingStyles.pair}>
        <Select
          label="Dataset"
          placeholder={datasets.isPending ? 'Loading …' : 'Choose'}
          searchable
          nothingFoundMessage="No dataset of that name"
          required
          data={(datasets.data ?? []).map(({ id, name }) => ({ value: id, label: name }))}
          value={form.dataset}
          error={faults.dataset}
          onChange={(dataset) => set({ dataset, models: [] })}
          {...(form.dataset === null ? { 'data-autofocus': true } : {})}
        />
        <MultiSelect
          label="Models"
          placeholder={form.models.length === 0 ? 'All that have answered' : ''}
          disabled={form.dataset === null}
          searchable
          clearable
          nothingFoundMessage="No model of that name has answered"
          data={models}
          value={form.models}
          error={faults.models}
          onChange={(chosen) => set({ models: chosen })}
        />
      </div>
    </>
  );
}

const origins: { value: Origin; label: string }[] = [
  { value: 'made', label: 'A new project there' },
  { value: 'mapped', label: 'One that is there' },
  { value: 'files', label: 'Files only' },
];

export function WhereFields({ form, set, faults, connected }: FormPart & { connected: boolean }) {
  const narrow = useMediaQuery('(max-width: 40em)', false, { getInitialValueInEffect: false });
  const remote = useRemoteProjects(connected && form.origin === 'mapped');
  return (
    <Stack gap="xs">
      <SegmentedControl
        aria-label="Where the project is"
        orientation={narrow ? 'vertical' : 'horizontal'}
        value={form.origin}
        onChange={(origin) => set({ origin: origin as Origin })}
        data={origins.map((each) => ({ ...each, disabled: each.value !== 'files' && !connected }))}
      />
      {remote.isError && (
        <Fault title="Projects there are not known" error={remote.error} again={() => void remote.refetch()} />
      )}
      <div className={judgingStyles.pair}>
        {form.origin === 'mapped' && (
          <Select
            label="Project in Label Studio"
            description="Its labeling configuration is read: verdict_a, fix_a, field_a_…, best and note by their names"
            placeholder={remote.isPending ? 'Loading …' : 'Choose'}
            searchable
            required
            nothingFoundMessage="No project of that name"
            data={(remote.data ?? []).map(({ remote_id, title, tasks }) => ({
              value: String(remote_id),
              label: `${title} · number ${remote_id} · ${countText(tasks)} tasks`,
            }))}
            value={form.remote === null ? null : String(form.remote)}
            error={faults.remote}
            onChange={(value) => set({ remote: value === null ? null : Number(value) })}
          />
        )}
        <TextInput
          label="Title"
          placeholder="After the dataset"
          maxLength={50}
          value={form.title}
          error={faults.title}
          {...(form.dataset === null ? {} : { 'data-autofocus': true })}
          onChange={(event) => set({ title: event.currentTarget.value })}
        />
      </div>
    </Stack>
  );
}

export function ShowFields({ form, set, faults }: FormPart) {
  return (
    <div className={judgingStyles.pair}>
      <Switch
        label="Hide the names of the models"
        description="Their order is drawn for each task in any case"
        checked={form.blind}
        onChange={(event) => set({ blind: event.currentTarget.checked })}
      />
      <NumberInput
        label="Seed of the order"
        min={0}
        allowDecimal={false}
        value={form.seed}
        error={faults.seed}
        onChange={(value) => set({ seed: numberIn(value) })}
      />
    </div>
  );
}

interface RuleProps {
  rule: ConsensusRule;
  auditShare: number | '';
  error?: string | undefined;
  set: (part: { rule?: ConsensusRule; auditShare?: number | '' }) => void;
}

/** The rule and the audit share, which can be changed later too. */
export function RuleInputs({ rule, auditShare, error, set }: RuleProps) {
  return (
    <div className={judgingStyles.pair}>
      <Select
        label="Of several annotators is taken"
        description={ruleMeanings[rule]}
        allowDeselect={false}
        data={Object.entries(ruleNames).map(([value, label]) => ({ value, label }))}
        value={rule}
        onChange={(value) => value !== null && set({ rule: value as ConsensusRule })}
      />
      <NumberInput
        label="Audit share"
        description="Of each push, drawn at random and kept apart: only these say something about all answers"
        min={0}
        max={100}
        suffix=" %"
        value={auditShare}
        error={error}
        onChange={(value) => set({ auditShare: numberIn(value) })}
      />
    </div>
  );
}

export function RuleFields({ form, set, faults }: FormPart) {
  return <RuleInputs rule={form.rule} auditShare={form.auditShare} error={faults.auditShare} set={set} />;
}

/** `generated`: the configuration that an own one begins with; null: not known yet. */
export function TemplateField({ form, set, faults, generated }: FormPart & { generated: string | null }) {
  if (form.origin === 'mapped') return null;
  const own = form.template !== null;
  return (
    <Stack gap="xs">
      <Switch
        label="A labeling configuration of my own"
        description="Begins with the generated one; controls are known by their names"
        checked={own}
        onChange={(event) => set({ template: event.currentTarget.checked ? (generated ?? '') : null })}
      />
      {own && (
        <>
          <Textarea
            label="Labeling configuration"
            className={judgingStyles.mono!}
            autosize
            minRows={8}
            maxRows={20}
            maxLength={200_000}
            spellCheck={false}
            value={form.template ?? ''}
            error={faults.template}
            onChange={(event) => set({ template: event.currentTarget.value })}
          />
          <div>
            <Button variant="subtle" onClick={() => set({ template: null })}>
              Back to the generated one
            </Button>
          </div>
        </>
      )}
      {!own && faults.template !== undefined && (
        <Text size="xs" c="error">
          {faults.template}
        </Text>
      )}
    </Stack>
  );
}
