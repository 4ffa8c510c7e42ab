/** The buttons and keys of the labelling queue: what can be said of the answer, a note to it, undo. */

import { Button, Kbd, Textarea } from '@mantine/core';
import { type ReactNode, type RefObject, useRef, useState } from 'react';
import { flushSync } from 'react-dom';
import { type Keys, useKeys } from '../annotate/use-keys.ts';
import { Note, Undo } from '../app/icons.tsx';
import styles from './label.module.css';
import { type Choice, choicesOf, type LabelQueue, type QueueState } from './label-queue.ts';

interface LabelBarProps {
  queue: LabelQueue;
  state: QueueState;
  pairs: boolean;
  /** Absent where there is only the audit sample. */
  switchSample?: () => void;
}

export function LabelBar({ queue, state, pairs, switchSample }: LabelBarProps) {
  const { task, last, note } = state;
  const choices = task === null ? [] : choicesOf(task, pairs);
  const [noting, setNoting] = useState(false);
  const area = useRef<HTMLTextAreaElement>(null);
  const [told, tell] = useState('');
  const say = ({ verdict, name }: Choice) => {
    queue.say(verdict);
    setNoting(false);
    const next = queue.state().task;
    tell(`Said: ${name}. ${next === null ? '' : `Next: ${next.name}`}`);
  };
  const undo = () => {
    if (last === null) return;
    queue.undo();
    tell(`Taken back: ${last.task.name}`);
  };
  const openNote = () => {
    if (task === null) return;
    // At once, so that no letter of the note is taken for a verdict.
    flushSync(() => setNoting(true));
    area.current?.focus();
  };
  const once = (run: () => void) => (event: KeyboardEvent) => {
    // A key that is held down labels one answer, not all of them.
    if (!event.repeat) run();
  };
  const keys: Keys = { n: once(openNote), u: once(undo) };
  if (switchSample) keys.s = once(switchSample);
  for (const choice of choices) keys[choice.key] = once(() => say(choice));
  useKeys(keys);
  return (
    <section className={styles.bar} aria-label="What people say">
      <p role="status" className="visually-hidden">
        {told}
      </p>
      {task !== null && (noting || note !== '') && <NoteField area={area} note={note} write={queue.write} />}
      <div className={styles.buttons}>
        {choices.map((choice) => (
          <Button
            key={choice.verdict}
            variant="default"
            size="sm"
            aria-keyshortcuts={choice.key}
            onClick={() => say(choice)}
            rightSection={<Kbd size="xs">{choice.key}</Kbd>}
          >
            {choice.name}
          </Button>
        ))}
        <span className={styles.gap} />
        {task !== null && <QuietButton name="Note" letter="n" icon={<Note size={14} />} run={openNote} />}
        <QuietButton name="Undo" letter="u" icon={<Undo size={14} />} run={undo} disabled={last === null} />
      </div>
      {switchSample && (
        <p className={styles.hint}>
          <Kbd size="xs">s</Kbd> switches between the audit sample and picked answers.
        </p>
      )}
    </section>
  );
}

interface NoteFieldProps {
  area: RefObject<HTMLTextAreaElement | null>;
  note: string;
  write: (note: string) => void;
}

/** Escape, or Enter with Ctrl, gives the keys back to the verdicts. */
function NoteField({ area, note, write }: NoteFieldProps) {
  return (
    <Textarea
      ref={area}
      label="Note"
      autosize
      minRows={1}
      maxRows={6}
      maxLength={20_000}
      value={note}
      onChange={(event) => write(event.currentTarget.value)}
      onKeyDown={(event) => {
        if (event.key === 'Escape' || (event.key === 'Enter' && event.ctrlKey)) event.currentTarget.blur();
      }}
    />
  );
}

interface QuietButtonProps {
  name: string;
  letter: string;
  icon: ReactNode;
  run: () => void;
  disabled?: boolean;
}

function QuietButton({ name, letter, icon, run, disabled = false }: QuietButtonProps) {
  return (
    <Button
      variant="subtle"
      size="sm"
      disabled={disabled}
      aria-keyshortcuts={letter}
      onClick={run}
      leftSection={icon}
      rightSection={<Kbd size="xs">{letter}</Kbd>}
    >
      {name}
    </Button>
  );
}
