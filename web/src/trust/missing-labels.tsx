/** How many labels of each kind there are and how many more are needed, with the way to the labelling queue. */

import { Button } from '@mantine/core';
import { Link } from 'react-router';
import type { AgreementObject } from '../../../src/contracts/trust.ts';
import { countText } from '../grid/cell-text.ts';
import styles from './trust.module.css';
import { byLabel } from './trust-text.ts';

interface MissingLabelsProps {
  labels: AgreementObject['labels'];
  n: number;
  /** Address of the labelling queue. */
  queue: string;
}

export function MissingLabels({ labels, n, queue }: MissingLabelsProps) {
  const kinds = Object.entries(labels).sort(([a], [b]) => byLabel(a, b));
  const missing = kinds.some(([, kind]) => kind.missing > 0);
  return (
    <section className={styles.part} aria-labelledby="trust-labels">
      <h3 id="trust-labels">Labels</h3>
      {n > 0 && (
        <ul className={styles.kinds}>
          {kinds.map(([label, kind]) => (
            <li key={label}>
              <b>{label}</b>: {countText(kind.have)}
              {kind.missing > 0 ? `, ${countText(kind.missing)} more needed` : ', enough'}
            </li>
          ))}
        </ul>
      )}
      {(n === 0 || missing) && (
        <Button component={Link} to={queue} variant="default">
          {n === 0 ? 'Begin to label' : 'Label more answers'}
        </Button>
      )}
    </section>
  );
}
