/** Fields of a new analysis: where it begins, its test set, its judge, how failures are put together and named, its data. */

import { Checkbox, Group, MultiSelect, NumberInput, SegmentedControl, Select, Stack, TextInput } from '@mantine/core';
import type { Rubric } from '../../../src/contracts/judging.ts';
import { useDatasets } from '../api/queries.ts';
import { momentText } from '../app/figures.ts';
import pageStyles from '../app/page.module.css';
import { Fault } from '../app/states.tsx';
import { countText } from '../grid/cell-text.ts';
import { AskingFields, BudgetFields } from '../judging/asking-fields.tsx';
import { MetricField, ModeFields, numberIn, RubricFields, ThresholdFields } from '../judging/judge-fields.tsx';
import judgingStyles from '../judging/judging.module.css';
import { useModels } from '../models/use-models.ts';
import type { FormPart } from './analysis-dialog.tsx';
import { AskedModel } from './asked-model.tsx';
import { type AnalysisForm, asksJudge, byDefault, byWords } from './new-analysis.ts';
import { TargetedFields } from './targeted-fields.tsx';
import { useJudgeRunsOf } from './use-analyses.ts';

function DatasetField({ form, set }: FormPart) {
  const datasets = useDatasets();
  return (
    <>
      <Select
        label="Dataset"
        placeholder={datasets.isPending ? 'Loading …' : 'Choose'}
        searchable
        nothingFoundMessage="No dataset of that name"
        data={(datasets.data ?? []).map(({ id, name }) => ({ value: id, label: name }))}
        value={form.dataset}
        onChange={(dataset) => set({ dataset, judgeRuns: [] })}
        data-autofocus
      />
      {datasets.isError && <Fault error={datasets.error} again={() => void datasets.refetch()} />}
    </>
  );
}

const NameField = ({ form, set }: FormPart) => (
  <TextInput
    label="Name"
    placeholder="From the dataset and the models"
    maxLength={200}
    value={form.name}
    onChange={(event) => set({ name: event.currentTarget.value })}
  />
);

export function ModelFields(props: FormPart) {
  const { form, set, faults } = props;
  const models = useModels();
  const ids = (models.data ?? []).filter(({ embeddings }) => embeddings !== true).map(({ id }) => id);
  return (
    <div className={judgingStyles.pair}>
      <DatasetField {...props} />
      <MultiSelect
        label="Models"
        placeholder={form.models.length > 0 ? '' : models.isPending ? 'Loading …' : 'Choose'}
        searchable
        nothingFoundMessage="No model of that name"
        data={[...new Set([...ids, ...form.models])]}
        value={form.models}
        error={form.models.length === 0 ? undefined : faults.own.models}
        onChange={(chosen) => set({ models: chosen })}
      />
      <NumberInput
        label="Most tokens of an answer"
        description="At temperature 0"
        min={1}
        allowDecimal={false}
        value={form.maxTokens}
        error={faults.own.maxTokens}
        onChange={(value) => set({ maxTokens: numberIn(value) })}
      />
      <NameField {...props} />
    </div>
  );
}

export function FromJudgeRuns(props: FormPart) {
  const { form, set, faults } = props;
  const runs = useJudgeRunsOf(form.dataset);
  const options = (runs.data ?? []).map(({ run, model }) => ({
    value: run.id,
    label: `${model} · ${countText(run.judged - run.passed)} failed · ${momentText(run.created_at)}`,
  }));
  const known = new Set(options.map(({ value }) => value));
  const rest = form.judgeRuns.filter((id) => !known.has(id)).map((id) => ({ value: id, label: id }));
  return (
    <div className={judgingStyles.pair}>
      <DatasetField {...props} />
      <MultiSelect
        label="Judge runs"
        placeholder={form.dataset === null ? 'Choose the dataset first' : form.judgeRuns.length > 0 ? '' : 'Choose'}
        disabled={form.dataset === null}
        searchable
        nothingFoundMessage="No judge run over this dataset has ended"
        data={[...options, ...rest]}
        value={form.judgeRuns}
        error={form.judgeRuns.length === 0 ? undefined : faults.own.judgeRuns}
        onChange={(judgeRuns) => set({ judgeRuns })}
      />
      {runs.isError && <Fault error={runs.error} again={() => void runs.refetch()} />}
      <NameField {...props} />
    </div>
  );
}

