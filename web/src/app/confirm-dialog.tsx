/** Asks before what cannot be undone: says what it takes with it, and may want the name typed. */

import { Button, Group, Modal, Stack, TextInput } from '@mantine/core';
import { type FormEvent, type ReactNode, useState } from 'react';
import { useFocusBack } from './focus-back.ts';
import { Fault } from './states.tsx';

export interface ConfirmDialogProps {
  title: string;
  children: ReactNode;
  /** What the button says, as "Delete". */
  action: string;
  /** A text that has to be typed first. */
  typed?: string | null;
  busy?: boolean;
  /** Not to be confirmed yet, as while what would be lost is still counted. */
  blocked?: boolean;
  error?: unknown;
  onConfirm: () => void;
  onClose: () => void;
}

export function ConfirmDialog(props: ConfirmDialogProps) {
  const { title, children, action, typed = null, busy = false, blocked = false, error, onConfirm, onClose } = props;
  const [text, setText] = useState('');
  useFocusBack();
  const ready = !blocked && (typed === null || text.trim() === typed.trim());
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (ready && !busy) onConfirm();
  };
  return (
    <Modal opened onClose={onClose} title={title}>
      <form onSubmit={submit}>
        <Stack>
          {children}
          {typed !== null && (
            <TextInput
              label="Type the name to confirm"
              description={typed}
              autoComplete="off"
              value={text}
              onChange={(event) => setText(event.currentTarget.value)}
            />
          )}
          {error !== undefined && error !== null && <Fault error={error} />}
          <Group justify="flex-end">
            <Button variant="default" onClick={onClose} data-autofocus>
              Keep
            </Button>
            <Button type="submit" color="red" loading={busy} disabled={!ready}>
              {action}
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}
