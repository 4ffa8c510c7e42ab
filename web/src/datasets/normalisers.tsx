/** How the values of each field of the answers are compared. */

import { Button, Group, NumberInput, Select, Stack, Text, TextInput } from '@mantine/core';
import { useState } from 'react';
import type { Normaliser } from '../../../src/contracts/datasets.ts';
import styles from './datasets.module.css';

interface NormalisersProps {
  /** Fields seen in the answers. */
  fields: string[];
  normalisers: Record<string, Normaliser>;
  onChange: (normalisers: Record<string, Normaliser>) => void;
}

const kinds: { value: Normaliser['kind'] | ''; label: string }[] = [
  { value: '', label: 'guessed' },
  { value: 'exact', label: 'exactly' },
  { value: 'text', label: 'text, case aside' },
  { value: 'number', label: 'number' },
  { value: 'date', label: 'date' },
  { value: 'set', label: 'list in any order' },
  { value: 'ignore', label: 'not compared' },
];

function normaliserOf(kind: string): Normaliser {
  return kind === 'number' ? { kind, absolute: 0, relative: 1e-6 } : ({ kind } as Normaliser);
}

export function Normalisers({ fields, normalisers, onChange }: NormalisersProps) {
  const [added, setAdded] = useState('');
  const paths = [...new Set([...fields, ...Object.keys(normalisers)])];
  const set = (path: string, normaliser: Normaliser | null) => {
    const { [path]: _before, ...others } = normalisers;
    onChange(normaliser === null ? others : { ...others, [path]: normaliser });
  };
  const add = () => {
    if (added.trim() !== '') set(added.trim(), { kind: 'exact' });
    setAdded('');
  };
  return (
    <Stack gap="xs" role="group" aria-label="How the values of each field are compared">
      {paths.length === 0 && (
        <Text size="xs" c="dimmed">
          How values are compared is guessed for each field once answers are here.
        </Text>
      )}
      {paths.map((path) => (
        <FieldRule key={path} path={path} normaliser={normalisers[path] ?? null} onChange={(rule) => set(path, rule)} />
      ))}
      <Group gap="xs" align="end">
        <TextInput
          flex={1}
          label="Another field"
          placeholder="path, as details.score"
          value={added}
          onChange={(event) => setAdded(event.currentTarget.value)}
          onKeyDown={(event) => {
            if (event.key !== 'Enter') return;
            event.preventDefault();
            add();
          }}
        />
        <Button variant="default" disabled={added.trim() === ''} onClick={add}>
          Add
        </Button>
      </Group>
    </Stack>
  );
}

interface FieldRuleProps {
  path: string;
  normaliser: Normaliser | null;
  onChange: (normaliser: Normaliser | null) => void;
}

function FieldRule({ path, normaliser, onChange }: FieldRuleProps) {
  return (
    <div className={styles.normaliser}>
      <Text size="sm" style={{ overflowWrap: 'anywhere' }}>
        {path}
      </Text>
      <Select
        aria-label={`How ${path} is compared`}
        data={kinds}
        value={normaliser?.kind ?? ''}
        allowDeselect={false}
        onChange={(kind) => onChange(kind ? normaliserOf(kind) : null)}
      />
      {normaliser?.kind === 'number' && (
        <div className={styles.tolerance}>
          {(['absolute', 'relative'] as const).map((which) => (
            <NumberInput
              key={which}
              label={`${which === 'absolute' ? 'Absolute' : 'Relative'} tolerance of ${path}`}
              min={0}
              step={which === 'absolute' ? 0.1 : 0.01}
              value={normaliser[which]}
              onChange={(value) => onChange({ ...normaliser, [which]: typeof value === 'number' ? value : 0 })}
            />
          ))}
        </div>
      )}
    </div>
  );
}
