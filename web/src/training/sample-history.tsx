/** One sample over all evaluations beside its truth: how its scores went, and every prediction, the newest first. */

import { Button, SegmentedControl } from '@mantine/core';
import { useState } from 'react';
import type { Prediction } from '../../../src/contracts/predictions.ts';
import { countText } from '../grid/cell-text.ts';
import itemStyles from '../item/item.module.css';
import { Prose } from '../item/prose.tsx';
import { isRight } from './match-samples.ts';
import { NotMade, WholeText, WordsBetween } from './prediction-text.tsx';
import styles from './predictions.module.css';
import type { ComparisonView } from './predictions-view.ts';
import { SampleTrend } from './sample-trend.tsx';
import { trendOf } from './score-trend.ts';
import { evaluationText, figureText, perplexityText, rungWords, scoreNamesOf, scoreText } from './score-words.ts';
import { TrendArrow } from './trend-arrow.tsx';

/** Predictions that are shown at first; each is compared word by word. */
const AT_FIRST = 30;

interface HistoryProps {
  /** Of one sample, the first evaluation first; at least one. */
  history: readonly Prediction[];
  view: ComparisonView;
  change: (part: Partial<ComparisonView>) => void;
}

export function SampleHistory({ history, view, change }: HistoryProps) {
  const [shown, show] = useState(AT_FIRST);
  const newest = history.at(-1)!;
  const from = Math.max(0, history.length - shown);
  return (
    <>
      <div className={styles.asked}>
        <div>
          <h2>Prompt of sample {newest.sample_index}</h2>
          <div className={styles.prompt}>
            <Prose text={newest.prompt} />
          </div>
        </div>
        <div className={styles.truth}>
          <h2>Truth</h2>
          <WholeText text={newest.ground_truth} />
        </div>
      </div>
      <Trends history={history} />
      <div className={styles.how}>
        <SegmentedControl
          aria-label="Mark words against"
          value={view.against ?? 'none'}
          data={[
            { value: 'before', label: 'Against the one before' },
            { value: 'truth', label: 'Against the truth' },
            { value: 'none', label: 'Plain' },
          ]}
          onChange={(value) =>
            change({ against: value === 'none' ? null : (value as NonNullable<ComparisonView['against']>) })
          }
        />
        {view.against !== null && (
          <p className={itemStyles.legend}>
            <del>only {view.against === 'truth' ? 'the truth' : 'before'}</del> <ins>only this prediction</ins>
          </p>
        )}
      </div>
      <ol reversed className={styles.history} aria-label="Predictions, the newest first">
        {history
          .slice(from)
          .map((row, at) => (
            <OnePrediction
              key={row.id}
              row={row}
              before={madeBefore(history, from + at)}
              latest={row === newest}
              view={view}
            />
          ))
          .reverse()}
      </ol>
      {from > 0 && (
        <Button variant="default" onClick={() => show(shown + AT_FIRST)}>
          Earlier ones ({countText(from)})
        </Button>
      )}
    </>
  );
}

/** The last one before this place that could be made. */
const madeBefore = (history: readonly Prediction[], at: number) =>
  history.slice(0, at).findLast(({ prediction }) => prediction !== null);

function Trends({ history }: { history: readonly Prediction[] }) {
  const points = (of: (row: Prediction) => number | null | undefined) =>
    history.map((row) => ({ at: row.step, value: of(row) ?? null }));
  const losses = points(({ truth_nll }) => truth_nll);
  const last = losses.findLast(({ value }) => value !== null)?.value ?? null;
  return (
    <dl className={styles.lines}>
      {scoreNamesOf(history).map((name) => (
        <SampleTrend key={name} name={scoreText(name)} points={points(({ scores }) => scores[name])} from={0} to={1} />
      ))}
      {last !== null && (
        <SampleTrend
          name="Loss on the truth"
          points={losses}
          lowerIsBetter
          more={`nats a token; perplexity ${perplexityText(last)}`}
        />
      )}
    </dl>
  );
}

interface OneProps {
  row: Prediction;
  /** The one before that could be made; undefined: this is the first. */
  before: Prediction | undefined;
  latest: boolean;
  view: ComparisonView;
}

function OnePrediction({ row, before, latest, view }: OneProps) {
  const right = isRight(row, view);
  const since = before === undefined ? '' : evaluationText(before);
  return (
    <li className={styles.card} data-latest={latest || undefined} data-right={String(right)}>
      <header className={styles.cardHead}>
        <h3>
          {evaluationText(row)}
          {latest && <span className={styles.latest}>latest</span>}
        </h3>
        <span className={styles.verdict} data-right={String(right)}>
          {row.prediction === null ? 'error' : right === null ? 'no such score' : right ? '✓ right' : '✗ wrong'}
        </span>
        <span className={styles.figures}>
          {scoreNamesOf([row]).map((name) => (
            <span key={name} className={styles.figure}>
              {scoreText(name)} <b>{figureText(row.scores[name])}</b>{' '}
              <TrendArrow trend={trendOf(before?.scores[name], row.scores[name])} since={since} />
            </span>
          ))}
          {row.truth_nll !== null && (
            <span className={styles.figure}>
              Truth loss <b>{figureText(row.truth_nll)}</b>{' '}
              <TrendArrow trend={trendOf(before?.truth_nll, row.truth_nll, true)} since={since} />
            </span>
          )}
        </span>
      </header>
      <div className={styles.cardBody}>
        <Words row={row} before={before} against={view.against} />
        {row.dtype_rung !== null && row.dtype_rung !== 'as_is' && (
          <p className={styles.dim}>Generated {rungWords[row.dtype_rung]}.</p>
        )}
      </div>
    </li>
  );
}

function Words({ row, before, against }: Omit<OneProps, 'latest' | 'view'> & Pick<ComparisonView, 'against'>) {
  if (row.prediction === null) return <NotMade error={row.error} />;
  if (against === 'truth') return <WordsBetween before={row.ground_truth} after={row.prediction} name="the truth" />;
  if (against === 'before' && before !== undefined) {
    return <WordsBetween before={before.prediction ?? ''} after={row.prediction} name="the one before" />;
  }
  return <WholeText text={row.prediction} />;
}
