/** Two training jobs side by side, by the address of both. */

import { Anchor } from '@mantine/core';
import { Link, useParams } from 'react-router';
import { path } from '../api/client.ts';
import pageStyles from '../app/page.module.css';
import { TwoJobs } from './two-jobs.tsx';

export function TwoJobsPage() {
  const { id = '', other = '' } = useParams();
  return (
    <div className={pageStyles.page}>
      <title>Two training jobs · Assay</title>
      <Anchor component={Link} to={path`/training/${id}`}>
        Back to the job
      </Anchor>
      <TwoJobs key={`${id} ${other}`} jobId={id} otherId={other} />
    </div>
  );
}
