/** Agreement of each two models, and whether one of them is right more often than chance explains. */

import { Table } from '@mantine/core';
import type { Agreement } from '../../../src/contracts/workbench.ts';
import { countText } from '../grid/cell-text.ts';
import type { ChangeView } from '../workbench/use-view.ts';
import type { View } from '../workbench/view.ts';
import styles from './compare.module.css';
import { coefficient, percentText, probability, shortInterval } from './figures-text.ts';

interface PairTableProps {
  agreement: Agreement;
  view: View;
  change: ChangeView;
}

export function PairTable({ agreement, change }: PairTableProps) {
  const judged = agreement.pairs.some(({ mcnemar }) => mcnemar !== null);
  return (
    <section className={styles.section} aria-labelledby="pairs">
      <h2 id="pairs">Each two models</h2>
      <div className={styles.wide}>
        <Table verticalSpacing={4} horizontalSpacing="sm" fz="xs" highlightOnHover>
          <Table.Thead>
            <Table.Tr>
              <Table.Th className={styles.models!}>Models</Table.Th>
              <Table.Th className={styles.number!}>Items</Table.Th>
              <Table.Th>Agree</Table.Th>
              <Table.Th title="With its 95 % interval">Cohen's kappa</Table.Th>
              {judged && (
                <Table.Th title="Items that only the first got right, only the second; McNemar's exact test">
                  Only one is right (McNemar)
                </Table.Th>
              )}
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {agreement.pairs.map(({ a, b, n, percent, kappa, kappa_ci, mcnemar }) => (
              <Table.Tr key={`${a} ${b}`}>
                <Table.Td>
                  <button
                    type="button"
                    className={styles.go}
                    title="Only these two, where they differ"
                    onClick={() => change({ models: [a, b], filter: ['differences'], middle: 'answers' })}
                  >
                    {a} <span className={styles.dim}>and</span> {b}
                  </button>
                </Table.Td>
                <Table.Td className={styles.number!}>{countText(n)}</Table.Td>
                <Table.Td className={styles.agree!}>
                  <span className={styles.share}>
                    <span className={styles.bar} style={{ width: `${percent}%` }} />
                  </span>
                  {percentText(percent)}
                </Table.Td>
                <Table.Td className={styles.agree!}>
                  {coefficient(kappa)}
                  {kappa_ci !== null && <span className={styles.dim}> {shortInterval(kappa_ci)}</span>}
                </Table.Td>
                {judged && <Table.Td>{mcnemar === null ? '–' : <McNemar a={a} b={b} test={mcnemar} />}</Table.Td>}
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      </div>
    </section>
  );
}

function McNemar({ a, b, test }: { a: string; b: string; test: { b: number; c: number; p: number } }) {
  const better = test.b > test.c ? a : b;
  return (
    <>
      <span className={styles.agree}>
        {countText(test.b)} to {countText(test.c)}, {probability(test.p)}
      </span>
      {test.p < 0.05 && (
        <div>
          <b>{better}</b> is better
        </div>
      )}
    </>
  );
}
