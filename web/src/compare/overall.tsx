/** Agreement of all models together, in four figures. */

import type { Agreement } from '../../../src/contracts/workbench.ts';
import { countText } from '../grid/cell-text.ts';
import type { ChangeView } from '../workbench/use-view.ts';
import { toggled, type View } from '../workbench/view.ts';
import styles from './compare.module.css';
import { coefficient, interval, percentText } from './figures-text.ts';

interface OverallProps {
  agreement: Agreement;
  view: View;
  change: ChangeView;
}

export function Overall({ agreement, view, change }: OverallProps) {
  const { n, alpha, alpha_ci, percent, all_agree } = agreement;
  const figures = [
    {
      name: "Krippendorff's alpha",
      value: coefficient(alpha),
      detail: alpha_ci ? `95 % between ${interval(alpha_ci)}` : 'not defined here',
    },
    {
      name: 'Pairs that agree',
      value: percent === null ? 'none' : percentText(percent),
      detail: 'over all pairs of answers',
    },
    {
      name: 'All models agree',
      value: countText(all_agree),
      detail: `of ${countText(n)} items with two decisions or more`,
    },
  ];
  const differing = n - all_agree;
  return (
    <div className={styles.overall}>
      {figures.map(({ name, value, detail }) => (
        <dl key={name} className={styles.figure}>
          <dt>{name}</dt>
          <dd>
            <b>{value}</b>
            <span>{detail}</span>
          </dd>
        </dl>
      ))}
      <dl className={styles.figure}>
        <dt>They differ</dt>
        <dd>
          <b>{countText(differing)}</b>
          <button
            type="button"
            className={styles.go}
            onClick={() =>
              change({
                middle: 'answers',
                filter: view.filter.includes('differences') ? view.filter : toggled(view.filter, 'differences'),
              })
            }
          >
            read them
          </button>
        </dd>
      </dl>
    </div>
  );
}
