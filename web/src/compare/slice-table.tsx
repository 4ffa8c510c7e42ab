/** Agreement of the parts of a dataset, or of the fields of the answers, least first. */

import { Table } from '@mantine/core';
import { useState } from 'react';
import { countText } from '../grid/cell-text.ts';
import styles from './compare.module.css';
import { coefficient, percentText } from './figures-text.ts';

interface Slice {
  name: string;
  /** What is filtered by; null: it cannot be. */
  value: string | null;
  n: number;
  percent: number;
  alpha: number | null;
}

interface SliceTableProps {
  title: string;
  head: string;
  rows: Slice[];
  choose: (value: string) => void;
}

const FEW = 12;

export function SliceTable({ title, head, rows, choose }: SliceTableProps) {
  const [all, setAll] = useState(false);
  if (rows.length === 0 || (rows.length === 1 && rows[0]!.value === null)) return null;
  const sorted = [...rows].sort((a, b) => a.percent - b.percent);
  return (
    <section className={styles.section} aria-label={title}>
      <h2>{title}</h2>
      <div className={styles.wide}>
        <Table verticalSpacing={4} horizontalSpacing="sm" fz="xs" highlightOnHover>
          <Table.Thead>
            <Table.Tr>
              <Table.Th>{head}</Table.Th>
              <Table.Th className={styles.number!}>Items</Table.Th>
              <Table.Th>Agree</Table.Th>
              <Table.Th className={styles.number!}>Alpha</Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {sorted.slice(0, all ? sorted.length : FEW).map(({ name, value, n, percent, alpha }) => (
              <Table.Tr key={name}>
                <Table.Td>
                  {value === null ? (
                    <span className={styles.dim}>{name}</span>
                  ) : (
                    <button type="button" className={styles.go} onClick={() => choose(value)}>
                      {name}
                    </button>
                  )}
                </Table.Td>
                <Table.Td className={styles.number!}>{countText(n)}</Table.Td>
                <Table.Td className={styles.agree!}>
                  <span className={styles.share}>
                    <span className={styles.bar} style={{ width: `${percent}%` }} />
                  </span>
                  {percentText(percent)}
                </Table.Td>
                <Table.Td className={styles.number!}>{coefficient(alpha)}</Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      </div>
      {sorted.length > FEW && (
        <button type="button" className={styles.go} onClick={() => setAll(!all)}>
          {all ? 'Fewer' : `All ${countText(sorted.length)}`}
        </button>
      )}
    </section>
  );
}
