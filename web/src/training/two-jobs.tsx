/** Two training jobs side by side on the samples that both have: who is right where, mean scores, and the predictions themselves. */

import { Anchor, Group, Select } from '@mantine/core';
import { Link } from 'react-router';
import type { Evaluation, Prediction } from '../../../src/contracts/predictions.ts';
import type { TrainingJob } from '../../../src/contracts/training.ts';
import { path } from '../api/client.ts';
import pageStyles from '../app/page.module.css';
import { Fault, Nothing, Waiting } from '../app/states.tsx';
import { MarkFields } from './mark-fields.tsx';
import { matchSamples } from './match-samples.ts';
import { PairList } from './pair-list.tsx';
import styles from './predictions.module.css';
import { readTwoJobsView, type TwoJobsView, writeTwoJobsView } from './predictions-view.ts';
import { epochText, evaluationText, scoreNamesOf } from './score-words.ts';
import { MeanTable, RightCounts } from './two-jobs-figures.tsx';
import { useAddress, useEvaluated, useEvaluations } from './use-predictions.ts';
import { useTrainingJob } from './use-training.ts';

export function TwoJobs({ jobId, otherId }: { jobId: string; otherId: string }) {
  const [a, b] = [useSide(jobId), useSide(otherId)];
  const failed = [a, b].find(({ error }) => error !== null);
  if (failed) return <Fault error={failed.error} again={failed.again} />;
  if (!a.job || !b.job || !a.evaluations || !b.evaluations) return <Waiting what="the two jobs" />;
  return (
    <BothJobs
      a={{ job: a.job, evaluations: a.evaluations }}
      b={{ job: b.job, evaluations: b.evaluations }}
      same={jobId === otherId}
    />
  );
}

interface Side {
  job: TrainingJob;
  evaluations: readonly Evaluation[];
}

function useSide(id: string) {
  const job = useTrainingJob(id);
  const evaluations = useEvaluations(job.data);
  return {
    job: job.data,
    evaluations: evaluations.data?.evaluations,
    error: job.data ? (evaluations.data ? null : evaluations.error) : job.error,
    again: () => void (job.data ? evaluations.refetch() : job.refetch()),
  };
}

const nameOf = ({ step, hook }: Pick<Evaluation, 'step' | 'hook'>) => `${step} ${hook}`;

/** The chosen evaluation, else the last one; null: there is none. */
const chosenOf = ({ evaluations }: Side, name: string | null): Evaluation | null =>
  evaluations.find((each) => nameOf(each) === name) ?? evaluations.at(-1) ?? null;

function BothJobs({ a, b, same }: { a: Side; b: Side; same: boolean }) {
  const [view, change] = useAddress(readTwoJobsView, writeTwoJobsView);
  const [atA, atB] = [chosenOf(a, view.a), chosenOf(b, view.b)];
  return (
    <>
      <div className={pageStyles.head}>
        <h1>Two jobs side by side</h1>
      </div>
      {same && <p className={pageStyles.lead}>This is one job twice: choose two of its evaluations.</p>}
      <div className={styles.sides}>
        <SideHead name="A" side={a} at={atA} choose={(at) => change({ a: at })} />
        <SideHead name="B" side={b} at={atB} choose={(at) => change({ b: at })} />
      </div>
      <Group gap="sm" align="end">
        <MarkFields scores={scoreNamesOf([...a.evaluations, ...b.evaluations])} view={view} change={change} />
      </Group>
      <Together a={a} b={b} atA={atA} atB={atB} view={view} change={change} />
    </>
  );
}

interface SideHeadProps {
  name: 'A' | 'B';
  side: Side;
  at: Evaluation | null;
  choose: (evaluation: string | null) => void;
}

function SideHead({ name, side: { job, evaluations }, at, choose }: SideHeadProps) {
  return (
    <section aria-label={`Job ${name}`} className={styles.side}>
      <h2>
        <span className={styles.sideName}>{name}</span>{' '}
        <Anchor component={Link} inherit to={path`/training/${job.id}`}>
          {job.name}
        </Anchor>
      </h2>
      <p className={styles.dim}>
        {job.base_model} · {job.method} · {job.status}
      </p>
      {at === null ? (
        <p className={styles.dim}>It has no predictions.</p>
      ) : (
        <Select
          label="Evaluation"
          aria-label={`Evaluation of ${name}`}
          allowDeselect={false}
          searchable
          nothingFoundMessage="No such evaluation"
          data={evaluations.map((each) => ({
            value: nameOf(each),
            label: `${evaluationText(each)}${each === evaluations.at(-1) ? ' (last)' : ''}`,
          }))}
          value={nameOf(at)}
          onChange={(value) => choose(value === nameOf(evaluations.at(-1)!) ? null : value)}
        />
      )}
    </section>
  );
}

interface TogetherProps {
  a: Side;
  b: Side;
  atA: Evaluation | null;
  atB: Evaluation | null;
  view: TwoJobsView;
  change: (part: Partial<TwoJobsView>) => void;
}

function Together({ a, b, atA, atB, view, change }: TogetherProps) {
  const [ofA, ofB] = [useEvaluated(a.job.id, atA), useEvaluated(b.job.id, atB)];
  if (atA === null || atB === null) {
    const without = [atA === null ? 'A' : null, atB === null ? 'B' : null].filter((name) => name !== null);
    return <Nothing>{without.join(' and ')} has no predictions yet, so there is nothing to compare.</Nothing>;
  }
  const failed = [ofA, ofB].find(({ isError }) => isError);
  if (failed) return <Fault error={failed.error} again={() => void failed.refetch()} />;
  if (!ofA.data || !ofB.data) return <Waiting what="predictions" />;
  return <Pairs ofA={ofA.data} ofB={ofB.data} view={view} change={change} />;
}

interface PairsProps extends Pick<TogetherProps, 'view' | 'change'> {
  ofA: readonly Prediction[];
  ofB: readonly Prediction[];
}

function Pairs({ ofA, ofB, view, change }: PairsProps) {
  const { pairs, onlyInA, onlyInB } = matchSamples(ofA, ofB);
  if (pairs.length === 0) {
    return (
      <Nothing>
        These two evaluations have no sample in common: none has the same id and truth, or the same prompt and truth.
        Jobs that draw their samples from the same source with the same seed can be compared.
      </Nothing>
    );
  }
  return (
    <>
      <RightCounts pairs={pairs} view={view} choose={(standing) => change({ standing })} />
      {(onlyInA.length > 0 || onlyInB.length > 0) && (
        <p className={styles.dim}>
          Left out, since the other job does not have them: {onlyInA.length} samples of A, {onlyInB.length} of B.
        </p>
      )}
      <MeanTable pairs={pairs} />
      <PairList
        key={`${view.standing} ${view.score} ${view.mark}`}
        pairs={pairs}
        view={view}
        change={change}
        titles={[`A, ${headOf(ofA[0]!)}`, `B, ${headOf(ofB[0]!)}`]}
      />
    </>
  );
}

const headOf = ({ epoch, step }: Prediction) => `epoch ${epochText(epoch)}, step ${step.toLocaleString('en')}`;
