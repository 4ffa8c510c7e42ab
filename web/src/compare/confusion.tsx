/** What two models say of the same items, as a matrix; each of its cells opens the rows it counts. */

import { Group, Select } from '@mantine/core';
import { useState } from 'react';
import type { DatasetObject } from '../../../src/contracts/datasets.ts';
import type { Agreement, Stats } from '../../../src/contracts/workbench.ts';
import { useStats } from '../api/queries.ts';
import { Decision } from '../grid/answer-cell.tsx';
import { countText } from '../grid/cell-text.ts';
import type { ChangeView } from '../workbench/use-view.ts';
import { filterParams, type View } from '../workbench/view.ts';
import styles from './compare.module.css';
import { matrixOf } from './confusion-matrix.ts';

interface ConfusionProps {
  dataset: DatasetObject;
  view: View;
  change: ChangeView;
  pairs: Agreement['pairs'];
  colourOf: (decision: string | null) => string;
}

export function Confusion({ dataset, view, change, pairs, colourOf }: ConfusionProps) {
  const models = [...new Set(pairs.flatMap(({ a, b }) => [a, b]))];
  const [chosen, choose] = useState<[string | null, string | null]>([null, null]);
  const a = chosen[0] !== null && models.includes(chosen[0]) ? chosen[0] : models[0]!;
  const b =
    chosen[1] !== null && models.includes(chosen[1]) && chosen[1] !== a
      ? chosen[1]
      : models.find((each) => each !== a)!;
  const { confusion } = useStats(dataset.id, filterParams({ ...view, models: [a, b] })).data ?? { confusion: null };
  const here = confusion?.a === a && confusion.b === b ? confusion : null;
  return (
    <section className={styles.section} aria-labelledby="confusion">
      <h2 id="confusion">Who says what</h2>
      <Group gap="xs" mb="xs">
        <Select
          label="Rows"
          data={models}
          value={a}
          allowDeselect={false}
          onChange={(name) => choose([name, b === name ? a : b])}
        />
        <Select
          label="Columns"
          data={models.filter((model) => model !== a)}
          value={b}
          allowDeselect={false}
          onChange={(name) => choose([a, name])}
        />
      </Group>
      {here && (
        <Matrix
          confusion={here}
          colourOf={colourOf}
          open={(left, right) =>
            change({ models: [a, b], decided: [`${a}=${left}`, `${b}=${right}`], middle: 'answers' })
          }
        />
      )}
    </section>
  );
}

interface MatrixProps {
  confusion: NonNullable<Stats['confusion']>;
  colourOf: (decision: string | null) => string;
  open: (a: string, b: string) => void;
}

function Matrix({ confusion, colourOf, open }: MatrixProps) {
  const { values, count, most, left } = matrixOf(confusion.cells);
  return (
    <div className={styles.wide}>
      <table className={styles.matrix}>
        <caption className="visually-hidden">
          Decisions of {confusion.a} by row against those of {confusion.b} by column
        </caption>
        <thead>
          <tr>
            <td />
            {values.map((value) => (
              <th key={value ?? '\0'} scope="col">
                <ValueName value={value} colourOf={colourOf} />
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {values.map((row) => (
            <tr key={row ?? '\0'}>
              <th scope="row">
                <ValueName value={row} colourOf={colourOf} />
              </th>
              {values.map((column) => {
                const items = count(row, column);
                const share = most === 0 ? 0 : items / most;
                return (
                  <td
                    key={column ?? '\0'}
                    data-same={row === column || undefined}
                    style={{ '--share': share } as React.CSSProperties}
                  >
                    {items > 0 && row !== null && column !== null ? (
                      <button
                        type="button"
                        aria-label={`${items} items: ${confusion.a} says ${row}, ${confusion.b} says ${column}`}
                        onClick={() => open(row, column)}
                      >
                        {countText(items)}
                      </button>
                    ) : (
                      <span>{items === 0 ? '' : countText(items)}</span>
                    )}
                  </td>
                );
              })}
            </tr>
          ))}
        </tbody>
      </table>
      {left > 0 && <p className={styles.dim}>{countText(left)} items with rarer decisions are left out.</p>}
    </div>
  );
}

function ValueName({ value, colourOf }: { value: string | null; colourOf: MatrixProps['colourOf'] }) {
  return value === null ? (
    <span className={styles.dim}>unread</span>
  ) : (
    <Decision value={value} colour={colourOf(value)} />
  );
}
