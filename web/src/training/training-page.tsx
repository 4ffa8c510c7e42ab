/** All training jobs, newest first, and where a new one begins. */

import { Anchor, Button, Code, Progress, Table } from '@mantine/core';
import { useState } from 'react';
import { Link } from 'react-router';
import type { TrainingJob } from '../../../src/contracts/training.ts';
import { path } from '../api/client.ts';
import { momentText } from '../app/figures.ts';
import { Plus } from '../app/icons.tsx';
import styles from '../app/page.module.css';
import { PagedList } from '../app/paged-list.tsx';
import { Nothing } from '../app/states.tsx';
import { WideTable } from '../app/wide-table.tsx';
import { countText } from '../grid/cell-text.ts';
import { NewJobDialog } from './new-job-dialog.tsx';
import { metricText, shareDone, stepText, TrainingStatusBadge } from './training-text.tsx';
import { useTrainingJobs } from './use-training.ts';

export function TrainingPage() {
  const [asked, setAsked] = useState(false);
  return (
    <div className={styles.page}>
      <title>Training · Assay</title>
      <div className={styles.head}>
        <h1>Training</h1>
        <Button leftSection={<Plus size={14} />} onClick={() => setAsked(true)}>
          New job
        </Button>
      </div>
      <p className={styles.lead}>
        How a model changes while it is fine-tuned: its loss, and what it says to the same few prompts, epoch by epoch,
        beside the expected answers.
      </p>
      <Jobs />
      {asked && <NewJobDialog onClose={() => setAsked(false)} />}
    </div>
  );
}

function Jobs() {
  return (
    <PagedList query={useTrainingJobs()} what="training jobs" nothing={<NothingYet />}>
      {(jobs) => <JobTable jobs={jobs} />}
    </PagedList>
  );
}

function NothingYet() {
  return (
    <Nothing>
      No training was followed yet. To see one within minutes, fine-tune a small model on this machine; its job appears
      here while it trains:
      <Code block my="xs">
        npx assay train-demo
      </Code>
      For a training of your own, install the callback beside the trainer, from the folder of this server’s source; “New
      job” gives the lines to add to a script of transformers.Trainer or of TRL:
      <Code block mt="xs">
        pip install ./python
      </Code>
    </Nothing>
  );
}

function JobTable({ jobs }: { jobs: TrainingJob[] }) {
  return (
    <WideTable label="Training jobs" from={760} verticalSpacing="xs" highlightOnHover>
      <Table.Thead>
        <Table.Tr>
          <Table.Th>Job</Table.Th>
          <Table.Th>State</Table.Th>
          <Table.Th w="10rem">Step</Table.Th>
          <Table.Th ta="right">Loss</Table.Th>
          <Table.Th ta="right">Eval loss</Table.Th>
          <Table.Th ta="right">Predictions</Table.Th>
          <Table.Th>Created</Table.Th>
        </Table.Tr>
      </Table.Thead>
      <Table.Tbody>
        {jobs.map((job) => (
          <JobRow key={job.id} job={job} />
        ))}
      </Table.Tbody>
    </WideTable>
  );
}

function JobRow({ job }: { job: TrainingJob }) {
  const share = shareDone(job);
  return (
    <Table.Tr>
      <Table.Th scope="row" fw={400} style={{ overflowWrap: 'anywhere' }} title={job.id}>
        <Anchor component={Link} to={path`/training/${job.id}`}>
          {job.name}
        </Anchor>
        <div className={styles.dim}>
          {job.base_model} · {job.method}
        </div>
      </Table.Th>
      <Table.Td>
        <TrainingStatusBadge status={job.status} />
      </Table.Td>
      <Table.Td className={styles.nowrap!}>
        {stepText(job)}
        {share !== null && <Progress size="xs" mt={4} value={share * 100} aria-label={`Steps of ${job.name}`} />}
      </Table.Td>
      <Table.Td ta="right">{job.loss === null ? '' : metricText(job.loss)}</Table.Td>
      <Table.Td ta="right">{job.eval_loss === null ? '' : metricText(job.eval_loss)}</Table.Td>
      <Table.Td ta="right">
        {countText(job.predictions)}
        {job.prediction_errors > 0 && (
          <div style={{ color: 'var(--bad)' }}>{countText(job.prediction_errors)} failed</div>
        )}
      </Table.Td>
      <Table.Td className={styles.nowrap!}>{momentText(job.created_at)}</Table.Td>
    </Table.Tr>
  );
}
