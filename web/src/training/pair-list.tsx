/** The predictions of two jobs for the same samples, beside each other under their truth, some at a time. */

import { Button, Group, SegmentedControl, Title } from '@mantine/core';
import { useState } from 'react';
import type { Prediction } from '../../../src/contracts/predictions.ts';
import { countText, oneLine } from '../grid/cell-text.ts';
import { distinctTexts } from './distinct-texts.ts';
import { isRight, type SamplePair, standingOf } from './match-samples.ts';
import { WholePrediction, WholeText, WordsBetween } from './prediction-text.tsx';
import styles from './predictions.module.css';
import type { MarkView, TwoJobsView } from './predictions-view.ts';
import { figureText, scoreText } from './score-words.ts';
import { standingWords } from './two-jobs-figures.tsx';

const AT_ONCE = 20;

interface PairListProps {
  pairs: readonly SamplePair<Prediction>[];
  view: TwoJobsView;
  change: (part: Partial<TwoJobsView>) => void;
  /** Names of the two columns. */
  titles: readonly [string, string];
}

export function PairList({ pairs, view, change, titles }: PairListProps) {
  const [shown, show] = useState(AT_ONCE);
  const distinct = distinctTexts(pairs.map(({ a }) => a.prompt));
  const chosen = pairs.filter((pair) => view.standing === null || standingOf(pair, view) === view.standing);
  return (
    <section aria-label="Samples side by side" className={styles.section}>
      <Group gap="sm">
        <Title order={2}>Samples side by side</Title>
        {view.standing !== null && (
          <Button
            size="compact-xs"
            variant="light"
            aria-label={`Only ${standingWords[view.standing]}; show all`}
            onClick={() => change({ standing: null })}
          >
            only {standingWords[view.standing].toLowerCase()} ✕
          </Button>
        )}
      </Group>
      <SegmentedControl
        aria-label="Mark words against"
        style={{ justifySelf: 'start' }}
        value={view.against ?? 'none'}
        data={[
          { value: 'none', label: 'Plain' },
          { value: 'truth', label: 'Against the truth' },
          { value: 'other', label: 'A against B' },
        ]}
        onChange={(value) =>
          change({ against: value === 'none' ? null : (value as NonNullable<TwoJobsView['against']>) })
        }
      />
      {chosen.length === 0 && <p className={styles.dim}>No such sample.</p>}
      <ul className={styles.history} aria-label="Samples of both jobs">
        {chosen.slice(0, shown).map((pair) => (
          <OnePair key={pair.a.sample_index} pair={pair} title={distinct(pair.a.prompt)} view={view} titles={titles} />
        ))}
      </ul>
      {chosen.length > shown && (
        <Button variant="default" style={{ justifySelf: 'start' }} onClick={() => show(shown + AT_ONCE)}>
          More of the {countText(chosen.length)}
        </Button>
      )}
    </section>
  );
}

interface OnePairProps extends Pick<PairListProps, 'view' | 'titles'> {
  pair: SamplePair<Prediction>;
  /** Of its prompt, what tells it apart. */
  title: string;
}

/** Characters of a prompt that stand in the head. */
const IN_HEAD = 200;

function OnePair({ pair, title, view, titles }: OnePairProps) {
  const { a, b } = pair;
  const standing = standingOf(pair, view);
  const head = oneLine(title, IN_HEAD);
  return (
    <li className={styles.card} data-standing={standing}>
      <header className={styles.cardHead}>
        <h3>{head || '(empty prompt)'}</h3>
        <span className={styles.verdict}>{standingWords[standing]}</span>
      </header>
      {head !== a.prompt && (
        <details className={styles.wholePrompt}>
          <summary>The whole prompt</summary>
          <WholeText text={a.prompt} />
        </details>
      )}
      <div className={styles.three}>
        <Said title={titles[0]} of={a} other={b} view={view} />
        <Said title={titles[1]} of={b} other={a} view={view} />
        <div>
          <h4>Truth</h4>
          <WholeText text={a.ground_truth} />
        </div>
      </div>
    </li>
  );
}

interface SaidProps {
  title: string;
  of: Prediction;
  other: Prediction;
  view: MarkView & Pick<TwoJobsView, 'against'>;
}

function Said({ title, of, other, view }: SaidProps) {
  const right = isRight(of, view);
  const against = view.against === 'truth' ? of.ground_truth : view.against === 'other' ? other.prediction : null;
  return (
    <div>
      <h4>
        {title}{' '}
        <span className={styles.verdict} data-right={String(right)}>
          {of.prediction === null ? 'error' : right === null ? '' : right ? '✓ right' : '✗ wrong'}
        </span>{' '}
        <span className={styles.dim}>
          {scoreText(view.score)} {figureText(of.scores[view.score])}
        </span>
      </h4>
      {of.prediction === null || against === null ? (
        <WholePrediction of={of} />
      ) : (
        <WordsBetween
          before={against}
          after={of.prediction}
          name={view.against === 'truth' ? 'the truth' : 'the other'}
        />
      )}
    </div>
  );
}
