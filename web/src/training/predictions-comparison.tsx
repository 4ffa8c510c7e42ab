/** One sample of a training job over all its evaluations: chosen by how it moved, shown beside its truth, with the words that changed. */

import { Group } from '@mantine/core';
import type { Evaluation } from '../../../src/contracts/predictions.ts';
import type { TrainingJob } from '../../../src/contracts/training.ts';
import { useKeys } from '../annotate/use-keys.ts';
import { Fault, Nothing, Waiting } from '../app/states.tsx';
import { MarkFields } from './mark-fields.tsx';
import { MovementCounts, MovementList } from './movement-list.tsx';
import styles from './predictions.module.css';
import { NoPredictions } from './predictions-table.tsx';
import { type ComparisonView, readComparisonView, writeComparisonView } from './predictions-view.ts';
import { SampleHistory } from './sample-history.tsx';
import { sampleByKey } from './sample-keys.ts';
import { scoreNamesOf } from './score-words.ts';
import { newsOf, useAddress, useEvaluations, useMovements, useSampleHistory } from './use-predictions.ts';

export function PredictionsComparison({ job }: { job: TrainingJob }) {
  const evaluations = useEvaluations(job);
  if (evaluations.isPending) return <Waiting what="evaluations" />;
  if (evaluations.isError && !evaluations.data) {
    return <Fault error={evaluations.error} again={() => void evaluations.refetch()} />;
  }
  if (evaluations.data.evaluations.length === 0) return <NoPredictions job={job} />;
  return <Compared job={job} evaluations={evaluations.data.evaluations} />;
}

function Compared({ job, evaluations }: { job: TrainingJob; evaluations: readonly Evaluation[] }) {
  const [view, change] = useAddress(readComparisonView, writeComparisonView);
  const news = newsOf(evaluations);
  const movements = useMovements(job.id, view, news);
  const pages = movements.data?.pages ?? [];
  const samples = pages.flatMap((page) => page.samples);
  const chosen = view.of ?? samples[0]?.sample_index ?? null;
  const to = (key: string) => () => {
    const next = sampleByKey(key, samples, chosen);
    if (next === null) return false;
    change({ of: next });
  };
  useKeys({ j: to('ArrowDown'), k: to('ArrowUp'), ArrowRight: to('ArrowDown'), ArrowLeft: to('ArrowUp') });
  return (
    <section aria-label="One sample over the epochs" className={styles.section}>
      <Group gap="sm" align="end">
        <MarkFields scores={scoreNamesOf(evaluations)} view={view} change={(part) => change({ ...part, of: null })} />
      </Group>
      {movements.isPending && <Waiting what="samples" />}
      {movements.isError && <Fault error={movements.error} again={() => void movements.refetch()} />}
      {pages[0] && (
        <>
          <MovementCounts
            counts={pages[0].counts}
            chosen={view.movement}
            choose={(movement) => change({ movement, of: null })}
          />
          <div className={styles.sight}>
            <MovementList
              samples={samples}
              total={pages[0].total_count}
              by={view}
              chosen={chosen}
              choose={(of) => change({ of })}
              more={movements.hasNextPage ? () => void movements.fetchNextPage() : null}
              busy={movements.isFetchingNextPage || movements.isPlaceholderData}
            />
            <Chosen job={job} sample={chosen} news={news} view={view} change={change} />
          </div>
        </>
      )}
    </section>
  );
}

interface ChosenProps {
  job: TrainingJob;
  sample: number | null;
  news: string;
  view: ComparisonView;
  change: (part: Partial<ComparisonView>) => void;
}

function Chosen({ job, sample, news, view, change }: ChosenProps) {
  const history = useSampleHistory(job.id, sample, news);
  if (sample === null) return <Nothing>Choose another way to move, or all, to see a sample.</Nothing>;
  return (
    <section aria-label={`Sample ${sample} over the evaluations`} className={styles.section}>
      {history.isPending && <Waiting what="the sample" />}
      {history.isError && <Fault error={history.error} again={() => void history.refetch()} />}
      {history.data?.length === 0 && <Nothing>This job has no sample {sample}.</Nothing>}
      {history.data !== undefined && history.data.length > 0 && (
        <SampleHistory key={sample} history={history.data} view={view} change={change} />
      )}
    </section>
  );
}
