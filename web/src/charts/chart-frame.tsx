/** A chart with its title, and the same figures as a table for who asks for it. */

import { type ReactNode, useId, useState } from 'react';
import styles from './charts.module.css';

interface ChartFrameProps {
  title: string;
  children: ReactNode;
  /** Head and rows of the table; the first cell of a row names it. */
  table?: { head: string[]; rows: string[][] };
}

export function ChartFrame({ title, children, table }: ChartFrameProps) {
  const [asTable, setAsTable] = useState(false);
  const id = useId();
  return (
    <section className={styles.chart} aria-labelledby={id}>
      <div className={styles.head}>
        <h3 id={id} className={styles.title}>
          {title}
        </h3>
        {table && (
          <button
            type="button"
            className={styles.toggle}
            aria-pressed={asTable}
            aria-label={`${title} as a table`}
            onClick={() => setAsTable(!asTable)}
          >
            Table
          </button>
        )}
      </div>
      {table && asTable ? <FigureTable title={title} {...table} /> : children}
    </section>
  );
}

function FigureTable({ title, head, rows }: { title: string; head: string[]; rows: string[][] }) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls sideways has to be reached by keyboard
    <section className={styles.scroll} tabIndex={0} aria-label={`${title}, table`}>
      <table className={styles.table}>
        <thead>
          <tr>
            {head.map((name) => (
              <th key={name} scope="col">
                {name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map(([name, ...values]) => (
            <tr key={name}>
              <th scope="row">{name}</th>
              {values.map((value, at) => (
                <td key={head[at + 1]}>{value}</td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}
