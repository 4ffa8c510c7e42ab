/** Parameters of every request of a run, and how many items it takes. */

import { Group, NumberInput, SegmentedControl, Stack, Textarea } from '@mantine/core';
import pageStyles from '../app/page.module.css';
import { countText } from '../grid/cell-text.ts';
import type { NewRunForm } from './new-run.ts';
import type { FormPart } from './new-run-dialog.tsx';
import styles from './runs.module.css';

const numberIn = (value: string | number): number | '' => (typeof value === 'number' ? value : '');

export function ParamsFields({ form, set, faults }: FormPart) {
  return (
    <fieldset className={pageStyles.fieldset}>
      <legend>Parameters</legend>
      <Stack gap="xs">
        <Group grow align="start">
          <NumberInput
            label="Temperature"
            description="0: always the likeliest"
            min={0}
            max={2}
            step={0.1}
            value={form.temperature}
            onChange={(value) => set({ temperature: numberIn(value) })}
          />
          <NumberInput
            label="Most tokens of an answer"
            description="max_tokens"
            min={1}
            allowDecimal={false}
            value={form.maxTokens}
            onChange={(value) => set({ maxTokens: numberIn(value) })}
          />
        </Group>
        <Textarea
          className={styles.mono!}
          label="JSON schema of the answers"
          description="Or a whole response_format. Empty: the models answer as they like."
          placeholder='{"type": "object", "properties": {"recommendation": {"enum": ["Yes", "No"]}}}'
          autosize
          minRows={1}
          maxRows={10}
          value={form.schema}
          error={faults.schema}
          onChange={(event) => set({ schema: event.currentTarget.value })}
        />
        <Textarea
          className={styles.mono!}
          label="More fields of the body"
          description="A JSON object, sent with every request"
          placeholder='{"top_p": 0.9, "seed": 7}'
          autosize
          minRows={1}
          maxRows={10}
          value={form.more}
          error={faults.more}
          onChange={(event) => set({ more: event.currentTarget.value })}
        />
      </Stack>
    </fieldset>
  );
}

export function TakeFields({ form, set, faults, items }: FormPart & { items: number }) {
  return (
    <fieldset className={pageStyles.fieldset}>
      <legend>Items</legend>
      <Group align="end">
        <SegmentedControl
          aria-label="Which items"
          value={form.take}
          onChange={(take) => set({ take: take as NewRunForm['take'] })}
          data={[
            { value: 'all', label: `All ${countText(items)}` },
            { value: 'first', label: 'The first' },
            { value: 'random', label: 'At random' },
          ]}
        />
        {form.take !== 'all' && (
          <NumberInput
            label="How many"
            w="8rem"
            min={1}
            max={items}
            allowDecimal={false}
            value={form.count}
            error={faults.count}
            onChange={(value) => set({ count: numberIn(value) })}
          />
        )}
        {form.take === 'random' && (
          <NumberInput
            label="Seed"
            description="The same seed takes the same items"
            w="12rem"
            allowDecimal={false}
            value={form.seed}
            error={faults.seed}
            onChange={(value) => set({ seed: numberIn(value) })}
          />
        )}
      </Group>
    </fieldset>
  );
}
