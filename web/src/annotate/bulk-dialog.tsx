/** Says the same of many answers at once: those the filter chooses, counted first, written only when confirmed. */

import { Button, Group, Modal, SegmentedControl, Select, Stack, Text, TextInput } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import type { BulkAnnotation } from '../../../src/contracts/curation.ts';
import { messageOf, postJson } from '../api/client.ts';
import { countText } from '../grid/cell-text.ts';
import { filterBody, type View } from '../workbench/view.ts';
import styles from './annotate.module.css';

interface BulkDialogProps {
  opened: boolean;
  onClose: () => void;
  view: View;
  models: readonly string[];
  /** The model that keys act on. */
  model: string | undefined;
  /** What is offered to be said first; golden when absent. */
  kind?: Kind;
  /** Called once something was written. */
  done: () => void;
}

const verbs = { golden: 'Mark as golden', wrong: 'Mark as wrong', clear: 'Take back what was said of' };
type Kind = keyof typeof verbs;

export function BulkDialog(props: BulkDialogProps) {
  return (
    <Modal opened={props.opened} onClose={props.onClose} title="Say it of many answers at once">
      {props.opened && <Bulk {...props} />}
    </Modal>
  );
}

function Bulk({ onClose, view, models, model, kind: first = 'golden', done }: BulkDialogProps) {
  const [kind, setKind] = useState<Kind>(first);
  const [chosen, setChosen] = useState(model ?? models[0] ?? '');
  const [note, setNote] = useState('');
  const [count, setCount] = useState<number | null>(null);
  const ask = useMutation({
    mutationFn: (confirm: number | undefined) => {
      const said = note.trim() === '' ? {} : { note: note.trim() };
      const body = {
        kind,
        model_id: chosen,
        filter: filterBody(view),
        ...said,
        ...(confirm === undefined ? {} : { confirm }),
      };
      return postJson<{ count: number; done: boolean }>('/admin/annotations/bulk', body satisfies BulkAnnotation);
    },
    onSuccess: (answer) => {
      if (!answer.done) return setCount(answer.count);
      notifications.show({ message: `${countText(answer.count)} answers of ${chosen} changed.` });
      done();
      onClose();
    },
    onError: () => setCount(null),
  });
  const change =
    <T,>(set: (value: T) => void) =>
    (value: T) => {
      set(value);
      setCount(null);
      ask.reset();
    };
  return (
    <Stack>
      <Text size="sm">For all rows that the filter chooses now, of one model:</Text>
      <SegmentedControl
        aria-label="What to say"
        value={kind}
        onChange={change((value: string) => setKind(value as Kind))}
        data={[
          { value: 'golden', label: 'Golden' },
          { value: 'wrong', label: 'Wrong' },
          { value: 'clear', label: 'Nothing' },
        ]}
      />
      <Select
        label="Model"
        data={[...models]}
        allowDeselect={false}
        value={chosen}
        onChange={change((value: string | null) => setChosen(value ?? ''))}
      />
      {kind !== 'clear' && (
        <TextInput label="Note" value={note} onChange={(event) => change(setNote)(event.currentTarget.value)} />
      )}
      {count !== null && (
        <div className={styles.told} role="status">
          {count === 0 ? (
            'No answer would change.'
          ) : (
            <>
              {verbs[kind]} <b>{countText(count)}</b> answers of {chosen}? Each can be undone by itself.
            </>
          )}
        </div>
      )}
      {ask.isError && (
        <Text size="sm" c="red" role="alert">
          {messageOf(ask.error)}
        </Text>
      )}
      <Group justify="flex-end">
        <Button variant="default" onClick={onClose}>
          Cancel
        </Button>
        {count === null ? (
          <Button loading={ask.isPending} disabled={chosen === ''} onClick={() => ask.mutate(undefined)}>
            Count them
          </Button>
        ) : (
          <Button loading={ask.isPending} disabled={count === 0} onClick={() => ask.mutate(count)}>
            {verbs[kind].split(' ')[0]} {countText(count)}
          </Button>
        )}
      </Group>
    </Stack>
  );
}
