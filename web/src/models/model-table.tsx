/** Models in a table: what runs them, where they come from, licence, size, whose they are. */

import { Badge, Button, Group, Table } from '@mantine/core';
import { bytesText } from '../app/figures.ts';
import styles from '../app/page.module.css';
import { WideTable } from '../app/wide-table.tsx';
import { countText } from '../grid/cell-text.ts';
import type { KnownModel } from './use-models.ts';

interface ModelTableProps {
  models: KnownModel[];
  test: (model: KnownModel) => void;
  remove: (model: KnownModel) => void;
}

export function ModelTable({ models, test, remove }: ModelTableProps) {
  const stated = models.some(({ state }) => state !== undefined);
  return (
    <WideTable label="Models" from={720} verticalSpacing="xs">
      <Table.Thead>
        <Table.Tr>
          <Table.Th>Id</Table.Th>
          <Table.Th>Engine</Table.Th>
          <Table.Th>Where from</Table.Th>
          <Table.Th>Licence</Table.Th>
          <Table.Th ta="right">Size</Table.Th>
          {stated && <Table.Th>State</Table.Th>}
          <Table.Th>
            <span className="visually-hidden">Actions</span>
          </Table.Th>
        </Table.Tr>
      </Table.Thead>
      <Table.Tbody>
        {models.map((model) => (
          <ModelRow key={model.id} {...{ model, stated, test, remove }} />
        ))}
      </Table.Tbody>
    </WideTable>
  );
}

function ModelRow({
  model,
  stated,
  test,
  remove,
}: Omit<ModelTableProps, 'models'> & { model: KnownModel; stated: boolean }) {
  const { id, engine, source, base_url, license, bytes, scope, state } = model;
  return (
    <Table.Tr>
      <Table.Th scope="row" style={{ overflowWrap: 'anywhere' }}>
        {id}
        {scope === 'user' && (
          <Badge ml="xs" size="xs" variant="light">
            yours
          </Badge>
        )}
      </Table.Th>
      <Table.Td>{engine}</Table.Td>
      <Table.Td className={styles.mono!}>
        {source ?? base_url}
        <div className={styles.dim}>{more(model)}</div>
      </Table.Td>
      <Table.Td>{license ?? <span className={styles.dim}>not stated</span>}</Table.Td>
      <Table.Td ta="right" className={styles.nowrap!}>
        {bytes === undefined ? <span className={styles.dim}>unknown</span> : bytesText(bytes)}
      </Table.Td>
      {stated && <Table.Td>{state}</Table.Td>}
      <Table.Td>
        <Group gap="xs" justify="flex-end" wrap="nowrap">
          {model.embeddings !== true && (
            <Button size="compact-xs" variant="default" aria-label={`Test ${id}`} onClick={() => test(model)}>
              Test
            </Button>
          )}
          {scope === 'user' && (
            <Button size="compact-xs" variant="default" aria-label={`Remove ${id}`} onClick={() => remove(model)}>
              Remove
            </Button>
          )}
        </Group>
      </Table.Td>
    </Table.Tr>
  );
}

function more({ model, context, concurrency, embeddings, price }: KnownModel): string {
  return [
    model === undefined ? null : `known there as ${model}`,
    context === undefined ? null : `${countText(context)} tokens of context`,
    concurrency === undefined ? null : `${concurrency} at once`,
    embeddings === true ? 'embeddings only' : null,
    price?.completion_per_million === undefined ? null : `$${price.completion_per_million} a million tokens out`,
  ]
    .filter((text) => text !== null)
    .join(' · ');
}
