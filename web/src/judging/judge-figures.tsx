/** Figures of a judge run at a threshold: pass rate, scores, categories, criteria, what batching cost, errors, preferences. */

import { Button, Slider, Table, Title } from '@mantine/core';
import { useDebouncedCallback } from '@mantine/hooks';
import { useEffect, useState } from 'react';
import type { JudgeSummary } from '../../../src/contracts/judgments.ts';
import { WideTable } from '../app/wide-table.tsx';
import { countText, percentText } from '../grid/cell-text.ts';
import { BatchingCheckView } from './batching-check.tsx';
import type { JudgePart } from './judge-page.tsx';
import { errorText, preferenceNames, rateWords, scoreText } from './judge-text.tsx';
import styles from './judging.module.css';
import { ScoreHistogram } from './score-histogram.tsx';

interface FiguresProps extends JudgePart {
  summary: JudgeSummary;
  /** Whether they are of another threshold than the one asked for. */
  old: boolean;
}

/** Judges that give scores; the others say themselves what passes. */
const givesScores = ({ mode, source }: FiguresProps['run']) =>
  mode === 'single' || mode === 'batch' || (source === 'import' && mode !== 'pairwise');

export function JudgeFigures(props: FiguresProps) {
  const { run, summary, old } = props;
  return (
    <>
      {summary.preferences !== null && <Preferences {...props} preferences={summary.preferences} />}
      {summary.preferences === null && (
        <div className={styles.two} style={{ opacity: old ? 0.6 : 1 }} aria-busy={old}>
          <PassRate {...props} />
          <ScoreHistogram counts={summary.histogram} threshold={givesScores(run) ? summary.threshold : null} />
        </div>
      )}
      <div className={styles.two}>
        {summary.preferences === null && Object.keys(summary.categories).length > 0 && <Categories {...props} />}
        {Object.keys(summary.criteria).length > 0 && <Criteria summary={summary} />}
        {run.mode === 'batch' && <BatchingCheckView run={run} />}
        {Object.keys(summary.error_codes).length > 0 && <Errors {...props} />}
      </div>
    </>
  );
}

function PassRate(props: FiguresProps) {
  const { run, summary } = props;
  const told = summary.n - summary.errors;
  return (
    <section aria-label="Pass rate">
      <Title order={2} mb="xs">
        Pass rate
      </Title>
      <p className={styles.rate} role="status">
        {summary.pass_rate === null ? 'Nothing to pass yet' : percentText(summary.pass_rate)}{' '}
        {summary.pass_ci !== null && (
          <small>
            between {percentText(summary.pass_ci[0])} and {percentText(summary.pass_ci[1])} (95 %)
          </small>
        )}
      </p>
      <p className={styles.dim}>
        {countText(summary.passed)} of {countText(told)} answers with a verdict pass
        {summary.mean === null ? '' : `; mean score ${scoreText(summary.mean)} of 10`}.
        {summary.errors > 0 && ` ${countText(summary.errors)} without a verdict are left out of the rate.`}
      </p>
      {givesScores(run) ? (
        <ThresholdSlider {...props} />
      ) : (
        <p className={styles.dim}>
          {run.mode === 'human' ? 'People' : run.mode === 'rules' ? 'Rules' : 'The metric’s own mark'} say
          {run.mode === 'metrics' ? 's' : ''} what passes, so there is no threshold to move.
        </p>
      )}
    </section>
  );
}

const SLIDING_MS = 150;

/** Moves the threshold; the figures are counted anew from the verdicts there are. */
function ThresholdSlider({ run, view, change }: FiguresProps) {
  const settled = view.threshold ?? run.threshold;
  const [value, setValue] = useState(settled);
  useEffect(() => setValue(settled), [settled]);
  const settle = useDebouncedCallback(
    (next: number) => change({ threshold: next === run.threshold ? null : next }),
    SLIDING_MS,
  );
  return (
    <div className={styles.threshold}>
      <p className={styles.dim} style={{ margin: 0 }}>
        Threshold: {scoreText(value)} of 10
        {value === run.threshold ? '' : ` (the judge run’s own is ${scoreText(run.threshold)})`}. No judge is asked.
      </p>
      <Slider
        mt={6}
        size="sm"
        min={0}
        max={10}
        step={0.5}
        label={scoreText}
        marks={[0, 5, 10].map((mark) => ({ value: mark, label: mark }))}
        thumbLabel="Threshold"
        value={value}
        onChange={(next) => {
          setValue(next);
          settle(next);
        }}
      />
    </div>
  );
}

