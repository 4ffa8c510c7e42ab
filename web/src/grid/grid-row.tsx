/** One item of the grid: its name, what differs, and the answer of every model. */

// biome-ignore-all lint/a11y/useSemanticElements: a virtual grid over absolute rows cannot be a table
// biome-ignore-all lint/a11y/useFocusableInteractive: the grid has the focus and names its active cell

import { memo } from 'react';
import type { GridItem } from '../../../src/contracts/workbench.ts';
import { AnswerCell } from './answer-cell.tsx';
import { countText } from './cell-text.ts';
import styles from './grid.module.css';

export interface GridRowProps {
  /** Undefined while it is fetched. */
  item: GridItem | undefined;
  index: number;
  /** Where it stands, in px. */
  top: number;
  models: readonly string[];
  /** Column of the cell that keys act on, when it is in this row; 0 is the item's own. */
  active: number | null;
  colourOf: (decision: string | null) => string;
}

export const cellId = (row: number, column: number) => `cell-${row}-${column}`;

export const GridRow = memo(function GridRow({ item, index, top, models, active, colourOf }: GridRowProps) {
  const selected = (column: number) => (active === column ? { 'aria-selected': true } : {});
  return (
    <div
      role="row"
      aria-rowindex={index + 2}
      className={styles.row}
      style={{ top }}
      data-differs={item?.differs || undefined}
      data-current={active !== null || undefined}
      data-candidate={item?.candidate_id}
    >
      <div
        role="rowheader"
        id={cellId(index, 0)}
        data-row={index}
        data-column={0}
        className={styles.first}
        {...selected(0)}
      >
        {item ? <ItemName item={item} /> : <span className={styles.skeleton} />}
      </div>
      {models.map((model, at) => (
        <div
          key={model}
          role="gridcell"
          id={cellId(index, at + 1)}
          data-row={index}
          data-column={at + 1}
          className={styles.cell}
          {...selected(at + 1)}
        >
          {item ? (
            <AnswerCell cell={item.results[model]} diffFields={item.diff_fields} colourOf={colourOf} />
          ) : (
            <span className={styles.skeleton} />
          )}
        </div>
      ))}
    </div>
  );
});

function ItemName({ item }: { item: GridItem }) {
  return (
    <>
      <span className={styles.name} title={item.name}>
        {item.name}
      </span>
      <span className={styles.about}>
        <span className={styles.ordinal}>{countText(item.ordinal + 1)}</span>
        {item.category !== null && <span className={styles.category}>{item.category}</span>}
        {item.differs && <span className={styles.diff}>DIFF</span>}
        {item.differs && item.diff_fields.length > 0 && (
          <span className={styles.diffFields} title={item.diff_fields.join(', ')}>
            {item.diff_fields.join(', ')}
          </span>
        )}
      </span>
    </>
  );
}
