/** Fields of a new judge run that asks models: which, how many answers a call, what happens on errors, what it may take. */

import { Checkbox, NumberInput, Select, Stack } from '@mantine/core';
import type { NewJudgeRun } from '../../../src/contracts/judging.ts';
import pageStyles from '../app/page.module.css';
import { JudgeChoice } from './judge-choice.tsx';
import type { FormPart } from './judge-dialog.tsx';
import { numberIn } from './judge-fields.tsx';
import styles from './judging.module.css';
import type { JudgingForm } from './new-judging.ts';

const MOST_JUDGES = 9;

const onErrors: { value: NewJudgeRun['on_error']; label: string }[] = [
  { value: 'skip', label: 'Count it as without a verdict' },
  { value: 'retry', label: 'Ask again, with growing waits' },
  { value: 'fail', label: 'End the judge run' },
];

export function AskingFields({ form, set, faults, autofocus }: FormPart & { autofocus: boolean }) {
  return (
    <Stack gap="xs">
      <JudgeChoice
        value={form.judges}
        set={(judges) => set({ judges })}
        error={form.judges.length === 0 ? undefined : faults.judges}
        most={MOST_JUDGES}
        autofocus={autofocus}
      />
      <div className={styles.pair}>
        {form.judges.length > 1 && (
          <Select
            label="How the panel decides"
            data={[
              { value: 'majority', label: 'Median score, majority' },
              { value: 'mean', label: 'Mean score' },
            ]}
            value={form.panel}
            allowDeselect={false}
            onChange={(panel) => set({ panel: panel as JudgingForm['panel'] })}
          />
        )}
        {form.mode === 'batch' && (
          <NumberInput
            label="Answers a call"
            description="1 to 50; small judges need fewer"
            min={1}
            max={50}
            allowDecimal={false}
            value={form.batchSize}
            error={faults.batchSize}
            onChange={(value) => set({ batchSize: numberIn(value) })}
          />
        )}
        <Select
          label="When there is no usable verdict"
          description="After the judge was asked to repair it"
          data={onErrors}
          value={form.onError}
          allowDeselect={false}
          error={faults.onError}
          onChange={(value) => set({ onError: value as NewJudgeRun['on_error'] })}
        />
        {form.onError === 'retry' && (
          <NumberInput
            label="Tries more"
            description="0 to 10"
            min={0}
            max={10}
            allowDecimal={false}
            value={form.maxRetries}
            error={faults.maxRetries}
            onChange={(value) => set({ maxRetries: numberIn(value) })}
          />
        )}
      </div>
      <Checkbox
        label="Show the judge the expected answer, where there is one"
        checked={form.reference}
        onChange={(event) => set({ reference: event.currentTarget.checked })}
      />
    </Stack>
  );
}

/** What the fields of a budget need of the form they stand in. */
export interface BudgetPart {
  form: Pick<JudgingForm, 'usd' | 'calls' | 'tokens'>;
  set: (part: Partial<Pick<JudgingForm, 'usd' | 'calls' | 'tokens'>>) => void;
  faults: FormPart['faults'];
}

export function BudgetFields({ form, set, faults }: BudgetPart) {
  return (
    <fieldset className={pageStyles.fieldset}>
      <legend>Budget: beyond it no further answer is judged; empty is no limit</legend>
      <div className={styles.pair}>
        <SpendingFields form={form} set={set} faults={faults} />
        <NumberInput
          label="Tokens, in and out"
          min={1}
          allowDecimal={false}
          thousandSeparator=","
          value={form.tokens}
          error={faults.tokens}
          onChange={(value) => set({ tokens: numberIn(value) })}
        />
      </div>
    </fieldset>
  );
}

interface SpendingPart {
  form: { usd: number | ''; calls: number | '' };
  set: (part: { usd?: number | ''; calls?: number | '' }) => void;
  faults: { usd?: string | undefined; calls?: string | undefined };
}

/** The two bounds that every kind of asking has. */
export function SpendingFields({ form, set, faults }: SpendingPart) {
  return (
    <>
      <NumberInput
        label="USD"
        min={0}
        prefix="$"
        value={form.usd}
        error={faults.usd}
        onChange={(value) => set({ usd: numberIn(value) })}
      />
      <NumberInput
        label="Calls"
        min={1}
        allowDecimal={false}
        thousandSeparator=","
        value={form.calls}
        error={faults.calls}
        onChange={(value) => set({ calls: numberIn(value) })}
      />
    </>
  );
}
