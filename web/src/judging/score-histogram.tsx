/** How scores from 0 to 10 are spread, those that pass told apart by colour and pattern. */

import type { CSSProperties } from 'react';
import { ChartFrame } from '../charts/chart-frame.tsx';
import { countText } from '../grid/cell-text.ts';
import { scoreText } from './judge-text.tsx';
import styles from './judging.module.css';

interface ScoreHistogramProps {
  /** Scores from i to below i + 1, i from 0 to 10. */
  counts: readonly number[];
  /** From which a score passes; null: scores do not say what passes. */
  threshold: number | null;
}

const binName = (bin: number) => (bin === 10 ? '10' : `${bin} to below ${bin + 1}`);

export function ScoreHistogram({ counts, threshold }: ScoreHistogramProps) {
  const most = Math.max(...counts);
  if (most === 0) return null;
  const told = counts
    .map((count, bin) => ({ count, bin }))
    .filter(({ count }) => count > 0)
    .map(({ count, bin }) => `${countText(count)} at ${binName(bin)}`);
  return (
    <ChartFrame
      title="Scores"
      table={{ head: ['Score', 'Answers'], rows: counts.map((count, bin) => [binName(bin), countText(count)]) }}
    >
      <div className={styles.scores} role="img" aria-label={`Scores: ${told.join(', ')}`}>
        {counts.map((count, bin) => (
          <span
            // biome-ignore lint/suspicious/noArrayIndexKey: a bin is its place
            key={bin}
            title={`${binName(bin)}: ${countText(count)}`}
            data-passes={threshold === null || bin >= threshold}
          >
            {count > 0 && <span style={{ '--share': `max(3px, ${(count / most) * 100}%)` } as CSSProperties} />}
          </span>
        ))}
      </div>
      <div className={styles.marks} aria-hidden="true">
        {counts.map((_, bin) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: a bin is its place
          <span key={bin} className={styles.mark}>
            {bin}
          </span>
        ))}
      </div>
      {threshold !== null && (
        <p className={styles.dim}>
          Filled bars pass at {scoreText(threshold)}; striped ones do not, or not all of them.
        </p>
      )}
    </ChartFrame>
  );
}
