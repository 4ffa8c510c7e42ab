/** How far a training is: what went wrong, steps, speed, time left, and its metrics as they come. */

import { Alert, Progress, Text } from '@mantine/core';
import type { MetricPoint, TrainingJob } from '../../../src/contracts/training.ts';
import { durationText, momentText } from '../app/figures.ts';
import { Fault, Nothing, Waiting } from '../app/states.tsx';
import { type Tile, Tiles } from '../app/tiles.tsx';
import { countText } from '../grid/cell-text.ts';
import { MetricCharts } from './metric-charts.tsx';
import { paceOf, predictionCharts } from './metric-series.ts';
import { epochText } from './score-words.ts';
import { TrainerLines } from './trainer-lines.tsx';
import styles from './training.module.css';
import { metricText, shareDone, stepText } from './training-text.tsx';
import { useEvaluations } from './use-predictions.ts';
import { useMetrics } from './use-training.ts';

export function JobProgress({ job }: { job: TrainingJob }) {
  const query = useMetrics(job);
  const metrics = query.data?.metrics ?? [];
  const predicted = predictionCharts(useEvaluations(job).data?.evaluations ?? []);
  const share = shareDone(job);
  return (
    <section className={styles.section} aria-label="Progress">
      {share !== null && <Progress size="sm" value={share * 100} aria-label="Steps" />}
      {job.status !== 'created' && <Tiles tiles={tilesOf(job, metrics)} />}
      {query.isPending && <Waiting what="the metrics" />}
      {query.isError && !query.data && <Fault error={query.error} again={() => void query.refetch()} />}
      {query.isSuccess && metrics.length === 0 && <NoMetrics job={job} />}
      {metrics.length + predicted.length > 0 && <MetricCharts metrics={metrics} others={predicted} />}
    </section>
  );
}

/** What somebody has to know of the job, wherever on its page they are. */
export function JobWarnings({ job }: { job: TrainingJob }) {
  const failed = job.status === 'failed';
  return (
    <>
      {job.problem !== null && (
        <Notice title={failed ? 'The training failed' : 'From the trainer'} colour={failed ? 'red' : 'orange'}>
          {job.problem}
        </Notice>
      )}
      {job.undelivered !== null && (
        <Notice title="Not everything was delivered" colour="orange">
          {job.undelivered}
        </Notice>
      )}
    </>
  );
}

function Notice({ title, colour, children }: { title: string; colour: string; children: string }) {
  return (
    <Alert role="alert" color={colour} variant="light" p="xs" title={title}>
      <Text size="sm" c="var(--ink)" style={{ whiteSpace: 'pre-wrap', overflowWrap: 'anywhere' }}>
        {children}
      </Text>
    </Alert>
  );
}

function NoMetrics({ job }: { job: TrainingJob }) {
  if (job.status !== 'created') return <Nothing>The trainer has sent no metrics yet.</Nothing>;
  return (
    <>
      <Nothing>
        Its trainer was not heard of yet. These lines connect it; the token was shown when the job was made, and under
        Settings there is a new one to be had.
      </Nothing>
      <TrainerLines job={job} token={null} />
    </>
  );
}

function tilesOf(job: TrainingJob, metrics: readonly MetricPoint[]): Tile[] {
  const pace = job.status === 'running' ? paceOf(metrics) : null;
  const share = shareDone(job);
  const tiles: (Tile | null)[] = [
    ['Step', stepText(job) || 'none yet', share === null ? undefined : `${Math.floor(share * 100)} %`],
    job.epoch === null ? null : ['Epoch', epochText(job.epoch), ofEpochs(job)],
    job.status === 'running' ? ['Speed', pace === null ? 'being measured' : paceText(pace)] : null,
    job.status === 'running' ? ['Time left', leftText(job, pace)] : null,
    job.ended_at === null || job.started_at === null
      ? null
      : ['Took', durationText(job.ended_at - job.started_at), `until ${momentText(job.ended_at)}`],
    job.loss === null ? null : ['Loss', metricText(job.loss)],
    job.eval_loss === null ? null : ['Eval loss', metricText(job.eval_loss)],
    ['Predictions', countText(job.predictions), predictedText(job)],
  ];
  return tiles.filter((tile) => tile !== null);
}

const ofEpochs = ({ total_epochs }: TrainingJob) =>
  total_epochs === null ? undefined : `of ${epochText(total_epochs)}`;

/** Where a step takes longer than a second, its seconds say more. */
const paceText = (pace: number) => (pace >= 1 ? `${shortFigure(pace)} steps/s` : `${shortFigure(1 / pace)} s a step`);
const shortFigure = (value: number) => String(Number(value.toPrecision(3)));

function leftText({ step, total_steps }: TrainingJob, pace: number | null): string {
  if (step === null || total_steps === null || pace === null) return 'unknown';
  return durationText(Math.max(0, total_steps - step) / pace);
}

function predictedText({ prediction_errors, evaluations }: TrainingJob): string {
  const times = evaluations === 1 ? 'at 1 time' : `at ${countText(evaluations)} times`;
  return prediction_errors === 0 ? times : `${times}; ${countText(prediction_errors)} could not be made`;
}
