/** All batches, those of runs and those made over the API: state, progress, model, times. */

import { Anchor, Table } from '@mantine/core';
import { Link } from 'react-router';
import type { Batch } from '../../../src/contracts/openai-batch.ts';
import { path } from '../api/client.ts';
import { durationText, momentText } from '../app/figures.ts';
import styles from '../app/page.module.css';
import { PagedList } from '../app/paged-list.tsx';
import { Nothing } from '../app/states.tsx';
import { WideTable } from '../app/wide-table.tsx';
import { countText } from '../grid/cell-text.ts';
import { BatchProgress, endOf, StatusBadge } from './batch-text.tsx';
import { useBatches } from './use-batches.ts';

export function BatchesPage() {
  return (
    <div className={styles.page}>
      <title>Batches · Assay</title>
      <div className={styles.head}>
        <h1>Batches</h1>
      </div>
      <p className={styles.lead}>
        Every run of the workbench is a batch, beside those made over the API at /v1/batches.
      </p>
      <PagedList query={useBatches()} what="batches" nothing={<NothingYet />}>
        {(batches) => <BatchTable batches={batches} />}
      </PagedList>
    </div>
  );
}

function NothingYet() {
  return (
    <Nothing>
      No batch yet. Start a run in{' '}
      <Anchor component={Link} to="/" underline="always">
        the workbench
      </Anchor>
      , or send a file to /v1/batches.
    </Nothing>
  );
}

function BatchTable({ batches }: { batches: Batch[] }) {
  return (
    <WideTable label="Batches" from={760} verticalSpacing="xs" highlightOnHover>
      <Table.Thead>
        <Table.Tr>
          <Table.Th>Batch</Table.Th>
          <Table.Th>Model</Table.Th>
          <Table.Th>State</Table.Th>
          <Table.Th w="9rem">Progress</Table.Th>
          <Table.Th ta="right">Requests</Table.Th>
          <Table.Th ta="right">Failed</Table.Th>
          <Table.Th>Created</Table.Th>
          <Table.Th ta="right">Took</Table.Th>
        </Table.Tr>
      </Table.Thead>
      <Table.Tbody>
        {batches.map((batch) => (
          <BatchRow key={batch.id} batch={batch} />
        ))}
      </Table.Tbody>
    </WideTable>
  );
}

function BatchRow({ batch }: { batch: Batch }) {
  const { id, model, status, request_counts: counts, created_at } = batch;
  const end = endOf(batch);
  return (
    <Table.Tr>
      <Table.Th scope="row" className={styles.mono!} fw={400} title={id}>
        <Anchor component={Link} to={path`/batches/${id}`}>
          {id.length > 18 ? `${id.slice(0, 14)}…` : id}
        </Anchor>
      </Table.Th>
      <Table.Td style={{ overflowWrap: 'anywhere' }}>{model ?? <span className={styles.dim}>several</span>}</Table.Td>
      <Table.Td>
        <StatusBadge status={status} />
      </Table.Td>
      <Table.Td>
        <BatchProgress batch={batch} />
      </Table.Td>
      <Table.Td ta="right" className={styles.nowrap!}>
        {countText(counts.completed + counts.failed)} of {countText(counts.total)}
      </Table.Td>
      <Table.Td ta="right">{countText(counts.failed)}</Table.Td>
      <Table.Td className={styles.nowrap!}>{momentText(created_at)}</Table.Td>
      <Table.Td ta="right" className={styles.nowrap!}>
        {end === null ? '' : durationText(end - created_at)}
      </Table.Td>
    </Table.Tr>
  );
}
