/** How far a judge can be trusted: its verdicts against people's, what is missing, and the rate corrected by people's labels. */

import { Button, Group, Select, Title } from '@mantine/core';
import { useState } from 'react';
import { Link, useSearchParams } from 'react-router';
import type { JudgeRunObject } from '../../../src/contracts/judging.ts';
import type { TrustPanel } from '../../../src/contracts/trust.ts';
import { Fault, Waiting } from '../app/states.tsx';
import { countText } from '../grid/cell-text.ts';
import { AgreementGroups } from './agreement-groups.tsx';
import { AmongPeople } from './among-people.tsx';
import { Biases } from './biases.tsx';
import { CorrectedRate } from './corrected-rate.tsx';
import { ImportJudgments } from './import-judgments.tsx';
import { MissingLabels } from './missing-labels.tsx';
import { Ranking } from './ranking.tsx';
import styles from './trust.module.css';
import { TrustConfusion } from './trust-confusion.tsx';
import { labelLink } from './trust-text.ts';
import { TrustVerdict } from './trust-verdict.tsx';
import { useTrust, useTrustedRun } from './use-trust.ts';

interface TrustSectionProps {
  judgeRunId: string;
  /** Of 10; the judge run's own when absent. */
  threshold?: number | null | undefined;
}

export function TrustSection({ judgeRunId, threshold = null }: TrustSectionProps) {
  const [params] = useSearchParams();
  const [labels, setLabels] = useState(params.get('labels') ?? 'all');
  const [judge, setJudge] = useState<string | null>(null);
  const [importing, setImporting] = useState(false);
  const run = useTrustedRun(judgeRunId);
  const trust = useTrust({ judgeRunId, labels, judge, threshold });
  const panel = trust.data;
  return (
    <section id="trust" className={styles.trust} aria-labelledby="trust-title">
      <div className={styles.head}>
        <Title order={2} id="trust-title">
          How far to trust this judge
        </Title>
        {run.data && (
          <Group gap="xs">
            <Button component={Link} to={queueOf(run.data)}>
              Label answers
            </Button>
            <Button variant="default" onClick={() => setImporting(true)}>
              Import judgments
            </Button>
          </Group>
        )}
      </div>
      {panel && (
        <div className={styles.choices}>
          <Sources panel={panel} value={labels} choose={setLabels} />
          {panel.judges.length > 1 && (
            <Select
              label="Judge"
              data={[{ value: '', label: 'the verdict that counts' }, ...panel.judges]}
              value={judge ?? ''}
              allowDeselect={false}
              onChange={(name) => setJudge(name || null)}
            />
          )}
        </div>
      )}
      {trust.isPending && <Waiting what="people's verdicts" />}
      {trust.isError && <Fault error={trust.error} again={() => void trust.refetch()} />}
      {panel && run.data && (
        <div className={styles.figures} data-old={trust.isPlaceholderData || undefined}>
          <Figures panel={panel} run={run.data} rows={{ labels, threshold, judge }} />
        </div>
      )}
      {run.data?.mode === 'pairwise' || run.data?.other_benchmark_id ? (
        <Ranking datasetId={run.data.dataset_id} judges={run.data.judges} />
      ) : null}
      {importing && run.data && (
        <ImportJudgments
          run={run.data}
          onClose={() => setImporting(false)}
          showLabels={(id) => {
            setLabels(id);
            setImporting(false);
          }}
        />
      )}
    </section>
  );
}

const queueOf = (run: JudgeRunObject) => labelLink({ ...run, judge_run_id: run.id, sample: 'audit' });

interface SourcesProps {
  panel: TrustPanel;
  value: string;
  choose: (labels: string) => void;
}

function Sources({ panel, value, choose }: SourcesProps) {
  const { sources } = panel.labels;
  const named = sources.map(({ labels, name, n }) => ({ value: labels, label: `${name} (${countText(n)})` }));
  const all = { value: 'all', label: 'all labels' };
  const known = [...(sources.some(({ labels }) => labels === 'all') ? [] : [all]), ...named];
  const data = known.some((each) => each.value === value) ? known : [...known, { value, label: value }];
  return (
    <Select
      label="Labels"
      w="18rem"
      maw="100%"
      data={data}
      value={value}
      allowDeselect={false}
      onChange={(labels) => choose(labels ?? 'all')}
    />
  );
}

interface FiguresProps {
  panel: TrustPanel;
  run: JudgeRunObject;
  /** Which rows the cells of the confusion lead to. */
  rows: { labels: string; threshold: number | null; judge: string | null };
}

function Figures({ panel, run, rows }: FiguresProps) {
  const pairs = run.other_benchmark_id !== null;
  return (
    <>
      <TrustVerdict panel={panel} pairs={pairs} />
      <MissingLabels labels={panel.agreement.labels} n={panel.agreement.n} queue={queueOf(run)} />
      <TrustConfusion agreement={panel.agreement} pairs={pairs} judgeRunId={run.id} rows={rows} />
      <CorrectedRate panel={panel} pairs={pairs} />
      <Biases biases={panel.biases} />
      <AgreementGroups title="Agreement by category" head="Category" groups={panel.categories} pairs={pairs} />
      <AgreementGroups
        title="Agreement by rubric version"
        head="Rubric version"
        groups={panel.rubric_versions}
        pairs={pairs}
      />
      <AmongPeople people={panel.people} />
    </>
  );
}
