/** The pass rate over all answers: the judge's alone, that of the labels alone, and both together by PPI++, as intervals. */

import type { CSSProperties } from 'react';
import type { TrustPanel } from '../../../src/contracts/trust.ts';
import { ChartFrame } from '../charts/chart-frame.tsx';
import { countText } from '../grid/cell-text.ts';
import chart from './corrected-rate.module.css';
import { type RateRow, rateScale } from './rate-scale.ts';
import styles from './trust.module.css';

interface CorrectedRateProps {
  panel: Pick<TrustPanel, 'corrected' | 'corrected_problem'>;
  pairs: boolean;
}

export function CorrectedRate({ panel, pairs }: CorrectedRateProps) {
  const { corrected, corrected_problem: problem } = panel;
  const title = pairs ? 'How often a is preferred, over all answers' : 'Pass rate over all answers';
  if (corrected === null) {
    return (
      <div className={chart.chart}>
        <ChartFrame title={title}>
          <p className={styles.note}>Not corrected: {problem ?? 'no reason is given'}</p>
        </ChartFrame>
      </div>
    );
  }
  const rows: RateRow[] = [
    { name: 'Corrected (PPI++)', rate: corrected.rate, interval: corrected.ci },
    { name: 'Labels alone', rate: corrected.labels_only.rate, interval: corrected.labels_only.ci },
    { name: 'Judge alone', rate: corrected.judge_only, interval: null },
  ];
  const table = {
    head: ['', 'rate', 'from', 'to'],
    rows: rows.map(({ name, rate, interval }) => [
      name,
      tenth(rate),
      interval ? tenth(interval[0]) : '',
      interval ? tenth(interval[1]) : '',
    ]),
  };
  return (
    <div className={chart.chart}>
      <ChartFrame title={title} table={table}>
        <RateLines rows={rows} />
      </ChartFrame>
      <p className={styles.note}>
        By {countText(corrected.labelled)} labels of the audit sample and the judge's verdicts on{' '}
        {countText(corrected.unlabelled)} other answers (λ = {corrected.lambda.toFixed(2)}). The judge alone has no
        interval that its mistakes are part of.
        {pairs && ' A tie counts as half.'}
      </p>
      {corrected.warnings.map((warning) => (
        <p key={warning} className={styles.warning}>
          {warning}
        </p>
      ))}
    </div>
  );
}

/** "82.4 %". */
const tenth = (rate: number) => `${(rate * 100).toFixed(1)} %`;

function RateLines({ rows }: { rows: RateRow[] }) {
  const { marks, place } = rateScale(rows);
  return (
    <div className={chart.rates}>
      <ul>
        {rows.map(({ name, rate, interval }) => (
          <li key={name}>
            <span className={chart.rateName}>{name}</span>
            <span className={chart.line} aria-hidden="true">
              {marks.map((mark) => (
                <i key={mark} style={{ '--at': `${place(mark)}%` } as CSSProperties} />
              ))}
              {interval && (
                <span
                  className={chart.interval}
                  style={
                    {
                      '--from': `${place(interval[0])}%`,
                      '--width': `${place(interval[1]) - place(interval[0])}%`,
                    } as CSSProperties
                  }
                />
              )}
              <span className={chart.point} style={{ '--at': `${place(rate)}%` } as CSSProperties} />
            </span>
            <span className={chart.rateText}>
              <b>{tenth(rate)}</b>
              {interval && (
                <>
                  {' '}
                  {tenth(interval[0]).replace(' %', '')} to {tenth(interval[1])}
                </>
              )}
            </span>
          </li>
        ))}
      </ul>
      <p className={chart.marks} aria-hidden="true">
        <span />
        <span className={chart.markLine}>
          {marks.map((mark) => (
            <span key={mark} className={chart.mark} style={{ '--at': `${place(mark)}%` } as CSSProperties}>
              {Math.round(mark * 100)} %
            </span>
          ))}
        </span>
        <span />
      </p>
    </div>
  );
}
