/** All predictions of a training job by epoch, step and sample, by pages, narrowed by what the address says; live while the job runs. */

import { Alert, Button, Table, Text } from '@mantine/core';
import type { Evaluation, Prediction } from '../../../src/contracts/predictions.ts';
import type { TrainingJob } from '../../../src/contracts/training.ts';
import { Fault, Nothing, Waiting } from '../app/states.tsx';
import { WideTable } from '../app/wide-table.tsx';
import { countText } from '../grid/cell-text.ts';
import { distinctTexts } from './distinct-texts.ts';
import { PredictionFilters, PredictionPages } from './prediction-filters.tsx';
import { PredictionRow } from './prediction-row.tsx';
import styles from './predictions.module.css';
import { readTableView, type TableView, writeTableView } from './predictions-view.ts';
import { rungWords, scoreNamesOf, scoreText } from './score-words.ts';
import { newsOf, useAddress, useEvaluations, usePredictionPage } from './use-predictions.ts';
import { isGoing } from './use-training.ts';

/** Scores that have a column of their own; the others stand in the open row. */
const MOST_COLUMNS = 6;

export function PredictionsTable({ job }: { job: TrainingJob }) {
  const evaluations = useEvaluations(job);
  if (evaluations.isPending) return <Waiting what="evaluations" />;
  if (evaluations.isError && !evaluations.data) {
    return <Fault error={evaluations.error} again={() => void evaluations.refetch()} />;
  }
  if (evaluations.data.evaluations.length === 0) return <NoPredictions job={job} />;
  return <Evaluated job={job} evaluations={evaluations.data.evaluations} />;
}

/** Said wherever predictions would stand. */
export function NoPredictions({ job }: { job: TrainingJob }) {
  const { enabled, sample_frequency: frequency, step_interval: interval } = job.config.predictions;
  if (!enabled) {
    return (
      <Nothing>Predictions are off for this job. They are turned on in the form of a new job, not afterwards.</Nothing>
    );
  }
  if (!isGoing(job)) {
    return (
      <Nothing>
        This job has no predictions: its trainer sent none. The log of the trainer says why; the callback belongs into
        its list of callbacks.
      </Nothing>
    );
  }
  return (
    <Nothing>
      No predictions yet. The first are made before the first step, then{' '}
      {frequency === 'epoch' ? 'after each epoch' : `every ${countText(interval)} steps`}; they are shown here as they
      come.
    </Nothing>
  );
}

function Evaluated({ job, evaluations }: { job: TrainingJob; evaluations: readonly Evaluation[] }) {
  const [view, change] = useAddress(readTableView, writeTableView);
  const epoch = view.epoch === 'latest' ? evaluations.at(-1)!.epoch : view.epoch;
  const page = usePredictionPage(job.id, { ...view, epoch }, newsOf(evaluations));
  return (
    <section aria-label="Predictions" className={styles.section}>
      <Problems
        evaluations={evaluations}
        showErrors={() => change({ errors: 'true', epoch: null, sample: null, offset: 0, open: null })}
      />
      <PredictionFilters evaluations={evaluations} view={view} change={change} />
      {page.isPending && <Waiting what="predictions" />}
      {page.isError && <Fault error={page.error} again={() => void page.refetch()} />}
      {page.data && (
        <>
          {page.data.predictions.length === 0 ? (
            <Nothing>No such prediction.</Nothing>
          ) : (
            <Rows rows={page.data.predictions} scores={scoreNamesOf(evaluations)} view={view} change={change} />
          )}
          <PredictionPages
            total={page.data.total_count}
            shown={page.data.predictions.length}
            view={view}
            change={change}
          />
        </>
      )}
    </section>
  );
}

interface RowsProps {
  rows: readonly Prediction[];
  scores: readonly string[];
  view: TableView;
  change: (part: Partial<TableView>) => void;
}

function Rows({ rows, scores, view, change }: RowsProps) {
  const columns = scores.slice(0, MOST_COLUMNS);
  const distinct = distinctTexts(rows.map(({ prompt }) => prompt));
  return (
    <WideTable label="Predictions by epoch, step and sample" from={900} fz="xs" layout="auto">
      <Table.Thead>
        <Table.Tr>
          <Table.Th w="2rem">
            <span className="visually-hidden">In full</span>
          </Table.Th>
          {['Epoch', 'Step', 'Sample'].map((name) => (
            <Table.Th key={name} ta="right">
              {name}
            </Table.Th>
          ))}
          {['Prompt', 'Prediction', 'Truth'].map((name) => (
            <Table.Th key={name} w="26%" miw="11rem">
              {name}
            </Table.Th>
          ))}
          {columns.map((name) => (
            <Table.Th
              key={name}
              ta="right"
              style={{ whiteSpace: scoreText(name).includes(' ') ? undefined : 'nowrap' }}
            >
              {scoreText(name)}
            </Table.Th>
          ))}
        </Table.Tr>
      </Table.Thead>
      <Table.Tbody>
        {rows.map((row) => (
          <PredictionRow
            key={row.id}
            row={row}
            prompt={distinct(row.prompt)}
            scores={columns}
            open={row.id === view.open}
            toggle={() => change({ open: row.id === view.open ? null : row.id })}
          />
        ))}
      </Table.Tbody>
    </WideTable>
  );
}

interface ProblemsProps {
  evaluations: readonly Evaluation[];
  showErrors: () => void;
}

/** Predictions that could not be made, and models that did not generate as they are. */
function Problems({ evaluations, showErrors }: ProblemsProps) {
  const sum = (of: (each: Evaluation) => number) => evaluations.reduce((all, each) => all + of(each), 0);
  const [errors, all] = [sum((each) => each.errors), sum((each) => each.samples)];
  const others = (['autocast', 'unpatched'] as const)
    .map((rung) => [rung, sum((each) => each.rungs[rung] ?? 0)] as const)
    .filter(([, count]) => count > 0);
  return (
    <>
      {errors > 0 && (
        <Alert role="alert" color="red" variant="light" p="xs">
          <Text size="sm" c="var(--ink)">
            {countText(errors)} of {countText(all)} predictions could not be made. Each is listed with its error.{' '}
            <Button size="compact-xs" variant="default" onClick={showErrors}>
              Show the errors
            </Button>
          </Text>
        </Alert>
      )}
      {others.length > 0 && (
        <p className={styles.dim}>
          The model does not generate as it is in this training:{' '}
          {others.map(([rung, count]) => `${countText(count)} predictions were made ${rungWords[rung]}`).join(', ')}.
        </p>
      )}
    </>
  );
}
