/** The settings in force, the key of this browser, the connection to Label Studio, colours, and the keys of the keyboard. */

import { SegmentedControl, Table, TextInput, Title, useMantineColorScheme } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { getJson } from '../api/client.ts';
import { listed } from '../api/queries.ts';
import styles from '../app/page.module.css';
import { Fault, Nothing, Waiting } from '../app/states.tsx';
import { WideTable } from '../app/wide-table.tsx';
import { KeySetting } from './key-setting.tsx';
import { KeyboardKeys } from './keyboard-keys.tsx';
import { LabelStudioSetting } from './label-studio-setting.tsx';
import { type Setting, settingsMatching, valueText } from './setting-text.ts';

export function SettingsPage() {
  return (
    <div className={styles.page}>
      <title>Settings · Assay</title>
      <div className={styles.head}>
        <h1>Settings</h1>
      </div>
      <Colours />
      <KeySetting />
      <LabelStudioSetting />
      <section aria-label="Keys of the keyboard">
        <Title order={2} mb="xs">
          Keyboard
        </Title>
        <KeyboardKeys />
      </section>
      <Configuration />
    </div>
  );
}

function Colours() {
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  return (
    <section aria-label="Colours">
      <Title order={2} mb="xs">
        Colours
      </Title>
      <SegmentedControl
        aria-label="Colours"
        value={colorScheme}
        onChange={(value) => setColorScheme(value as typeof colorScheme)}
        data={[
          { value: 'auto', label: 'As the system has it' },
          { value: 'light', label: 'Light' },
          { value: 'dark', label: 'Dark' },
        ]}
      />
    </section>
  );
}

function Configuration() {
  const [search, setSearch] = useState('');
  const settings = useQuery({
    queryKey: ['settings'],
    queryFn: async ({ signal }) => listed(await getJson<{ data: Setting[] }>('/admin/settings', { signal })),
  });
  const shown = settingsMatching(settings.data ?? [], search);
  return (
    <section aria-label="Configuration of the server">
      <Title order={2}>Configuration of the server</Title>
      <p className={styles.lead} style={{ margin: '0.25rem 0 0.75rem' }}>
        As it is in force now. It is set by flags, by the environment or in assay.yaml, in that order, and read at the
        start.
      </p>
      {settings.isPending && <Waiting what="settings" />}
      {settings.isError && <Fault error={settings.error} again={() => void settings.refetch()} />}
      {settings.isSuccess && (
        <TextInput
          maw="20rem"
          mb="xs"
          aria-label="Search settings"
          placeholder="Search"
          value={search}
          onChange={(event) => setSearch(event.currentTarget.value)}
        />
      )}
      {settings.isSuccess && shown.length === 0 && <Nothing>No such setting.</Nothing>}
      {shown.length > 0 && <SettingTable settings={shown} />}
    </section>
  );
}

function SettingTable({ settings }: { settings: Setting[] }) {
  return (
    <WideTable label="Settings" from={640} fz="xs" layout="fixed">
      <Table.Thead>
        <Table.Tr>
          <Table.Th w="28%">Name</Table.Th>
          <Table.Th w="22%">Value</Table.Th>
          <Table.Th w="12%">From</Table.Th>
          <Table.Th>Meaning</Table.Th>
        </Table.Tr>
      </Table.Thead>
      <Table.Tbody>
        {settings.map(({ name, value, source, unit, description }) => (
          <Table.Tr key={name}>
            <Table.Th scope="row" fw={400} className={styles.mono!}>
              {name}
            </Table.Th>
            <Table.Td className={styles.mono!}>
              {valueText(value)}
              {typeof value === 'number' && unit && <span className={styles.dim}> {unit}</span>}
            </Table.Td>
            <Table.Td className={source === 'default' ? styles.dim! : ''}>{source}</Table.Td>
            <Table.Td>{description}</Table.Td>
          </Table.Tr>
        ))}
      </Table.Tbody>
    </WideTable>
  );
}
