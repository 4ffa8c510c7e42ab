/** A run that waits or works: how far it is, how fast, what is left, why it waits. */

import { ActionIcon, Anchor, Progress, Tooltip } from '@mantine/core';
import { useState } from 'react';
import { Link } from 'react-router';
import type { ActiveRun } from '../../../src/contracts/runs.ts';
import { path } from '../api/client.ts';
import { ConfirmDialog } from '../app/confirm-dialog.tsx';
import { durationText, rateText } from '../app/figures.ts';
import { Close } from '../app/icons.tsx';
import { countText, percentText } from '../grid/cell-text.ts';
import styles from './runs.module.css';
import { useRunAct } from './use-runs.ts';

interface JobCardProps {
  job: ActiveRun;
  /** In the queue, from 1; null while it runs. */
  place: number | null;
  /** Name of the dataset when it is not the one that is open. */
  elsewhere: string | null;
}

export function JobCard({ job, place, elsewhere }: JobCardProps) {
  const { model_id: model, progress, completed, failed, total, waiting } = job;
  const [asking, setAsking] = useState(false);
  const act = useRunAct();
  const cancel = () => act.mutate({ id: job.id, model, act: 'cancel' }, { onSettled: () => setAsking(false) });
  const share = (count: number) => (total === 0 ? 0 : (count / total) * 100);
  return (
    <li className={styles.job}>
      <div className={styles.line}>
        <span className={styles.model} title={model}>
          {job.batch_id === null ? (
            model
          ) : (
            <Anchor component={Link} to={path`/batches/${job.batch_id}`}>
              {model}
            </Anchor>
          )}
        </span>
        <span className={styles.figures}>
          {place === null ? `${progress.toFixed(progress < 100 ? 1 : 0)} %` : `#${place}`}
        </span>
        <Tooltip label="Cancel">
          <ActionIcon size="sm" aria-label={`Cancel the run of ${model}`} onClick={() => setAsking(true)}>
            <Close size={12} />
          </ActionIcon>
        </Tooltip>
      </div>
      {elsewhere !== null && <span className={styles.figures}>{elsewhere}</span>}
      <Progress.Root size="sm">
        <Progress.Section
          value={share(completed)}
          aria-label={`Run of ${model}`}
          aria-valuetext={`${countText(completed + failed)} of ${countText(total)} done, ${countText(failed)} failed`}
        />
        <Progress.Section value={share(failed)} color="red" withAria={false} />
      </Progress.Root>
      <JobFigures job={job} />
      {waiting !== null && <span className={styles.waits}>Waits: {waiting}</span>}
      {asking && (
        <ConfirmDialog
          title={`Cancel the run of ${model}?`}
          action="Cancel the run"
          busy={act.isPending}
          onConfirm={cancel}
          onClose={() => setAsking(false)}
        >
          <p>
            {countText(completed + failed)} of {countText(total)} answers are there and stay. The rest is not asked for.
          </p>
        </ConfirmDialog>
      )}
    </li>
  );
}

function JobFigures({ job }: { job: ActiveRun }) {
  const { completed, failed, total, throughput, prompt_tokens_per_s, cached_share, eta_seconds } = job;
  return (
    <span className={styles.figures}>
      <span>
        {countText(completed + failed)} of {countText(total)}
      </span>
      {failed > 0 && <span className={styles.failed}>{countText(failed)} failed</span>}
      {(throughput > 0 || prompt_tokens_per_s > 0) && (
        <>
          <span>{rateText(prompt_tokens_per_s)} tok/s in</span>
          <span>{rateText(throughput)} tok/s out</span>
        </>
      )}
      {cached_share !== null && <span>{percentText(cached_share)} from cache</span>}
      {eta_seconds !== null && <span>{durationText(eta_seconds)} left</span>}
    </span>
  );
}
