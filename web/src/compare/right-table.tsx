/** How often each model is right, where there is a truth. */

import { countText } from '../grid/cell-text.ts';
import styles from './compare.module.css';
import { percentText } from './figures-text.ts';

interface RightTableProps {
  right: Record<string, number>;
  /** Answers with a truth, by model. */
  judged: Record<string, number>;
}

export function RightTable({ right, judged }: RightTableProps) {
  const rows = Object.entries(right).sort(([, a], [, b]) => b - a);
  return (
    <section className={styles.section} aria-labelledby="right">
      <h2 id="right">Right, against the expected answer</h2>
      <ol className={styles.bars}>
        {rows.map(([model, count]) => {
          const of = judged[model] ?? 0;
          const share = of === 0 ? 0 : count / of;
          return (
            <li key={model}>
              <span className={styles.barName} title={model}>
                {model}
              </span>
              <span className={styles.track}>
                <span className={styles.bar} style={{ width: `${share * 100}%` }} />
              </span>
              <span className={styles.barText}>
                <b>{of === 0 ? '–' : percentText(share * 100)}</b> {countText(count)} of {countText(of)}
              </span>
            </li>
          );
        })}
      </ol>
    </section>
  );
}
