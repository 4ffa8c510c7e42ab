/** The labelling queue: one answer at a time, without anything a judge said of it and without the name of its model. */

import { Anchor, Progress, SegmentedControl, TextInput } from '@mantine/core';
import { type FormEvent, useEffect, useMemo, useState } from 'react';
import { Link, useSearchParams } from 'react-router';
import type { LabelTask, Sample } from '../../../src/contracts/trust.ts';
import { path } from '../api/client.ts';
import pageStyles from '../app/page.module.css';
import { useRemembered } from '../app/remember.ts';
import { Fault, Nothing, Waiting } from '../app/states.tsx';
import { countText } from '../grid/cell-text.ts';
import { useUnsaved } from './browser-labels.ts';
import styles from './label.module.css';
import { LabelBar } from './label-bar.tsx';
import { LabelItem } from './label-item.tsx';
import { UnsavedLabels } from './unsaved-labels.tsx';
import { type QueuePlace, useLabelQueue, useProgress } from './use-label-queue.ts';

const about: Record<Sample, string> = {
  audit: 'Answers drawn at random. Only these say something about all answers of the run.',
  picked: 'Answers of which judges disagree or are unsure. They show where a judge goes wrong, and correct no rate.',
};

export function LabelPage() {
  const [params, setParams] = useSearchParams();
  const [labeller, setLabeller] = useRemembered('labeller', '');
  const asked = useAsked(params, labeller);
  useKeptBack();
  const setSample = (sample: Sample) =>
    setParams(
      (before) => new URLSearchParams([...[...before].filter(([name]) => name !== 'sample'), ['sample', sample]]),
      {
        replace: true,
      },
    );
  return (
    <div className={pageStyles.page}>
      <title>Label answers · Assay</title>
      {asked?.judgeRunId && (
        <Anchor component={Link} to={`${path`/judging/${asked.judgeRunId}`}#trust`}>
          Back to the judge run
        </Anchor>
      )}
      <div className={pageStyles.head}>
        <h1>Label answers</h1>
      </div>
      {asked === null ? (
        <Nothing>
          The address names no run to label. Open the labelling queue from a judge run, under “How far to trust this
          judge”.
        </Nothing>
      ) : (
        <>
          <div className={styles.how}>
            <SegmentedControl
              aria-label="Answers to label"
              value={asked.sample}
              onChange={(value) => setSample(value as Sample)}
              data={[
                { value: 'audit', label: 'Audit sample' },
                { value: 'picked', label: 'Picked answers', disabled: asked.judgeRunId === null },
              ]}
            />
            <Labeller name={labeller} rename={setLabeller} />
          </div>
          <p className={pageStyles.dim}>{about[asked.sample]}</p>
          <UnsavedLabels />
          <Queue key={JSON.stringify(asked)} place={asked} setSample={setSample} />
        </>
      )}
    </div>
  );
}

/** What the address asks for; null where it names no run. */
function useAsked(params: URLSearchParams, labeller: string): QueuePlace | null {
  const benchmarkId = params.get('benchmark_id');
  const otherBenchmarkId = params.get('other_benchmark_id');
  const judgeRunId = params.get('judge_run_id');
  const sample: Sample = params.get('sample') === 'picked' && judgeRunId !== null ? 'picked' : 'audit';
  return useMemo(
    () => (benchmarkId === null ? null : { benchmarkId, otherBenchmarkId, judgeRunId, sample, labeller }),
    [benchmarkId, otherBenchmarkId, judgeRunId, sample, labeller],
  );
}

/** The browser asks before the page is closed while something is not kept. */
function useKeptBack(): void {
  const unsaved = useUnsaved().length > 0;
  useEffect(() => {
    if (!unsaved) return;
    const ask = (event: BeforeUnloadEvent) => event.preventDefault();
    addEventListener('beforeunload', ask);
    return () => removeEventListener('beforeunload', ask);
  }, [unsaved]);
}

/** Whose labels these are; another name has a queue of its own. */
function Labeller({ name, rename }: { name: string; rename: (name: string) => void }) {
  const [text, setText] = useState(name);
  const take = (event?: FormEvent) => {
    event?.preventDefault();
    rename(text.trim());
  };
  return (
    <form onSubmit={take} className={styles.labeller}>
      <TextInput
        label="Your name"
        placeholder="as you are signed in"
        maxLength={200}
        autoComplete="off"
        value={text}
        onChange={(event) => setText(event.currentTarget.value)}
        onBlur={() => take()}
      />
    </form>
  );
}

function Queue({ place, setSample }: { place: QueuePlace; setSample: (sample: Sample) => void }) {
  const { queue, state } = useLabelQueue(place);
  const progress = useProgress(place, state.progress);
  const { stage, task, error } = state;
  const other: Sample = place.sample === 'audit' ? 'picked' : 'audit';
  const pairs = place.otherBenchmarkId !== null;
  return (
    <>
      {progress && <Labelled progress={progress} sample={place.sample} />}
      {stage === 'loading' && <Waiting what="the next answer" />}
      {stage === 'failed' && <Fault error={error} title="The next answer did not come" again={queue.again} />}
      {stage === 'done' && <Done sample={place.sample} />}
      {task && <LabelItem key={task.candidate_id} task={task} pairs={pairs} />}
      <LabelBar
        queue={queue}
        state={state}
        pairs={pairs}
        {...(place.judgeRunId === null ? {} : { switchSample: () => setSample(other) })}
      />
    </>
  );
}

function Labelled({ progress, sample }: { progress: LabelTask['progress']; sample: Sample }) {
  const { audit, picked } = progress;
  const text = `${countText(audit.labelled)} of ${countText(audit.size)} of the audit sample labelled`;
  return (
    <div className={styles.progress}>
      <Progress
        aria-label="Audit sample labelled"
        value={audit.size === 0 ? 0 : (audit.labelled / audit.size) * 100}
        size="sm"
      />
      <p className={pageStyles.dim}>
        {text}
        {(sample === 'picked' || picked.labelled > 0) && ` · ${countText(picked.labelled)} picked answers labelled`}
      </p>
    </div>
  );
}

function Done({ sample }: { sample: Sample }) {
  return (
    <Nothing>
      {sample === 'audit'
        ? 'All answers of the audit sample are labelled. Picked answers show where judges go wrong.'
        : 'No picked answer is left.'}
    </Nothing>
  );
}
