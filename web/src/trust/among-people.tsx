/** How far people agree among themselves, which is what a judge can be held to. */

import { Table } from '@mantine/core';
import type { TrustPanel } from '../../../src/contracts/trust.ts';
import { WideTable } from '../app/wide-table.tsx';
import { countText } from '../grid/cell-text.ts';
import styles from './trust.module.css';
import { kappaInterval, kappaText, ofText, shareInterval, shareText } from './trust-text.ts';

/** Pairs of people shown. */
const MOST = 20;

export function AmongPeople({ people }: { people: TrustPanel['people'] }) {
  if (people === null) return null;
  const { kappas, alpha, alpha_ci, unanimous } = people;
  return (
    <section className={styles.part} aria-label="People among themselves">
      <h3>People among themselves</h3>
      <p className={styles.about}>
        Krippendorff's alpha <b>{kappaText(alpha)}</b>
        {alpha !== null && ` (${kappaInterval(alpha_ci)})`}. All say the same of <b>{shareText(unanimous)}</b> of the
        answers with two labels or more ({ofText(unanimous)}; {shareInterval(unanimous.interval)}).
      </p>
      {kappas.length > 0 && (
        <div className={styles.narrow}>
          <WideTable label="Kappa of each two people" from={360} fz="xs" verticalSpacing={4}>
            <Table.Thead>
              <Table.Tr>
                <Table.Th>People</Table.Th>
                <Table.Th ta="right">Answers</Table.Th>
                <Table.Th>Kappa</Table.Th>
              </Table.Tr>
            </Table.Thead>
            <Table.Tbody>
              {kappas.slice(0, MOST).map(({ a, b, n, kappa, kappa_ci }) => (
                <Table.Tr key={JSON.stringify([a, b])}>
                  <Table.Th scope="row" fw={400} style={{ overflowWrap: 'anywhere' }}>
                    {a} and {b}
                  </Table.Th>
                  <Table.Td ta="right">{countText(n)}</Table.Td>
                  <Table.Td>
                    <b>{kappaText(kappa)}</b>{' '}
                    <span className={styles.dim}>{kappa !== null && kappaInterval(kappa_ci)}</span>
                  </Table.Td>
                </Table.Tr>
              ))}
            </Table.Tbody>
          </WideTable>
        </div>
      )}
      {kappas.length > MOST && <p className={styles.note}>and {countText(kappas.length - MOST)} more pairs</p>}
    </section>
  );
}
