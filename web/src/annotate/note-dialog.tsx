/** A note on an answer; it goes with what is said of the answer, so that has to be chosen too. */

import { Button, Group, Modal, SegmentedControl, Stack, Textarea } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useEffect, useRef, useState } from 'react';
import type { WholeItem } from '../../../src/contracts/workbench.ts';
import { itemQuery } from '../item/item-query.ts';
import type { Annotator, Answer } from './use-annotate.ts';

interface NoteDialogProps {
  datasetId: string;
  /** null: closed. */
  answer: Answer | null;
  onClose: () => void;
  annotator: Annotator;
}

export function NoteDialog({ datasetId, answer, onClose, annotator }: NoteDialogProps) {
  const item = useQuery({ ...itemQuery(datasetId, answer?.candidateId ?? ''), enabled: answer !== null });
  const cell = answer === null ? undefined : item.data?.results[answer.modelId];
  return (
    <Modal opened={answer !== null} onClose={onClose} title={answer === null ? '' : `Note on ${answer.modelId}`}>
      {answer !== null && cell && (
        <Note
          key={`${answer.candidateId} ${answer.modelId}`}
          before={cell.annotation_detail}
          onClose={onClose}
          save={(kind, note, content) =>
            annotator.mark(answer, kind, { note, ...(content === undefined ? {} : { content }) })
          }
        />
      )}
    </Modal>
  );
}

type Kind = 'golden' | 'fix' | 'wrong';

interface NoteProps {
  before: WholeItem['results'][string]['annotation_detail'];
  onClose: () => void;
  save: (kind: Kind, note: string, content: string | undefined) => Promise<boolean>;
}

function Note({ before, onClose, save }: NoteProps) {
  const [kind, setKind] = useState<Kind>(before?.kind ?? 'wrong');
  const [text, setText] = useState(before?.note ?? '');
  const area = useRef<HTMLTextAreaElement>(null);
  useEffect(() => area.current?.focus(), []);
  const kinds = [
    { value: 'golden', label: 'Golden' },
    ...(before?.content ? [{ value: 'fix', label: 'Fixed' }] : []),
    { value: 'wrong', label: 'Wrong' },
  ];
  return (
    <form
      onSubmit={async (event) => {
        event.preventDefault();
        if (await save(kind, text.trim(), kind === 'fix' ? (before?.content ?? undefined) : undefined)) onClose();
      }}
    >
      <Stack>
        <SegmentedControl
          aria-label="The answer is"
          data={kinds}
          value={kind}
          onChange={(value) => setKind(value as Kind)}
        />
        <Textarea
          ref={area}
          data-autofocus
          label="Note"
          autosize
          minRows={3}
          maxRows={10}
          value={text}
          onChange={(event) => setText(event.currentTarget.value)}
        />
        <Group justify="flex-end">
          <Button variant="default" onClick={onClose}>
            Cancel
          </Button>
          <Button type="submit">Save</Button>
        </Group>
      </Stack>
    </form>
  );
}