export function TestSetFields({ form, set, faults }: FormPart) {
  return (
    <Stack gap="xs">
      <Checkbox
        label="Draw a test set"
        description="By category, without near-duplicates; else the whole dataset is asked"
        checked={form.sampled}
        onChange={(event) => set({ sampled: event.currentTarget.checked })}
      />
      {form.sampled && (
        <Group align="end">
          <NumberInput
            label="Rows"
            w="8rem"
            min={1}
            allowDecimal={false}
            thousandSeparator=","
            value={form.n}
            error={faults.own.n}
            onChange={(value) => set({ n: numberIn(value) })}
          />
          <SegmentedControl
            aria-label="Shares of the categories"
            value={form.allocation}
            onChange={(allocation) => set({ allocation: allocation as AnalysisForm['allocation'] })}
            data={[
              { value: 'proportional', label: 'As in the dataset' },
              { value: 'equal', label: 'Each the same' },
            ]}
          />
          <NumberInput
            label="Seed"
            w="6rem"
            allowDecimal={false}
            value={form.seed}
            error={faults.own.seed}
            onChange={(value) => set({ seed: numberIn(value) })}
          />
        </Group>
      )}
    </Stack>
  );
}

export function JudgeFields(props: FormPart & { rubric: Rubric | null; error: unknown }) {
  const { form, set, faults, rubric, error } = props;
  const part = {
    form: form.judging,
    set: (change: Partial<AnalysisForm['judging']>) => set({ judging: { ...form.judging, ...change } }),
    faults: faults.judging,
  };
  const { mode } = form.judging;
  return (
    <fieldset className={pageStyles.fieldset}>
      <legend>Judge: which answers fail</legend>
      <Stack gap="xs">
        <ModeFields {...part} pairs={false} />
        {asksJudge(form) && <AskingFields {...part} autofocus={false} />}
        {mode === 'metrics' && <MetricField {...part} />}
        {mode !== 'metrics' && <RubricFields {...part} rubric={rubric} error={error} />}
        <ThresholdFields {...part} />
        {asksJudge(form) && <BudgetFields {...part} />}
      </Stack>
    </fieldset>
  );
}

export function PatternFields({ form, set, faults }: FormPart) {
  const models = useModels();
  const ids = (models.data ?? []).filter(({ embeddings }) => embeddings === true).map(({ id }) => id);
  const usual = [byDefault, byWords];
  const others = [...new Set([...ids, ...(usual.includes(form.vectors) ? [] : [form.vectors])])];
  return (
    <fieldset className={pageStyles.fieldset}>
      <legend>Patterns</legend>
      <div className={judgingStyles.pair}>
        <Select
          label="Likeness of failures"
          description="By words no model is asked"
          data={[
            { value: byDefault, label: 'As the server is set' },
            { value: byWords, label: 'By words (TF-IDF)' },
            ...others.map((id) => ({ value: id, label: `By ${id}` })),
          ]}
          value={form.vectors}
          allowDeselect={false}
          error={faults.own.vectors}
          onChange={(vectors) => set({ vectors: vectors ?? byDefault })}
        />
        <NumberInput
          label="Failures of a pattern at least"
          description="Empty: by how many there are"
          min={2}
          allowDecimal={false}
          value={form.minSize}
          error={faults.own.minSize}
          onChange={(value) => set({ minSize: numberIn(value) })}
        />
        <AskedModel
          label="Model that names them"
          description="Without one their terms are their names"
          placeholder="None"
          value={form.naming}
          set={(naming) => set({ naming })}
          error={faults.own.naming}
        />
      </div>
    </fieldset>
  );
}

export function GenerateFields({ form, set, faults }: FormPart) {
  return (
    <Stack gap="xs">
      <Checkbox
        label="Generate training data against the patterns"
        description="It can be done later, too, for all patterns or for one"
        checked={form.generates}
        onChange={(event) => set({ generates: event.currentTarget.checked })}
      />
      {form.generates && (
        <TargetedFields
          form={form.targeted}
          set={(part) => set({ targeted: { ...form.targeted, ...part } })}
          faults={form.targeted.model === null ? { ...faults.targeted, model: undefined } : faults.targeted}
          patterns={null}
        />
      )}
    </Stack>
  );
}
