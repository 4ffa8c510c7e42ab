/** Sends items as tasks: which, how many, how far it is, and what became of those that were there. */

import {
  Alert,
  Button,
  Group,
  MultiSelect,
  NumberInput,
  Progress,
  Select,
  Stack,
  Text,
  TextInput,
  Title,
} from '@mantine/core';
import { type FormEvent, useState } from 'react';
import type { LabelProject, PushObject, PushSelection } from '../../../src/contracts/label-studio.ts';
import { useDataset } from '../api/queries.ts';
import { momentText } from '../app/figures.ts';
import { Fault } from '../app/states.tsx';
import { tellFault } from '../app/tell.ts';
import { numberIn } from '../judging/judge-fields.tsx';
import judgingStyles from '../judging/judging.module.css';
import { pushStates, pushText, selectionNames, thereText } from './label-words.ts';
import styles from './labelling.module.css';
import { emptyPush, type PushForm, pushFaults, pushOf } from './new-push.ts';
import { isPushing, useCancelPush, usePush } from './use-labelling.ts';

export function PushSection({ project }: { project: LabelProject }) {
  return (
    <section className={styles.section} aria-labelledby="push">
      <Title order={2} id="push">
        Push
      </Title>
      {project.push !== null && <PushView id={project.id} push={project.push} />}
      {!isPushing(project) && <PushFields project={project} />}
    </section>
  );
}

const colours: Record<PushObject['state'], string> = {
  running: 'blue',
  completed: 'green',
  failed: 'red',
  cancelled: 'gray',
};

function PushView({ id, push }: { id: string; push: PushObject }) {
  const cancel = useCancelPush(id);
  const going = push.state === 'running';
  const share = push.total === 0 ? (going ? 0 : 1) : push.done / push.total;
  const there = thereText(push);
  return (
    <Stack gap={6}>
      <Progress size="sm" value={share * 100} color={colours[push.state]} aria-label="Tasks sent" />
      <Group gap="sm" justify="space-between">
        <Text size="sm" role="status">
          <b>{pushStates[push.state]}</b>: {pushText(push)}
          {push.ended_at !== null && ` · ${momentText(push.ended_at)}`}
        </Text>
        {going && (
          <Button
            size="compact-xs"
            variant="default"
            loading={cancel.isPending}
            onClick={() => cancel.mutate(undefined, { onError: tellFault })}
          >
            Stop
          </Button>
        )}
      </Group>
      <p className={styles.dim}>
        {selectionNames[push.select]}, at most {push.limit.toLocaleString('en')}. {there}
      </p>
      {push.problem !== null && (
        <Alert role={going ? 'status' : 'alert'} color={going ? 'orange' : 'red'} variant="light" p="xs">
          <Text size="sm" c="var(--ink)" style={{ overflowWrap: 'anywhere' }}>
            {going ? 'It waits: ' : ''}
            {push.problem}
          </Text>
        </Alert>
      )}
    </Stack>
  );
}

function PushFields({ project }: { project: LabelProject }) {
  const [form, setForm] = useState<PushForm>(emptyPush);
  const push = usePush(project.id);
  const dataset = useDataset(project.dataset_id);
  const categories = (dataset.data?.categories ?? []).flatMap(({ category }) => (category === null ? [] : [category]));
  const faults = pushFaults(form);
  const set = (part: Partial<PushForm>) => {
    push.reset();
    setForm({ ...form, ...part });
  };
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (Object.keys(faults).length === 0 && !push.isPending) push.mutate(pushOf(form));
  };
  return (
    <form onSubmit={submit} noValidate>
      <Stack gap="xs">
        <div className={judgingStyles.pair}>
          <SelectionField value={form.select} set={(select) => set({ select })} />
          {categories.length > 0 && (
            <MultiSelect
              label="Categories"
              placeholder={form.categories.length === 0 ? 'All' : ''}
              searchable
              clearable
              data={categories}
              value={form.categories}
              onChange={(chosen) => set({ categories: chosen })}
            />
          )}
          <TextInput
            label="Words"
            placeholder="That the item or an answer holds"
            value={form.words}
            error={faults.words}
            onChange={(event) => set({ words: event.currentTarget.value })}
          />
          <NumberInput
            label="At most"
            suffix=" items"
            min={1}
            thousandSeparator=","
            allowDecimal={false}
            value={form.limit}
            error={faults.limit}
            onChange={(value) => set({ limit: numberIn(value) })}
          />
        </div>
        <p className={styles.dim}>
          The most useful first; {Math.round(project.audit_share * 100)} % are drawn at random and kept apart. What is
          there already is brought up to date, never sent twice, and what annotators changed is left alone.
        </p>
        {push.isError && <Fault title="Nothing was sent" error={push.error} />}
        <div>
          <Button type="submit" loading={push.isPending}>
            Push
          </Button>
        </div>
      </Stack>
    </form>
  );
}

/** Which items are chosen, before any filter. */
export function SelectionField({ value, set }: { value: PushSelection; set: (value: PushSelection) => void }) {
  return (
    <Select
      label="Items"
      allowDeselect={false}
      data={Object.entries(selectionNames).map(([each, label]) => ({ value: each, label }))}
      value={value}
      onChange={(chosen) => chosen !== null && set(chosen as PushSelection)}
    />
  );
}
