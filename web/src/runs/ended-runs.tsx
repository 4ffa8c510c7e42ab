/** Runs that have ended or were imported, newest first, and what can be done with each. */

import { ActionIcon, Button, Menu } from '@mantine/core';
import { useState } from 'react';
import { Link } from 'react-router';
import type { DatasetObject } from '../../../src/contracts/datasets.ts';
import type { ActiveRun, RunObject } from '../../../src/contracts/runs.ts';
import { address, path } from '../api/client.ts';
import { ConfirmDialog } from '../app/confirm-dialog.tsx';
import { momentText } from '../app/figures.ts';
import { More } from '../app/icons.tsx';
import { Fault, Nothing, Waiting } from '../app/states.tsx';
import { countText } from '../grid/cell-text.ts';
import { madeBy, statusNames } from './run-text.ts';
import styles from './runs.module.css';
import { type RunAct, useEndedRuns, useRunAct } from './use-runs.ts';

interface EndedRunsProps {
  dataset: DatasetObject;
  active: readonly ActiveRun[];
}

export function EndedRuns({ dataset, active }: EndedRunsProps) {
  const ended = useEndedRuns(dataset.id, active);
  const [removing, setRemoving] = useState<RunObject | null>(null);
  const act = useRunAct();
  const doWith = (run: RunObject, what: RunAct) =>
    what === 'remove' ? setRemoving(run) : act.mutate({ id: run.id, model: run.model_id, act: what });
  return (
    <div>
      {ended.isPending && <Waiting what="runs" />}
      {ended.isError && <Fault error={ended.error} again={() => void ended.refetch()} />}
      {ended.isSuccess && ended.runs.length === 0 && active.length === 0 && (
        <Nothing>
          No run of this dataset yet. Start one, or import answers made elsewhere from the menu of the dataset.
        </Nothing>
      )}
      {ended.runs.length > 0 && (
        <ul className={styles.list} style={{ gap: 0 }} aria-label="Ended runs">
          {ended.runs.map((run) => (
            <EndedRun
              key={run.id}
              run={run}
              newest={run.version_id === dataset.version_id}
              act={(what) => doWith(run, what)}
            />
          ))}
        </ul>
      )}
      {ended.hasNextPage && (
        <Button
          fullWidth
          size="compact-xs"
          variant="default"
          loading={ended.isFetchingNextPage}
          onClick={() => void ended.fetchNextPage()}
        >
          Older runs
        </Button>
      )}
      {removing && (
        <ConfirmDialog
          title={`Remove the run of ${removing.model_id}?`}
          action="Remove"
          busy={act.isPending}
          onConfirm={() =>
            act.mutate(
              { id: removing.id, model: removing.model_id, act: 'remove' },
              { onSuccess: () => setRemoving(null) },
            )
          }
          onClose={() => setRemoving(null)}
        >
          <p>
            Its {countText(removing.completed + removing.failed)} answers go. A run whose place it had taken comes back
            {removing.batch_id === null ? '.' : '; its batch and the files of the batch stay.'}
          </p>
        </ConfirmDialog>
      )}
    </div>
  );
}

interface EndedRunProps {
  run: RunObject;
  /** Whether it is over the version that the grid shows. */
  newest: boolean;
  act: (what: RunAct) => void;
}

function EndedRun({ run, newest, act }: EndedRunProps) {
  const { model_id: model, status, completed, failed, total, superseded_by, batch_id } = run;
  return (
    <li className={styles.run} data-old={superseded_by !== null || !newest}>
      <div className={styles.runText}>
        <div className={styles.line}>
          <span className={styles.model} title={model}>
            {model}
          </span>
        </div>
        <span className={styles.figures}>
          <span className={status === 'failed' || status === 'expired' ? styles.failed : undefined}>
            {statusNames[status]}
          </span>
          <span>
            {completed === total
              ? `${countText(total)} answers`
              : `${countText(completed)} of ${countText(total)} answered`}
          </span>
          {failed > 0 && <span className={styles.failed}>{countText(failed)} failed</span>}
          {superseded_by !== null && <span>superseded</span>}
          {!newest && <span>older version</span>}
        </span>
        <span className={styles.figures} title={run.id}>
          {[momentText(run.created_at), ...madeBy(run)].join(' · ')}
        </span>
      </div>
      <Menu position="bottom-end" width={190}>
        <Menu.Target>
          <ActionIcon aria-label={`Actions for the run of ${model}`}>
            <More />
          </ActionIcon>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Item component={Link} to={address('/judging', { judge: run.id })}>
            Judge
          </Menu.Item>
          <Menu.Item component={Link} to={address('/judging', { benchmark_id: run.id })}>
            Its judge runs
          </Menu.Item>
          <Menu.Divider />
          {batch_id !== null && (
            <>
              <Menu.Item component={Link} to={path`/batches/${batch_id}`}>
                Open its batch
              </Menu.Item>
              {failed > 0 && <Menu.Item onClick={() => act('retry')}>Retry {countText(failed)} failed</Menu.Item>}
              <Menu.Item onClick={() => act('again')}>Run again</Menu.Item>
              <Menu.Divider />
            </>
          )}
          <Menu.Item color="red" onClick={() => act('remove')}>
            Remove
          </Menu.Item>
        </Menu.Dropdown>
      </Menu>
    </li>
  );
}
