/** The words in which two models' answers differ. */

import { Group, Select } from '@mantine/core';
import { useMemo, useState } from 'react';
import type { WholeItem } from '../../../src/contracts/workbench.ts';
import styles from './item.module.css';
import { type WordsApart, wordsApart } from './words-apart.ts';

interface WordDiffProps {
  item: WholeItem;
  models: readonly string[];
}

export function WordDiff({ item, models }: WordDiffProps) {
  const [pair, setPair] = useState<[string | null, string | null]>([null, null]);
  const a = pair[0] !== null && models.includes(pair[0]) ? pair[0] : models[0];
  const b = pair[1] !== null && models.includes(pair[1]) ? pair[1] : models[1];
  const [before, after] = [item.results[a ?? '']?.content ?? '', item.results[b ?? '']?.content ?? ''];
  const { parts, cut } = useMemo(() => wordsApart(before, after), [before, after]);
  if (a === undefined || b === undefined) return <p className={styles.dim}>Two answers are needed for this.</p>;
  return (
    <div className={styles.words}>
      <Group gap="xs" align="end">
        <Select
          label="From"
          data={[...models]}
          value={a}
          allowDeselect={false}
          onChange={(name) => setPair([name, b])}
        />
        <Select label="To" data={[...models]} value={b} allowDeselect={false} onChange={(name) => setPair([a, name])} />
        <p className={styles.legend}>
          <del>only {a}</del> <ins>only {b}</ins>
        </p>
      </Group>
      {parts === null ? (
        <p className={styles.dim}>These answers have next to nothing in common; read them side by side.</p>
      ) : (
        <DiffText parts={parts} />
      )}
      {cut && <p className={styles.dim}>Only the first 20,000 characters of each are compared.</p>}
    </div>
  );
}

/** The words of two texts in one: struck where only the first has them, marked where only the second has. */
export function DiffText({ parts }: { parts: NonNullable<WordsApart['parts']> }) {
  return (
    <div className={styles.diff}>
      {parts.map(({ value, added, removed }, at) =>
        added ? (
          // biome-ignore lint/suspicious/noArrayIndexKey: parts have no other name and never move
          <ins key={at}>{value}</ins>
        ) : removed ? (
          // biome-ignore lint/suspicious/noArrayIndexKey: parts have no other name and never move
          <del key={at}>{value}</del>
        ) : (
          // biome-ignore lint/suspicious/noArrayIndexKey: parts have no other name and never move
          <span key={at}>{value}</span>
        ),
      )}
    </div>
  );
}