function Categories({ summary, view, change }: FiguresProps) {
  const rows = Object.entries(summary.categories).sort(([, a], [, b]) => b.n - a.n);
  return (
    <section aria-label="By category">
      <Title order={2} mb="xs">
        By category
      </Title>
      <WideTable label="Figures by category" from={360} fz="xs">
        <Table.Thead>
          <Table.Tr>
            <Table.Th>Category</Table.Th>
            <Table.Th ta="right">Answers</Table.Th>
            <Table.Th>Pass</Table.Th>
            <Table.Th ta="right">Mean</Table.Th>
            <Table.Th />
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {rows.map(([name, one]) => (
            <Table.Tr key={name}>
              <Table.Th scope="row" fw={500} style={{ overflowWrap: 'anywhere' }}>
                {name}
              </Table.Th>
              <Table.Td ta="right">{countText(one.n)}</Table.Td>
              <Table.Td>{rateWords(one.pass_rate, one.pass_ci)}</Table.Td>
              <Table.Td ta="right">{one.mean === null ? '' : one.mean.toFixed(2)}</Table.Td>
              <Table.Td ta="right">
                {name !== 'none' && (
                  <ShowButton
                    what={`the verdicts of ${name}`}
                    pressed={view.category === name}
                    press={() => change({ category: view.category === name ? null : name })}
                  />
                )}
              </Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </WideTable>
    </section>
  );
}

function ShowButton({ what, pressed, press }: { what: string; pressed: boolean; press: () => void }) {
  return (
    <Button
      size="compact-xs"
      variant={pressed ? 'light' : 'default'}
      aria-pressed={pressed}
      aria-label={`Show only ${what}`}
      onClick={press}
    >
      {pressed ? 'Show all' : 'Show'}
    </Button>
  );
}

function Criteria({ summary }: { summary: JudgeSummary }) {
  return (
    <section aria-label="By criterion">
      <Title order={2} mb="xs">
        By criterion
      </Title>
      <WideTable label="Figures by criterion" from={340} fz="xs">
        <Table.Thead>
          <Table.Tr>
            <Table.Th>Criterion</Table.Th>
            <Table.Th ta="right">Scores</Table.Th>
            <Table.Th ta="right">Mean</Table.Th>
            <Table.Th ta="right">At its own mark</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {Object.entries(summary.criteria).map(([name, { n, mean, pass, pass_rate }]) => (
            <Table.Tr key={name}>
              <Table.Th scope="row" fw={500} style={{ overflowWrap: 'anywhere' }}>
                {name}
              </Table.Th>
              <Table.Td ta="right">{countText(n)}</Table.Td>
              <Table.Td ta="right">{mean.toFixed(2)}</Table.Td>
              <Table.Td ta="right">
                {percentText(pass_rate)} at {scoreText(pass)}
              </Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </WideTable>
    </section>
  );
}

function Errors({ summary, view, change }: FiguresProps) {
  const shown = view.show === 'errors';
  return (
    <section aria-label="Without a verdict">
      <Title order={2} mb="xs">
        Without a verdict
      </Title>
      <Table fz="xs">
        <Table.Tbody>
          {Object.entries(summary.error_codes).map(([code, n]) => (
            <Table.Tr key={code}>
              <Table.Th scope="row" fw={500}>
                {errorText(code)}
              </Table.Th>
              <Table.Td ta="right">{countText(n)}</Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
      <ShowButton
        what="answers without a verdict"
        pressed={shown}
        press={() => change({ show: shown ? 'all' : 'errors' })}
      />
    </section>
  );
}

function Preferences({ names, preferences }: FiguresProps & { preferences: NonNullable<JudgeSummary['preferences']> }) {
  const all = Object.values(preferences).reduce((sum, n) => sum + n, 0);
  const kinds = ['a', 'b', 'tie', 'undecided'] as const;
  const named = { a: ` (${names.a})`, b: ` (${names.b})`, tie: '', undecided: '' };
  return (
    <section aria-label="Preferences">
      <Title order={2} mb="xs">
        Which is better
      </Title>
      <Table fz="sm" maw="40rem">
        <Table.Tbody>
          {kinds.map((kind) => (
            <Table.Tr key={kind}>
              <Table.Th scope="row" fw={500} style={{ overflowWrap: 'anywhere' }}>
                {preferenceNames[kind]}
                {named[kind]}
              </Table.Th>
              <Table.Td ta="right">{countText(preferences[kind])}</Table.Td>
              <Table.Td ta="right">{all === 0 ? '' : percentText(preferences[kind] / all)}</Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
      <p className={styles.dim}>Each pair was asked about in both orders.</p>
    </section>
  );
}
