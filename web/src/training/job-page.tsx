/** One training job, live: its progress and metrics, its predictions, how samples went over the epochs, its settings. */

import { Anchor, Button, Group, Menu, Tabs } from '@mantine/core';
import { lazy, Suspense, useState } from 'react';
import { Link, useNavigate, useParams, useSearchParams } from 'react-router';
import type { TrainingJob } from '../../../src/contracts/training.ts';
import { path } from '../api/client.ts';
import { ConfirmDialog } from '../app/confirm-dialog.tsx';
import { momentText } from '../app/figures.ts';
import pageStyles from '../app/page.module.css';
import { Fault, Waiting } from '../app/states.tsx';
import { countText } from '../grid/cell-text.ts';
import { JobProgress, JobWarnings } from './job-progress.tsx';
import { JobSettings } from './job-settings.tsx';
import styles from './training.module.css';
import { TrainingStatusBadge } from './training-text.tsx';
import { isGoing, useRemoveJob, useTrainingJob, useTrainingJobs } from './use-training.ts';

const PredictionsTable = lazy(async () => ({ default: (await import('./predictions-table.tsx')).PredictionsTable }));
const PredictionsComparison = lazy(async () => ({
  default: (await import('./predictions-comparison.tsx')).PredictionsComparison,
}));

export function JobPage() {
  const { id = '' } = useParams();
  const query = useTrainingJob(id);
  return (
    <div className={pageStyles.page}>
      <title>Training · Assay</title>
      <Anchor component={Link} to="/training">
        All training jobs
      </Anchor>
      {query.isPending && <Waiting what="the training job" />}
      {query.isError && !query.data && <Fault error={query.error} again={() => void query.refetch()} />}
      {query.data && <OneJob key={id} job={query.data} />}
    </div>
  );
}

function OneJob({ job }: { job: TrainingJob }) {
  return (
    <>
      <div className={pageStyles.head}>
        <h1 style={{ flexBasis: '14rem' }}>{job.name}</h1>
        <TrainingStatusBadge status={job.status} />
        <JobActions job={job} />
      </div>
      <p className={pageStyles.lead}>
        {job.base_model} · {job.method} · created {momentText(job.created_at)}
        {job.seen_at !== null && ` · last heard of ${momentText(job.seen_at)}`} ·{' '}
        <span className={pageStyles.mono}>{job.id}</span>
      </p>
      <JobWarnings job={job} />
      <Views job={job} />
    </>
  );
}

const views = {
  progress: { name: 'Progress', View: JobProgress },
  predictions: { name: 'Predictions', View: PredictionsTable },
  comparison: { name: 'Comparison', View: PredictionsComparison },
  settings: { name: 'Settings', View: JobSettings },
} as const;
type ViewName = keyof typeof views;
const names = Object.keys(views) as ViewName[];

/** The one that is shown stands in the address, so that a link shows the same. */
function Views({ job }: { job: TrainingJob }) {
  const [params, setParams] = useSearchParams();
  const shown = names.find((name) => name === params.get('view')) ?? 'progress';
  const show = (view: string | null) =>
    setParams(
      (now) => {
        const next = new URLSearchParams(now);
        if (view === null || view === 'progress') next.delete('view');
        else next.set('view', view);
        return next;
      },
      { replace: true, preventScrollReset: true },
    );
  return (
    <Tabs value={shown} onChange={show} keepMounted={false} classNames={{ tab: styles.tab! }}>
      <Tabs.List aria-label="Views of the job" mb="md">
        {names.map((name) => (
          <Tabs.Tab key={name} value={name}>
            {views[name].name}
          </Tabs.Tab>
        ))}
      </Tabs.List>
      {names.map((name) => {
        const { View } = views[name];
        return (
          <Tabs.Panel key={name} value={name} className={styles.view!}>
            <Suspense fallback={<Waiting what={views[name].name.toLowerCase()} />}>
              <View job={job} />
            </Suspense>
          </Tabs.Panel>
        );
      })}
    </Tabs>
  );
}

function JobActions({ job }: { job: TrainingJob }) {
  const [removing, setRemoving] = useState(false);
  return (
    <Group gap="xs">
      <BesideMenu job={job} />
      <Button variant="default" onClick={() => setRemoving(true)}>
        Delete
      </Button>
      {removing && <RemoveDialog job={job} onClose={() => setRemoving(false)} />}
    </Group>
  );
}

/** The newest other jobs, to be seen beside this one. */
function BesideMenu({ job }: { job: TrainingJob }) {
  const jobs = useTrainingJobs();
  const others = (jobs.data?.pages[0]?.data ?? []).filter(({ id, predictions }) => id !== job.id && predictions > 0);
  if (job.predictions === 0 || others.length === 0) return null;
  return (
    <Menu position="bottom-end" width={280}>
      <Menu.Target>
        <Button variant="default">Beside another job</Button>
      </Menu.Target>
      <Menu.Dropdown mah="20rem" style={{ overflowY: 'auto' }}>
        {others.map(({ id, name, created_at }) => (
          <Menu.Item key={id} component={Link} to={path`/training/${job.id}/beside/${id}`}>
            {name}
            <div className={pageStyles.dim} style={{ fontSize: 'var(--mantine-font-size-xs)' }}>
              {momentText(created_at)}
            </div>
          </Menu.Item>
        ))}
      </Menu.Dropdown>
    </Menu>
  );
}

function RemoveDialog({ job, onClose }: { job: TrainingJob; onClose: () => void }) {
  const remove = useRemoveJob(job.id);
  const navigate = useNavigate();
  return (
    <ConfirmDialog
      title={`Delete the training job “${job.name}”?`}
      action="Delete"
      busy={remove.isPending}
      error={remove.error}
      onConfirm={() => remove.mutate(undefined, { onSuccess: () => void navigate('/training') })}
      onClose={onClose}
    >
      <p>
        Its metrics and its {countText(job.predictions)} predictions go with it, and its tokens are good for nothing any
        more. {isGoing(job) ? 'The training itself goes on, where it runs; only it is not heard here any more. ' : ''}
        What it trained stays.
      </p>
    </ConfirmDialog>
  );
}
