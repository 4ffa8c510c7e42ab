/** Writes a rubric: criteria with their scales, instructions, rules; tries it out before it is kept. */

import { Button, Group, Stack, Textarea, TextInput, Title } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { type FormEvent, useEffect, useRef, useState } from 'react';
import { useSearchParams } from 'react-router';
import type { Rubric } from '../../../src/contracts/judging.ts';
import { ApiError, path, postJson, putJson } from '../api/client.ts';
import { Plus } from '../app/icons.tsx';
import pageStyles from '../app/page.module.css';
import { Fault } from '../app/states.tsx';
import { tell } from '../app/tell.ts';
import { CriterionFields } from './criterion-fields.tsx';
import styles from './judging.module.css';
import {
  moved,
  newCriterion,
  type RubricBody,
  type RubricFaults,
  type RubricForm,
  rubricFaults,
  rubricFieldOf,
  rubricOf,
} from './rubric-form.ts';
import { TryOut } from './try-out.tsx';
import { rubricsKey } from './use-judging.ts';

interface RubricEditorProps {
  /** null: a new one. */
  id: string | null;
  /** The version that is changed. */
  version: number;
  begin: () => RubricForm;
}

export function RubricEditor({ id, version, begin }: RubricEditorProps) {
  const [form, setForm] = useState(begin);
  // What is wrong is said once one has tried to keep it, so that an empty form is not red all over.
  const [checked, setChecked] = useState(false);
  const keep = useKeep(id);
  const wrong = rubricFaults(form);
  const refused = refusalOf(keep.error);
  const faults: RubricFaults = { ...refused, ...(checked ? wrong : {}) };
  const sound = Object.keys(wrong).length === 0;
  const top = useRef<HTMLHeadingElement>(null);
  useEffect(() => top.current?.focus(), []);
  const set = (part: Partial<RubricForm>) => {
    keep.reset();
    setForm({ ...form, ...part });
  };
  const submit = (event: FormEvent) => {
    event.preventDefault();
    setChecked(true);
    if (sound) keep.mutate(rubricOf(form));
  };
  return (
    <section aria-labelledby="editor">
      <form onSubmit={submit} noValidate>
        <Stack gap="md">
          <Title order={2} id="editor" tabIndex={-1} ref={top} style={{ outline: 'none' }}>
            {id === null ? 'New rubric' : `Version ${version + 1} of this rubric`}
          </Title>
          <Words form={form} set={set} faults={faults} />
          <CriteriaList form={form} set={set} faults={faults} />
          {checked && !sound && (
            <p className={styles.wanting} role="alert">
              Not kept yet: see the fields marked above.
            </p>
          )}
          {keep.isError && <Fault title="The rubric was not kept" error={keep.error} />}
          <Group>
            <Button type="submit" loading={keep.isPending}>
              {id === null ? 'Keep the rubric' : 'Keep as the next version'}
            </Button>
          </Group>
        </Stack>
      </form>
      <TryOut draft={sound ? rubricOf(form) : null} />
    </section>
  );
}

interface EditorPart {
  form: RubricForm;
  set: (part: Partial<RubricForm>) => void;
  faults: RubricFaults;
}

function Words({ form, set, faults }: EditorPart) {
  return (
    <>
      <TextInput
        label="Name"
        maxLength={200}
        maw="30rem"
        value={form.name}
        error={faults.name}
        onChange={(event) => set({ name: event.currentTarget.value })}
      />
      <Textarea
        label="Instructions"
        description="What the judge is told beside the criteria: the task, the policy, what counts as wrong"
        autosize
        minRows={2}
        maxRows={14}
        maxLength={20_000}
        value={form.instructions}
        error={faults.instructions}
        onChange={(event) => set({ instructions: event.currentTarget.value })}
      />
      <Textarea
        className={styles.mono!}
        label="Rules"
        description="A JSON list of rules that run before the judge; empty: none. Those with spares_llm save its call."
        placeholder='[{"kind": "refusal", "spares_llm": true}]'
        autosize
        minRows={1}
        maxRows={14}
        value={form.rules}
        error={faults.rules}
        onChange={(event) => set({ rules: event.currentTarget.value })}
      />
    </>
  );
}

function CriteriaList({ form, set, faults }: EditorPart) {
  const { criteria } = form;
  return (
    <fieldset className={pageStyles.fieldset}>
      <legend>Criteria</legend>
      <Stack gap="xs">
        {criteria.map((one, at) => (
          <CriterionFields
            key={one.key}
            criterion={one}
            place={at}
            count={criteria.length}
            faults={faults}
            change={(part) => set({ criteria: criteria.map((each, i) => (i === at ? { ...each, ...part } : each)) })}
            move={(by) => set({ criteria: moved(criteria, at, by) })}
            remove={() => set({ criteria: criteria.filter((_, i) => i !== at) })}
          />
        ))}
        {faults.criteria !== undefined && <p className={styles.wanting}>{faults.criteria}</p>}
        <Group>
          <Button
            variant="default"
            leftSection={<Plus size={14} />}
            onClick={() => set({ criteria: [...criteria, newCriterion()] })}
          >
            Add a criterion
          </Button>
        </Group>
      </Stack>
    </fieldset>
  );
}

function refusalOf(error: unknown): RubricFaults {
  const field = error instanceof ApiError ? rubricFieldOf(error.param) : null;
  return field === null ? {} : { [field]: (error as ApiError).message };
}

function useKeep(id: string | null) {
  const queries = useQueryClient();
  const [, setParams] = useSearchParams();
  return useMutation({
    mutationFn: (body: RubricBody) =>
      id === null
        ? postJson<Rubric>('/api/evaluation/rubrics', body)
        : putJson<Rubric>(path`/api/evaluation/rubrics/${id}`, body),
    onSuccess: async (kept) => {
      await queries.invalidateQueries({ queryKey: rubricsKey });
      tell(`Kept ${kept.name}, version ${kept.version}.`);
      setParams({ rubric: kept.id });
    },
  });
}
