/** An arrow that tells which way a figure went, by its form, and whether that is for the better, by its colour and in words. */

import styles from './predictions.module.css';
import { changeText, type Trend } from './score-trend.ts';

const arrows: Record<Trend['way'], string> = { up: '▲', down: '▼', same: '=' };

interface TrendArrowProps {
  /** null: there is nothing to compare with. */
  trend: Trend | null;
  /** What it is compared with, for who hears the page. */
  since: string;
}

export function TrendArrow({ trend, since }: TrendArrowProps) {
  if (trend === null) return null;
  const { way, better, by } = trend;
  const judged = better === null ? 'unchanged' : better ? 'better' : 'worse';
  return (
    <span className={styles.trend} data-trend={judged}>
      <span aria-hidden="true">
        {arrows[way]} {way === 'same' ? '' : changeText(by)}
      </span>
      <span className="visually-hidden">
        {way === 'same' ? `, unchanged since ${since}` : `, ${changeText(by)} since ${since}, ${judged}`}
      </span>
    </span>
  );
}
