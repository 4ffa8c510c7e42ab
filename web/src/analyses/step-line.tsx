/** The steps of an analysis as a line: how far each is, what came out, what it took, its files, and how it is done anew. */

import { ActionIcon, Anchor, Menu, Progress } from '@mantine/core';
import { useEffect, useState } from 'react';
import { Link } from 'react-router';
import type { AnalysisStep, StepObject, WholeAnalysis } from '../../../src/contracts/analyses.ts';
import { address, path } from '../api/client.ts';
import { useDataset } from '../api/queries.ts';
import { download } from '../api/transfer.ts';
import { costText, roughText } from '../app/figures.ts';
import { Download, Refresh } from '../app/icons.tsx';
import { tellFault } from '../app/tell.ts';
import { countText } from '../grid/cell-text.ts';
import { useBenchmark } from '../judging/use-judging.ts';
import styles from './analyses.module.css';
import { AnewDialog } from './resume-dialogs.tsx';
import { stepFiles } from './step-files.ts';
import { countWords, progressWords, shareDone, statusWords, stepAbout, stepNames, tookText } from './step-words.ts';
import { isGoing } from './use-analyses.ts';

export function StepLine({ analysis }: { analysis: WholeAnalysis }) {
  const [anew, setAnew] = useState<AnalysisStep | null>(null);
  return (
    <>
      <ol className={styles.steps} aria-label="Steps">
        {analysis.steps.map((step) => (
          <Step key={step.step} step={step} analysis={analysis} anew={() => setAnew(step.step)} />
        ))}
      </ol>
      {anew !== null && <AnewDialog analysis={analysis} from={anew} onClose={() => setAnew(null)} />}
    </>
  );
}

interface StepProps {
  step: StepObject;
  analysis: WholeAnalysis;
  anew: () => void;
}

function Step(props: StepProps) {
  const { step } = props;
  const now = useNow(step.status === 'running');
  const name = stepNames[step.step];
  const progress = progressWords(step);
  const spent = spentWords(step);
  const took = tookText(step, now);
  return (
    <li className={styles.step} data-status={step.status} aria-current={step.status === 'running' ? 'step' : undefined}>
      <div className={styles.stepHead}>
        <span className={styles.stepName}>{name}</span>
        <StepButtons {...props} />
      </div>
      <div className={styles.stepState}>
        {statusWords[step.status]}
        {took !== null && step.status !== 'reused' && ` · ${took}`}
      </div>
      {step.status === 'running' && <Bar step={step} />}
      {progress !== null && step.status !== 'done' && step.status !== 'reused' && <div>{progress}</div>}
      {step.status === 'waiting' || step.status === 'skipped' ? (
        <div className={styles.dim}>{stepAbout[step.step]}</div>
      ) : (
        countWords(step.counts).map((text) => <div key={text}>{text}</div>)
      )}
      {spent !== null && <div className={styles.dim}>{spent}</div>}
      {step.note !== null && <div className={styles.dim}>{step.note}</div>}
      <StepLinks {...props} />
    </li>
  );
}

/** Unix seconds, told anew each second while something goes on. */
function useNow(going: boolean): number {
  const [now, setNow] = useState(() => Date.now() / 1000);
  useEffect(() => {
    if (!going) return;
    const timer = setInterval(() => setNow(Date.now() / 1000), 1000);
    return () => clearInterval(timer);
  }, [going]);
  return now;
}

function Bar({ step }: { step: StepObject }) {
  const share = shareDone(step);
  return (
    <Progress
      size="sm"
      my={4}
      value={share === null ? 100 : share * 100}
      animated={share === null}
      aria-label={`Progress of ${stepNames[step.step]}`}
      aria-valuetext={progressWords(step) ?? 'under way'}
    />
  );
}

function spentWords({ calls, prompt_tokens, completion_tokens, cost }: StepObject): string | null {
  if (calls === 0) return null;
  const money = cost === null ? 'cost unknown' : costText(cost);
  return `${countText(calls)} calls · ${roughText(prompt_tokens + completion_tokens)} tokens · ${money}`;
}

const isThere = ({ status }: StepObject) => status === 'done' || status === 'reused';

function StepButtons({ step, analysis, anew }: StepProps) {
  const name = stepNames[step.step];
  const files = stepFiles[step.step];
  const save = (file: string) =>
    void download(path`/api/analyses/${analysis.id}/files/${file}`, {}, `${analysis.id}_${file}`).catch(tellFault);
  return (
    <span className={styles.stepButtons}>
      {isThere(step) && (
        <Menu position="bottom-end" width={260}>
          <Menu.Target>
            <ActionIcon size="sm" aria-label={`Files of ${name}`}>
              <Download size={14} />
            </ActionIcon>
          </Menu.Target>
          <Menu.Dropdown>
            {files.map((file) => (
              <Menu.Item key={file} onClick={() => save(file)}>
                {file}
              </Menu.Item>
            ))}
          </Menu.Dropdown>
        </Menu>
      )}
      {!isGoing(analysis) && (isThere(step) || step.status === 'failed') && (
        <ActionIcon size="sm" aria-label={`Do anew from ${name}`} onClick={anew}>
          <Refresh size={14} />
        </ActionIcon>
      )}
    </span>
  );
}

/** Where what a step made can be looked at. */
function StepLinks({ step, analysis }: StepProps) {
  const dataset = analysis.test_dataset_id ?? analysis.dataset_id;
  if (step.status === 'skipped' && step.step !== 'judge') return null;
  if (step.step === 'test_set' && dataset !== null) return <DatasetLink id={dataset} />;
  if (step.step === 'outputs' && dataset !== null)
    return analysis.benchmark_ids.map((id) => <RunLink key={id} id={id} dataset={dataset} />);
  if (step.step !== 'judge') return null;
  return analysis.judge_run_ids.map((id, at) => (
    <div key={id}>
      <Anchor component={Link} inherit to={path`/judging/${id}`}>
        Judge run{analysis.judge_run_ids.length > 1 && ` ${at + 1}`}
      </Anchor>
    </div>
  ));
}

function DatasetLink({ id }: { id: string }) {
  const dataset = useDataset(id);
  return (
    <div>
      <Anchor component={Link} inherit to={address('/', { dataset: id })}>
        {dataset.data?.name ?? 'The dataset'}
      </Anchor>
    </div>
  );
}

function RunLink({ id, dataset }: { id: string; dataset: string }) {
  const run = useBenchmark(id);
  const to = run?.batch_id ? path`/batches/${run.batch_id}` : address('/', { dataset });
  return (
    <div>
      <Anchor component={Link} inherit to={to}>
        {run?.model_id ?? 'Run'}
      </Anchor>
    </div>
  );
}
