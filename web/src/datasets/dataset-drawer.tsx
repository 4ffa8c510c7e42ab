/** All about a dataset: its facts, fields and categories, and the settings by which it is read and compared. */

import { Drawer, Stack, Table, Text, Title } from '@mantine/core';
import type { DatasetObject } from '../../../src/contracts/datasets.ts';
import { useDataset } from '../api/queries.ts';
import { bytesText, momentText } from '../app/figures.ts';
import { useFocusBack } from '../app/focus-back.ts';
import { Fault, Nothing, Waiting } from '../app/states.tsx';
import { WideTable } from '../app/wide-table.tsx';
import { countText } from '../grid/cell-text.ts';
import { ComparingAnew } from './comparing-anew.tsx';
import { formatNames } from './dataset-row.tsx';
import { DatasetSettings } from './dataset-settings.tsx';
import { DatasetVersions } from './dataset-versions.tsx';
import styles from './datasets.module.css';

interface DatasetDrawerProps {
  dataset: DatasetObject;
  onClose: () => void;
}

export function DatasetDrawer({ dataset, onClose }: DatasetDrawerProps) {
  const now = useDataset(dataset.id);
  useFocusBack();
  return (
    <Drawer
      opened
      onClose={onClose}
      position="right"
      size="38rem"
      title={now.data?.name ?? dataset.name}
      closeButtonProps={{ 'aria-label': 'Close' }}
    >
      {now.isPending && <Waiting what="the dataset" />}
      {now.isError && <Fault error={now.error} again={() => void now.refetch()} />}
      {now.data && (
        <Stack gap="lg">
          <Facts dataset={now.data} />
          <ComparingAnew dataset={now.data} />
          <DatasetSettings key={now.data.id} dataset={now.data} />
          <DatasetVersions dataset={now.data} />
          <Columns dataset={now.data} />
          <Categories dataset={now.data} />
        </Stack>
      )}
    </Drawer>
  );
}

function Facts({ dataset }: { dataset: DatasetObject }) {
  const pairs: [string, string][] = [
    ['Items', countText(dataset.count)],
    ['With an expected answer', countText(dataset.with_truth)],
    ['File', `${dataset.filename}, ${formatNames[dataset.format]}, ${bytesText(dataset.bytes)}`],
    ['Content', `sha256 ${dataset.version.slice(0, 16)}…`],
    ['Created', momentText(dataset.created_at)],
    ['Id', dataset.id],
  ];
  return (
    <dl className={styles.pairs}>
      {pairs.map(([name, value]) => (
        <div key={name} style={{ display: 'contents' }}>
          <dt>{name}</dt>
          <dd title={name === 'Content' ? dataset.version : undefined}>{value}</dd>
        </div>
      ))}
    </dl>
  );
}

function Columns({ dataset: { columns, count } }: { dataset: DatasetObject }) {
  return (
    <section aria-label="Fields">
      <Title order={3}>Fields</Title>
      {columns.length === 0 && <Nothing>The items have no fields.</Nothing>}
      {columns.length > 0 && (
        <WideTable label="Fields" from={380} fz="xs">
          <Table.Thead>
            <Table.Tr>
              <Table.Th miw="6rem">Path</Table.Th>
              <Table.Th>Kind</Table.Th>
              <Table.Th ta="right">In items</Table.Th>
              <Table.Th>Values</Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {columns.map(({ path, kind, seen, values }) => (
              <Table.Tr key={path}>
                <Table.Td style={{ overflowWrap: 'anywhere' }}>{path}</Table.Td>
                <Table.Td>{kind}</Table.Td>
                <Table.Td ta="right">{seen === count ? 'all' : countText(seen)}</Table.Td>
                <Table.Td className={styles.values!}>{valuesText(values)}</Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </WideTable>
      )}
    </section>
  );
}

const SHOWN_VALUES = 6;
const VALUE_LENGTH = 40;

function valuesText(values: string[] | null): string {
  if (values === null) return 'more than 50';
  const shown = values
    .slice(0, SHOWN_VALUES)
    .map((value) => (value.length > VALUE_LENGTH ? `${value.slice(0, VALUE_LENGTH - 1)}…` : value));
  return shown.join(', ') + (values.length > SHOWN_VALUES ? `, and ${values.length - SHOWN_VALUES} more` : '');
}

const SHOWN_CATEGORIES = 50;

function Categories({ dataset: { categories } }: { dataset: DatasetObject }) {
  const named = categories.filter(({ category }) => category !== null);
  if (named.length === 0) return null;
  return (
    <section aria-label="Categories">
      <Title order={3}>Categories</Title>
      <Table fz="xs">
        <Table.Thead>
          <Table.Tr>
            <Table.Th>Category</Table.Th>
            <Table.Th ta="right">Items</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {categories.slice(0, SHOWN_CATEGORIES).map(({ category, count }) => (
            <Table.Tr key={category ?? ''}>
              <Table.Td>{category ?? 'none'}</Table.Td>
              <Table.Td ta="right">{countText(count)}</Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
      {categories.length > SHOWN_CATEGORIES && (
        <Text size="xs" c="dimmed">
          And {countText(categories.length - SHOWN_CATEGORIES)} more.
        </Text>
      )}
    </section>
  );
}
