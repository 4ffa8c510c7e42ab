/** The grid itself: sticky heads and first column, drawn only where it is looked at, one cell active for the keys. */

// biome-ignore-all lint/a11y/useSemanticElements: a virtual grid over absolute rows cannot be a table
// biome-ignore-all lint/a11y/useFocusableInteractive: the grid has the focus and names its active cell

import { type CSSProperties, type MouseEvent, useLayoutEffect, useRef } from 'react';
import styles from './grid.module.css';
import { cellId, GridRow } from './grid-row.tsx';
import type { ShownGrid } from './use-grid-store.ts';
import { useRowWindow } from './use-row-window.ts';

export interface ActiveCell {
  row: number;
  /** 0 is the item's own column. */
  column: number;
}

export interface ResultsGridProps {
  shown: ShownGrid;
  active: ActiveCell;
  setActive: (cell: ActiveCell) => void;
  open: (row: number) => void;
  colourOf: (decision: string | null) => string;
  compact: boolean;
}

/** Heights of a row in px. */
const COMPACT_PX = 48;
const COMFORTABLE_PX = 76;
const OVERSCAN = 8;

export function ResultsGrid({ shown, active, setActive, open, colourOf, compact }: ResultsGridProps) {
  const { store, snapshot, old } = shown;
  const { models, rows } = snapshot;
  const rowPx = compact ? COMPACT_PX : COMFORTABLE_PX;
  const scroller = useRef<HTMLDivElement>(null);
  const frame = useRowWindow({ scroller, store, rows, rowPx, overscan: OVERSCAN });
  useActiveInView({ scroller, active, show: frame.show });

  const click = (event: MouseEvent) => {
    const cell = (event.target as Element).closest<HTMLElement>('[data-row]');
    if (!cell || getSelection()?.toString()) return;
    const row = Number(cell.dataset.row);
    setActive({ row, column: Number(cell.dataset.column) });
    open(row);
  };

  const drawn: number[] = [];
  for (let index = frame.start; index < frame.end; index += 1) drawn.push(index);
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: Enter opens the active cell, by the keys of the page
    <div
      ref={scroller}
      role="grid"
      aria-label="Answers by item and model"
      aria-rowcount={rows + 1}
      aria-colcount={models.length + 1}
      aria-activedescendant={rows > 0 ? cellId(active.row, active.column) : undefined}
      aria-busy={old}
      tabIndex={0}
      className={styles.scroller}
      data-compact={compact || undefined}
      data-old={old || undefined}
      data-aside={frame.aside || undefined}
      style={{ '--row': `${rowPx}px`, '--models': Math.max(1, models.length) } as CSSProperties}
      onScroll={frame.scrolled}
      onClick={click}
    >
      <div role="rowgroup" className={styles.head}>
        <div role="row" aria-rowindex={1} className={styles.headRow}>
          <div role="columnheader" className={styles.headFirst}>
            Item
          </div>
          {models.map((model, at) => (
            <div
              key={model}
              role="columnheader"
              className={styles.headCell}
              data-active={active.column === at + 1 || undefined}
              title={model}
            >
              {model}
            </div>
          ))}
        </div>
      </div>
      <div role="presentation" className={styles.spacer} style={{ height: frame.spacer }}>
        <div role="rowgroup">
          {drawn.map((index) => (
            <GridRow
              key={index}
              top={index * rowPx + frame.shift}
              item={store.row(index)}
              index={index}
              models={models}
              active={active.row === index ? active.column : null}
              colourOf={colourOf}
            />
          ))}
        </div>
      </div>
    </div>
  );
}

/** Scrolls to the active cell when it changes, not when it is first drawn. */
function useActiveInView({
  scroller,
  active,
  show,
}: {
  scroller: React.RefObject<HTMLDivElement | null>;
  active: ActiveCell;
  show: (row: number) => void;
}) {
  const before = useRef(active);
  useLayoutEffect(() => {
    if (before.current === active) return;
    before.current = active;
    show(active.row);
    const cell = document.getElementById(cellId(active.row, active.column));
    const view = scroller.current;
    if (!cell || !view || active.column === 0) return;
    const first = view.querySelector<HTMLElement>('[role="rowheader"]')?.offsetWidth ?? 0;
    const left = cell.offsetLeft - first;
    const right = cell.offsetLeft + cell.offsetWidth - view.clientWidth;
    if (view.scrollLeft > left) view.scrollLeft = left;
    else if (view.scrollLeft < right) view.scrollLeft = right;
  }, [active, show, scroller]);
}
