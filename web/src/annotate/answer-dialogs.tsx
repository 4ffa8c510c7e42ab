/** The dialogs that keys and buttons of the answers open, one at a time. */

import type { GridStore } from '../grid/grid-store.ts';
import type { View } from '../workbench/view.ts';
import { BulkDialog } from './bulk-dialog.tsx';
import { FixDialog } from './fix-dialog.tsx';
import { Help } from './help.tsx';
import { NoteDialog } from './note-dialog.tsx';
import type { Annotator, Answer } from './use-annotate.ts';

export type AskedFor = { what: 'fix' | 'note'; answer: Answer } | { what: 'bulk' | 'help' } | null;

interface AnswerDialogsProps {
  store: GridStore;
  view: View;
  annotator: Annotator;
  asked: AskedFor;
  ask: (asked: AskedFor) => void;
  /** The model that keys act on. */
  model: string | undefined;
}

export function AnswerDialogs({ store, view, annotator, asked, ask, model }: AnswerDialogsProps) {
  const { datasetId } = store.options;
  const close = () => ask(null);
  return (
    <>
      <FixDialog
        datasetId={datasetId}
        answer={asked?.what === 'fix' ? asked.answer : null}
        onClose={close}
        save={(on, content, note) => annotator.mark(on, 'fix', { content, ...(note === undefined ? {} : { note }) })}
      />
      <NoteDialog
        datasetId={datasetId}
        answer={asked?.what === 'note' ? asked.answer : null}
        onClose={close}
        annotator={annotator}
      />
      <BulkDialog
        opened={asked?.what === 'bulk'}
        onClose={close}
        view={view}
        models={store.snapshot().models}
        model={model}
        done={store.reload}
      />
      <Help opened={asked?.what === 'help'} onClose={close} />
    </>
  );
}
