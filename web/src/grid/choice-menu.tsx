/** A button that opens a list to choose from, with a search where it is long. */

import { Button, Combobox, ScrollArea, useCombobox } from '@mantine/core';
import { useState } from 'react';
import { ChevronDown } from '../app/icons.tsx';
import { countText } from './cell-text.ts';
import styles from './filter-bar.module.css';

interface ChoiceMenuProps {
  label: string;
  title: string;
  /** Said when there is nothing to choose. */
  empty?: string;
  chosen: readonly string[];
  options: { value: string; label: string; count?: number }[];
  choose: (value: string) => void;
}

const SEARCH_FROM = 9;

export function ChoiceMenu({ label, title, empty = 'Nothing to choose', chosen, options, choose }: ChoiceMenuProps) {
  const [search, setSearch] = useState('');
  const searched = options.length >= SEARCH_FROM;
  const box = useCombobox({
    onDropdownClose: () => {
      box.resetSelectedOption();
      setSearch('');
    },
    onDropdownOpen: () => searched && box.focusSearchInput(),
  });
  const wanted = search.trim().toLowerCase();
  const shown = options.filter(({ label }) => label.toLowerCase().includes(wanted)).slice(0, 200);
  const count = options.filter(({ value }) => chosen.includes(value)).length;
  return (
    <Combobox
      store={box}
      width={240}
      position="bottom-start"
      shadow="md"
      onOptionSubmit={(value) => {
        choose(value);
        box.closeDropdown();
      }}
    >
      <Combobox.Target withAriaAttributes={false} targetType="button">
        <Button
          variant={count > 0 ? 'light' : 'default'}
          title={title}
          aria-haspopup="listbox"
          aria-expanded={box.dropdownOpened}
          rightSection={<ChevronDown size={12} />}
          onClick={() => box.toggleDropdown()}
        >
          {label}
          {count > 1 ? ` (${count})` : ''}
        </Button>
      </Combobox.Target>
      <Combobox.Dropdown>
        {searched && (
          <Combobox.Search
            aria-label={`Search ${label.toLowerCase()}`}
            placeholder="Search"
            value={search}
            onChange={(event) => {
              setSearch(event.currentTarget.value);
              box.updateSelectedOptionIndex();
            }}
          />
        )}
        <Combobox.Options aria-label={title}>
          <ScrollArea.Autosize mah={280} type="auto">
            {shown.map(({ value, label: name, count: rows }) => (
              <Combobox.Option key={value} value={value} active={chosen.includes(value)}>
                <span className={styles.option}>
                  <span className={styles.check} aria-hidden="true">
                    {chosen.includes(value) ? '✓' : ''}
                  </span>
                  <span className={styles.optionName}>{name}</span>
                  {rows !== undefined && <span className={styles.count}>{countText(rows)}</span>}
                </span>
              </Combobox.Option>
            ))}
            {shown.length === 0 && (
              <Combobox.Empty>{options.length === 0 ? empty : 'Nothing of that name'}</Combobox.Empty>
            )}
          </ScrollArea.Autosize>
        </Combobox.Options>
      </Combobox.Dropdown>
    </Combobox>
  );
}
