/** One criterion of a rubric: its name, what the judge looks at, its scale; its place among the others. */

import { ActionIcon, NumberInput, Textarea, TextInput } from '@mantine/core';
import { ChevronDown, Trash } from '../app/icons.tsx';
import pageStyles from '../app/page.module.css';
import { numberIn } from './judge-fields.tsx';
import styles from './judging.module.css';
import type { CriterionForm, RubricFaults } from './rubric-form.ts';

interface CriterionFieldsProps {
  criterion: CriterionForm;
  /** From 0, of so many. */
  place: number;
  count: number;
  /** Of the whole rubric. */
  faults: RubricFaults;
  change: (part: Partial<CriterionForm>) => void;
  move: (by: number) => void;
  remove: () => void;
}

const numbers = [
  { field: 'min', label: 'Lowest' },
  { field: 'max', label: 'Highest' },
  { field: 'pass', label: 'Pass mark' },
  { field: 'weight', label: 'Weight' },
] as const;

export function CriterionFields(props: CriterionFieldsProps) {
  const { criterion, place, faults, change } = props;
  const named = criterion.name === '' ? `criterion ${place + 1}` : criterion.name;
  const fault = (field: string) => faults[`criteria.${place}.${field}`];
  return (
    <fieldset className={`${styles.criterion} ${pageStyles.fieldset}`} aria-label={named}>
      <div className={styles.criterionHead}>
        <TextInput
          label="Name"
          placeholder="lower_case"
          value={criterion.name}
          error={fault('name')}
          onChange={(event) => change({ name: event.currentTarget.value })}
        />
        <Order {...props} named={named} />
      </div>
      <Textarea
        label="What the judge looks at"
        description="Best with what several of its scores mean"
        autosize
        minRows={2}
        maxRows={10}
        maxLength={4000}
        value={criterion.description}
        error={fault('description')}
        onChange={(event) => change({ description: event.currentTarget.value })}
      />
      <div className={styles.numbers}>
        {numbers.map(({ field, label }) => (
          <NumberInput
            key={field}
            label={label}
            value={criterion[field]}
            error={fault(field)}
            onChange={(value) => change({ [field]: numberIn(value) })}
          />
        ))}
      </div>
    </fieldset>
  );
}

function Order({ place, count, move, remove, named }: CriterionFieldsProps & { named: string }) {
  return (
    <>
      <ActionIcon mt="1.35rem" aria-label={`Move ${named} up`} disabled={place === 0} onClick={() => move(-1)}>
        <span className={styles.up}>
          <ChevronDown />
        </span>
      </ActionIcon>
      <ActionIcon mt="1.35rem" aria-label={`Move ${named} down`} disabled={place === count - 1} onClick={() => move(1)}>
        <ChevronDown />
      </ActionIcon>
      <ActionIcon mt="1.35rem" color="red" aria-label={`Remove ${named}`} disabled={count === 1} onClick={remove}>
        <Trash />
      </ActionIcon>
    </>
  );
}
