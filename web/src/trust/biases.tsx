/** What the judge's verdicts seem to hang on beside the answers: place in the call, order, length, family; each in a sentence. */

import type { TrustPanel } from '../../../src/contracts/trust.ts';
import { Check, Cross } from '../app/icons.tsx';
import styles from './trust.module.css';

export function Biases({ biases }: { biases: TrustPanel['biases'] }) {
  if (biases.length === 0) return null;
  return (
    <section className={styles.part} aria-labelledby="trust-biases">
      <h3 id="trust-biases">Biases</h3>
      <ul className={styles.biases}>
        {biases.map(({ kind, found, sentence }) => (
          <li key={`${kind} ${sentence}`} data-found={found || undefined}>
            {found ? <Cross size={14} /> : <Check size={14} />}
            <span>
              <b>{found ? 'Found' : 'Not found'}.</b> {sentence}
            </span>
          </li>
        ))}
      </ul>
    </section>
  );
}
