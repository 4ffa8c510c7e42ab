/** Fields of targeted data: which models write, answer and judge, how many rows, what it may take. */

import { NumberInput, Select } from '@mantine/core';
import pageStyles from '../app/page.module.css';
import { SpendingFields } from '../judging/asking-fields.tsx';
import { numberIn } from '../judging/judge-fields.tsx';
import judgingStyles from '../judging/judging.module.css';
import { AskedModel } from './asked-model.tsx';
import type { TargetedFaults, TargetedForm } from './targeted-form.ts';

interface TargetedFieldsProps {
  form: TargetedForm;
  set: (part: Partial<TargetedForm>) => void;
  faults: TargetedFaults;
  /** Patterns that rows are written for; null: all. */
  patterns: number | null;
}

export function TargetedFields({ form, set, faults, patterns }: TargetedFieldsProps) {
  return (
    <div className={judgingStyles.pair}>
      <AskedModel
        label="Model that writes prompts"
        value={form.model}
        set={(model) => set({ model })}
        error={faults.model}
      />
      <AskedModel
        label="Model that answers them"
        placeholder="The same one"
        value={form.answerModel}
        set={(answerModel) => set({ answerModel })}
        error={faults.answerModel}
      />
      <AskedModel
        label="Model that judges the answers"
        placeholder="None: rules alone"
        value={form.judge}
        set={(judge) => set({ judge })}
        error={faults.judge}
      />
      <NumberInput
        label="Rows to keep"
        description={patterns === 1 ? undefined : 'Over all patterns'}
        min={1}
        allowDecimal={false}
        thousandSeparator=","
        value={form.rows}
        error={faults.rows}
        onChange={(value) => set({ rows: numberIn(value) })}
      />
      {patterns !== 1 && (
        <Select
          label="Shared among the patterns"
          data={[
            { value: 'equal', label: 'Each the same' },
            { value: 'proportional', label: 'As they fail' },
          ]}
          value={form.balance}
          allowDeselect={false}
          error={faults.balance}
          onChange={(balance) => set({ balance: balance as TargetedForm['balance'] })}
        />
      )}
      <fieldset className={pageStyles.fieldset}>
        <legend>Budget: beyond it no more is asked for; empty is no limit</legend>
        <div className={judgingStyles.pair}>
          <SpendingFields form={form} set={set} faults={faults} />
        </div>
      </fieldset>
    </div>
  );
}
