/** The labelling queue of a run for the page: whose it is, what is fetched, how far it is with what is not kept yet. */

import { useQueryClient } from '@tanstack/react-query';
import { useEffect, useState, useSyncExternalStore } from 'react';
import type { LabelTask, Sample } from '../../../src/contracts/trust.ts';
import { getJson } from '../api/client.ts';
import { onSaved, outbox, useUnsaved } from './browser-labels.ts';
import type { LabelProgress, Unsaved } from './label-outbox.ts';
import { type LabelQueue, labelQueue, type QueueState } from './label-queue.ts';

export interface QueuePlace {
  benchmarkId: string;
  otherBenchmarkId: string | null;
  judgeRunId: string | null;
  sample: Sample;
  /** Empty: the user's own name. */
  labeller: string;
}

/** A component that uses it is keyed by the place: another place is another queue. */
export function useLabelQueue(place: QueuePlace): { queue: LabelQueue; state: QueueState } {
  const queries = useQueryClient();
  const [queue] = useState(() => newQueue(place));
  const state = useSyncExternalStore(queue.subscribe, queue.state);
  useEffect(() => {
    queue.open();
  }, [queue]);
  useEffect(
    () =>
      onSaved((unsaved, progress) => {
        void queries.invalidateQueries({ queryKey: ['trust'] });
        // The server is back.
        if (queue.state().stage === 'failed') queue.again();
        if (!isOf(place, unsaved)) return;
        const now = progress ?? moved(queue.state().progress, unsaved);
        if (now !== null) queue.progressIs(now);
      }),
    [queue, queries, place],
  );
  return { queue, state };
}

function newQueue({ benchmarkId, otherBenchmarkId, judgeRunId, sample, labeller }: QueuePlace): LabelQueue {
  const place = {
    benchmark_id: benchmarkId,
    ...(otherBenchmarkId === null ? {} : { other_benchmark_id: otherBenchmarkId }),
    ...(labeller === '' ? {} : { labeller }),
  };
  return labelQueue({
    outbox,
    fetchNext: (skip) =>
      getJson<LabelTask>('/api/evaluation/labels/next', {
        query: { ...place, sample, judge_run_id: sample === 'picked' ? judgeRunId : null, skip },
      }),
    labelOf: (task, verdict, note) => ({
      ...place,
      candidate_id: task.candidate_id,
      verdict,
      sample,
      ...(note === '' ? {} : { note }),
    }),
  });
}

/** Whether a label counts in the progress of this queue. */
function isOf({ benchmarkId, otherBenchmarkId, labeller }: QueuePlace, { label }: Unsaved): boolean {
  return (
    label.benchmark_id === benchmarkId &&
    (label.other_benchmark_id ?? null) === otherBenchmarkId &&
    (label.labeller ?? '') === labeller
  );
}

/** What the progress becomes once these are kept: labels add to their sample, undone ones are taken off it. */
function moved(progress: LabelProgress | null, { what, label }: Unsaved): LabelProgress | null {
  if (progress === null) return null;
  const by = what === 'label' ? 1 : -1;
  const { audit, picked } = progress;
  if (label.sample === 'picked') return { audit, picked: { labelled: picked.labelled + by } };
  return { audit: { ...audit, labelled: Math.min(audit.size, audit.labelled + by) }, picked };
}

/** The progress as it will be once all is kept that was said on this page; null before the server has told it. */
export function useProgress(place: QueuePlace, progress: LabelProgress | null): LabelProgress | null {
  const unsaved = useUnsaved();
  return unsaved
    .filter((each) => !each.refused && isOf(place, each))
    .reduce<LabelProgress | null>((now, each) => moved(now, each), progress);
}
