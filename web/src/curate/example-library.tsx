/** Examples for a prompt, chosen from the answers: strong positives, strong negatives, edge cases; copied or kept as a template. */

import { Button, Group, NumberInput, Select, Textarea, TextInput } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import type { ExampleLibrary as Library, TemplateObject } from '../../../src/contracts/curation.ts';
import { messageOf, postJson } from '../api/client.ts';
import { Fault } from '../app/states.tsx';
import { filterBody, type View } from '../workbench/view.ts';
import styles from './curate.module.css';
import { Templates, useTemplates } from './templates.tsx';

interface ExampleLibraryProps {
  view: View;
  /** Decisions there are, most frequent first. */
  decisions: string[];
}

const counts = [
  { name: 'positives', label: 'Strong positives', most: 50 },
  { name: 'negatives', label: 'Strong negatives', most: 50 },
  { name: 'edges', label: 'Edge cases', most: 20 },
] as const;

export function ExampleLibrary({ view, decisions }: ExampleLibraryProps) {
  const [wanted, want] = useState({ positives: 5, negatives: 5, edges: 2 });
  const [positive, setPositive] = useState<string | null>(null);
  const [negative, setNegative] = useState<string | null>(null);
  const [seed, setSeed] = useState(1);
  const choose = useMutation({
    mutationFn: (from: number) =>
      postJson<Library>('/admin/examples/preview', {
        filter: filterBody(view),
        ...wanted,
        seed: from,
        ...(positive === null ? {} : { positive }),
        ...(negative === null ? {} : { negative }),
      }),
  });
  const others = () => {
    setSeed(seed + 1);
    choose.mutate(seed + 1);
  };
  return (
    <section className={styles.section} aria-labelledby="examples">
      <h2 id="examples">Examples for the prompt</h2>
      <p className={styles.dim}>
        Items on which all models agree, and a few on which they do not, chosen to be unlike each other. They are left
        out of the figures of runs that use them.
      </p>
      <Group gap="xs" align="end">
        {counts.map(({ name, label, most }) => (
          <NumberInput
            key={name}
            label={label}
            w="7.5rem"
            min={0}
            max={most}
            value={wanted[name]}
            onChange={(value) => want({ ...wanted, [name]: Math.max(0, Number(value) || 0) })}
          />
        ))}
        <Select
          label="Positive is"
          w="9rem"
          placeholder="guessed"
          clearable
          data={decisions}
          value={positive}
          onChange={setPositive}
        />
        <Select
          label="Negative is"
          w="9rem"
          placeholder="guessed"
          clearable
          data={decisions}
          value={negative}
          onChange={setNegative}
        />
        <Button loading={choose.isPending} onClick={() => choose.mutate(seed)}>
          Choose examples
        </Button>
        {choose.data && (
          <Button variant="subtle" onClick={others}>
            Others
          </Button>
        )}
      </Group>
      {choose.isError && <Fault error={choose.error} />}
      {choose.data && <Chosen library={choose.data} />}
      <Templates />
    </section>
  );
}

function Chosen({ library }: { library: Library }) {
  const [name, setName] = useState('');
  const templates = useTemplates();
  const keep = useMutation({
    mutationFn: () =>
      postJson<TemplateObject>('/admin/templates', {
        name: name.trim(),
        text: library.block,
        example_items: library.examples.map(({ candidate_id }) => candidate_id),
      }),
    onSuccess: () => {
      setName('');
      notifications.show({ message: 'Kept. The next run can choose it as its template.' });
      return templates.refresh();
    },
  });
  const copy = () =>
    navigator.clipboard.writeText(library.block).then(
      () => notifications.show({ message: 'Copied.' }),
      (error: unknown) => notifications.show({ color: 'red', message: messageOf(error) }),
    );
  return (
    <div className={styles.chosen}>
      {library.notes.length > 0 && (
        <ul className={styles.notes}>
          {library.notes.map((note) => (
            <li key={note}>{note}</li>
          ))}
        </ul>
      )}
      <ol className={styles.examples}>
        {library.examples.map((example) => (
          <li key={example.candidate_id} data-group={example.group}>
            <b>{example.name}</b> <span className={styles.dim}>{example.group}</span>
            {example.decision !== null && <> · {example.decision}</>}
            {example.explanation !== null && <p className={styles.dim}>{example.explanation}</p>}
          </li>
        ))}
      </ol>
      <Textarea
        readOnly
        label="The prompt block"
        className={styles.text!}
        autosize
        maxRows={20}
        value={library.block}
      />
      <Group gap="xs" align="end">
        <Button variant="default" onClick={() => void copy()}>
          Copy the block
        </Button>
        <TextInput
          aria-label="Name of the template"
          placeholder="Name of a template"
          value={name}
          onChange={(event) => setName(event.currentTarget.value)}
        />
        <Button disabled={name.trim() === ''} loading={keep.isPending} onClick={() => keep.mutate()}>
          Keep as a template
        </Button>
      </Group>
      {keep.isError && <Fault error={keep.error} />}
    </div>
  );
}
