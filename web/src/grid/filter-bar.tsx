/** What narrows and orders the rows; all of it stands in the address. */

import { Button, CloseButton, NumberInput, Popover, Stack, TextInput } from '@mantine/core';
import { useDebouncedCallback } from '@mantine/hooks';
import { type Ref, useEffect, useState } from 'react';
import type { DatasetObject } from '../../../src/contracts/datasets.ts';
import { ChevronDown, Search } from '../app/icons.tsx';
import type { ChangeView } from '../workbench/use-view.ts';
import { type RowFilter, toggled, type View } from '../workbench/view.ts';
import { ChoiceMenu } from './choice-menu.tsx';
import styles from './filter-bar.module.css';
import type { Facts } from './use-facts.ts';

export interface FilterBarProps {
  view: View;
  change: ChangeView;
  facts: Facts;
  dataset: DatasetObject | null;
  /** Where "/" puts the cursor. */
  searchRef: Ref<HTMLInputElement>;
}

export const stateNames: Record<Exclude<RowFilter, 'differences'>, string> = {
  needs_review: 'Needs review',
  golden: 'Golden',
  fixed: 'Fixed',
  wrong: 'Wrong',
  failed: 'Failed',
};
const states = Object.keys(stateNames) as (keyof typeof stateNames)[];

export function FilterBar({ view, change, facts, dataset, searchRef }: FilterBarProps) {
  const differing = view.filter.includes('differences');
  const categories = dataset?.categories.filter(({ category }) => category !== null) ?? [];
  return (
    <search className={styles.bar} aria-label="Filter the answers">
      <SearchBox view={view} change={change} inputRef={searchRef} />
      <Button
        variant={differing ? 'filled' : 'default'}
        aria-pressed={differing}
        onClick={() => change({ filter: toggled(view.filter, 'differences') })}
      >
        Differences
      </Button>
      <ChoiceMenu
        label="All agree"
        title="Rows on which every model gives this answer"
        empty="No decisions have been read yet"
        chosen={view.agreeOn}
        options={facts.decisions.map(({ value, count }) => ({ value, label: value, count }))}
        choose={(value) => change({ agreeOn: view.agreeOn.includes(value) ? [] : [value] })}
      />
      <ChoiceMenu
        label="Differs at"
        title="Rows where the models differ at this field"
        empty="No fields have been read yet"
        chosen={view.differsAt}
        options={facts.fields.map((value) => ({ value, label: value }))}
        choose={(value) => change({ differsAt: toggled(view.differsAt, value) })}
      />
      <ChoiceMenu
        label="Status"
        title="What has been said of an answer, or went wrong with it"
        chosen={view.filter}
        options={states.map((value) => ({ value, label: stateNames[value] }))}
        choose={(value) => change({ filter: toggled(view.filter, value as RowFilter) })}
      />
      {categories.length > 0 && (
        <ChoiceMenu
          label="Category"
          title="Rows of this category"
          chosen={view.category}
          options={categories.map(({ category, count }) => ({ value: category!, label: category!, count }))}
          choose={(value) => change({ category: toggled(view.category, value) })}
        />
      )}
      <ScoreRange view={view} change={change} />
    </search>
  );
}

function SearchBox({
  view,
  change,
  inputRef,
}: Pick<FilterBarProps, 'view' | 'change'> & { inputRef: Ref<HTMLInputElement> }) {
  const [text, setText] = useState(view.q ?? '');
  useEffect(() => setText(view.q ?? ''), [view.q]);
  const apply = useDebouncedCallback((q: string) => change({ q: q.trim() || null }, { replace: true }), 250);
  const clear = () => {
    setText('');
    change({ q: null });
  };
  return (
    <TextInput
      ref={inputRef}
      className={styles.search!}
      type="search"
      aria-label="Search items and answers"
      placeholder="Search  /"
      leftSection={<Search size={14} />}
      rightSection={text === '' ? null : <CloseButton size="xs" aria-label="Clear the search" onClick={clear} />}
      value={text}
      onChange={(event) => {
        setText(event.currentTarget.value);
        apply(event.currentTarget.value);
      }}
      onKeyDown={(event) => {
        if (event.key === 'Enter') apply.flush();
        if (event.key === 'Escape' || event.key === 'Enter') event.currentTarget.blur();
      }}
    />
  );
}

function ScoreRange({ view, change }: Pick<FilterBarProps, 'view' | 'change'>) {
  const set = view.scoreMin !== null || view.scoreMax !== null;
  const field = (name: 'scoreMin' | 'scoreMax', label: string) => (
    <NumberInput
      label={label}
      value={view[name] ?? ''}
      onChange={(value) => change({ [name]: value === '' ? null : Number(value) }, { replace: true })}
    />
  );
  return (
    <Popover position="bottom-start" trapFocus>
      <Popover.Target>
        <Button variant={set ? 'light' : 'default'} rightSection={<ChevronDown size={12} />}>
          Score
        </Button>
      </Popover.Target>
      <Popover.Dropdown>
        <Stack gap="xs" w="9rem">
          {field('scoreMin', 'At least')}
          {field('scoreMax', 'At most')}
        </Stack>
      </Popover.Dropdown>
    </Popover>
  );
}
