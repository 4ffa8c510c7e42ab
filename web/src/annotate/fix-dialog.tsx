/** An editor with the answer of a model, to be mended into what it should have said. */

import { Button, Group, Modal, Stack, Textarea, TextInput } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useEffect, useRef, useState } from 'react';
import type { WholeItem } from '../../../src/contracts/workbench.ts';
import { itemQuery } from '../item/item-query.ts';
import styles from './annotate.module.css';
import { jsonFault, laidOut, mustBeJson } from './json-check.ts';
import type { Answer } from './use-annotate.ts';

interface FixDialogProps {
  datasetId: string;
  /** null: closed. */
  answer: Answer | null;
  onClose: () => void;
  save: (answer: Answer, content: string, note: string | undefined) => Promise<boolean>;
}

export function FixDialog({ datasetId, answer, onClose, save }: FixDialogProps) {
  const item = useQuery({ ...itemQuery(datasetId, answer?.candidateId ?? ''), enabled: answer !== null });
  const cell = answer === null ? undefined : item.data?.results[answer.modelId];
  return (
    <Modal
      opened={answer !== null}
      onClose={onClose}
      size="xl"
      title={answer === null ? '' : `Fix the answer of ${answer.modelId}`}
    >
      {answer !== null && cell && (
        <Editor
          key={`${answer.candidateId} ${answer.modelId}`}
          cell={cell}
          onClose={onClose}
          save={(content, note) => save(answer, content, note)}
        />
      )}
    </Modal>
  );
}

interface EditorProps {
  cell: WholeItem['results'][string];
  onClose: () => void;
  save: (content: string, note: string | undefined) => Promise<boolean>;
}

function Editor({ cell, onClose, save }: EditorProps) {
  const before = cell.annotation_detail;
  const original = cell.content ?? '';
  const [text, setText] = useState(() => laidOut(before?.content ?? original));
  const [note, setNote] = useState(before?.note ?? '');
  const [saving, setSaving] = useState(false);
  const area = useRef<HTMLTextAreaElement>(null);
  useEffect(() => area.current?.focus(), []);
  const fault =
    text.trim() === '' ? 'Write what the answer should be.' : mustBeJson(original, cell.parse) ? jsonFault(text) : null;
  const submit = async () => {
    if (fault !== null || saving) return;
    setSaving(true);
    if (await save(text, note.trim() || undefined)) onClose();
    setSaving(false);
  };
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        void submit();
      }}
      onKeyDown={(event) => {
        if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) void submit();
      }}
    >
      <Stack>
        <Textarea
          ref={area}
          data-autofocus
          label="The answer as it should be"
          className={styles.editor!}
          autosize
          minRows={10}
          maxRows={24}
          spellCheck={false}
          value={text}
          error={fault}
          onChange={(event) => setText(event.currentTarget.value)}
        />
        <TextInput label="Note" value={note} onChange={(event) => setNote(event.currentTarget.value)} />
        <Group justify="space-between">
          <Button variant="subtle" disabled={text === laidOut(original)} onClick={() => setText(laidOut(original))}>
            Back to the model's words
          </Button>
          <Group>
            <Button variant="default" onClick={onClose}>
              Cancel
            </Button>
            <Button type="submit" loading={saving} disabled={fault !== null} title="Ctrl+Enter">
              Save the fix
            </Button>
          </Group>
        </Group>
      </Stack>
    </form>
  );
}
