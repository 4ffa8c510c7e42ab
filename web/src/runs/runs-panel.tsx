/** Runs of the right column: those under way, those that wait, those that ended; and where a new one begins. */

import { Button } from '@mantine/core';
import { lazy, Suspense, useState } from 'react';
import { useDatasets } from '../api/queries.ts';
import { Plus } from '../app/icons.tsx';
import { Nothing, Waiting } from '../app/states.tsx';
import type { RunsPanelProps } from '../workbench/slots.ts';
import { EndedRuns } from './ended-runs.tsx';
import { JobCard } from './job-card.tsx';
import styles from './runs.module.css';
import { useActiveRuns } from './use-runs.ts';

const NewRunDialog = lazy(async () => ({ default: (await import('./new-run-dialog.tsx')).NewRunDialog }));

export function RunsPanel({ dataset }: RunsPanelProps) {
  const [opened, setOpened] = useState(false);
  const active = useActiveRuns();
  const names = new Map(useDatasets().data?.map(({ id, name }) => [id, name]));
  const running = active.filter(({ status }) => status !== 'queued');
  const queue = active.filter(({ status }) => status === 'queued');
  const card = (job: (typeof active)[number], place: number | null) => (
    <JobCard
      key={job.id}
      job={job}
      place={place}
      elsewhere={job.dataset_id === dataset?.id ? null : (names.get(job.dataset_id) ?? job.dataset_id)}
    />
  );
  return (
    <section className={styles.panel} aria-label="Runs">
      <div className={styles.head}>
        <h3 className={styles.title}>Runs</h3>
        <Button leftSection={<Plus size={14} />} disabled={dataset === null} onClick={() => setOpened(true)}>
          New run
        </Button>
      </div>
      {active.length === 0 && dataset === null && <Nothing>Open a dataset to run models over it.</Nothing>}
      {running.length > 0 && (
        <ul className={styles.list} aria-label="Running">
          {running.map((job) => card(job, null))}
        </ul>
      )}
      {queue.length > 0 && (
        <>
          <h3 className={styles.title}>Queue: {queue.length}</h3>
          <ul className={styles.list} aria-label="Queue">
            {queue.map((job, at) => card(job, at + 1))}
          </ul>
        </>
      )}
      {dataset && <EndedRuns dataset={dataset} active={active} />}
      {dataset && opened && (
        <Suspense fallback={<Waiting what="the form" />}>
          <NewRunDialog dataset={dataset} onClose={() => setOpened(false)} />
        </Suspense>
      )}
    </section>
  );
}
