/** The workers that run requests, on this machine and others: what each runs, how fast, what it waits for. */

import { Table, Title } from '@mantine/core';
import type { WorkerObject } from '../../../src/contracts/workers.ts';
import { durationText, rateText } from '../app/figures.ts';
import styles from '../app/page.module.css';
import { Fault, Nothing } from '../app/states.tsx';
import { WideTable } from '../app/wide-table.tsx';
import { countText } from '../grid/cell-text.ts';
import { useWorkers } from './use-workers.ts';

export function WorkerList() {
  const workers = useWorkers();
  if (workers.isPending || workers.data === null) return null;
  return (
    <section aria-label="Workers">
      <Title order={2} mb="xs">
        Workers
      </Title>
      {workers.isError && <Fault error={workers.error} again={() => void workers.refetch()} />}
      {workers.data?.length === 0 && <Nothing>No worker takes part. Start one with: assay worker</Nothing>}
      {workers.data && workers.data.length > 0 && <WorkerTable workers={workers.data} />}
    </section>
  );
}

function WorkerTable({ workers }: { workers: WorkerObject[] }) {
  return (
    <WideTable label="Workers by machine" from={640} verticalSpacing="xs">
      <Table.Thead>
        <Table.Tr>
          <Table.Th>Machine</Table.Th>
          <Table.Th>Version</Table.Th>
          <Table.Th>Up for</Table.Th>
          <Table.Th>Models</Table.Th>
          <Table.Th ta="right">In flight</Table.Th>
          <Table.Th ta="right">Requests/s</Table.Th>
        </Table.Tr>
      </Table.Thead>
      <Table.Tbody>
        {workers.map((worker) => (
          <Table.Tr key={worker.id}>
            <Table.Th scope="row" fw={400} style={{ overflowWrap: 'anywhere' }}>
              {worker.host}
              <div className={`${styles.mono} ${styles.dim}`}>{worker.id}</div>
            </Table.Th>
            <Table.Td className={styles.nowrap!}>{worker.version}</Table.Td>
            <Table.Td className={styles.nowrap!}>{durationText(Date.now() / 1000 - worker.started_at)}</Table.Td>
            <Table.Td>
              <Doing worker={worker} />
            </Table.Td>
            <Table.Td ta="right">{countText(worker.requests_in_flight)}</Table.Td>
            <Table.Td ta="right">{rateText(worker.rows_per_s)}</Table.Td>
          </Table.Tr>
        ))}
      </Table.Tbody>
    </WideTable>
  );
}

function Doing({ worker: { models, waiting } }: { worker: WorkerObject }) {
  if (models.length === 0 && waiting === null) return <span className={styles.dim}>idle</span>;
  return (
    <>
      {models.map((model) => (
        <div key={model.id}>
          {model.id}
          {model.waiting !== null && <div className={styles.dim}>waits: {model.waiting}</div>}
        </div>
      ))}
      {waiting !== null && <div className={styles.dim}>commits nothing: {waiting}</div>}
    </>
  );
}
