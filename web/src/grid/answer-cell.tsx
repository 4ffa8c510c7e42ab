/** A model's answer in the grid: its decision, what people said of it, and its first lines. */

import type { Cell } from '../../../src/contracts/workbench.ts';
import { Check, Unequal } from '../app/icons.tsx';
import { countText, decisionDiffers, fieldTexts, oneLine, SHORT, timeText } from './cell-text.ts';
import styles from './grid.module.css';

const marks = {
  golden: { sign: '★', name: 'Golden' },
  fix: { sign: '✎', name: 'Fixed' },
  wrong: { sign: '✕', name: 'Wrong' },
} as const;

const parsed = {
  repaired: { sign: 'repaired', title: 'The JSON was broken or cut off, and was repaired' },
  none: { sign: 'unread', title: 'No decision could be read from this answer' },
} as const;

interface AnswerCellProps {
  cell: Cell | undefined;
  diffFields: readonly string[];
  colourOf: (decision: string | null) => string;
}

export function AnswerCell({ cell, diffFields, colourOf }: AnswerCellProps) {
  if (!cell) return <span className={styles.none}>no answer yet</span>;
  const parse =
    cell.status === 'ok' && (cell.parse === 'repaired' || cell.parse === 'none') ? parsed[cell.parse] : null;
  return (
    <>
      <span className={styles.line}>
        {cell.annotation && (
          <span className={styles.mark} data-kind={cell.annotation} role="img" aria-label={marks[cell.annotation].name}>
            {marks[cell.annotation].sign}
          </span>
        )}
        {cell.status === 'failed' && <span className={styles.failed}>failed</span>}
        {cell.decision !== null && (
          <Decision
            value={cell.decision}
            colour={colourOf(cell.decision)}
            differs={diffFields.length > 0 && decisionDiffers(cell, diffFields)}
          />
        )}
        {cell.right !== null && <Truth right={cell.right} />}
        {parse && (
          <span className={styles.parse} title={parse.title}>
            {parse.sign}
          </span>
        )}
        <span className={styles.figures}>
          {cell.tokens !== null && <span>{countText(cell.tokens)} tok</span>}
          {cell.latency_ms !== null && <span>{timeText(cell.latency_ms)}</span>}
        </span>
      </span>
      <Preview cell={cell} diffFields={diffFields} />
    </>
  );
}

/** Whether the decision is the one that was expected. What people say of an answer has marks of its own. */
export function Truth({ right }: { right: boolean }) {
  const name = right ? 'As expected' : 'Not as expected';
  return (
    <span className={styles.truth} data-right={right} role="img" aria-label={name} title={name}>
      {right ? <Check size={12} /> : <Unequal size={12} />}
    </span>
  );
}

interface DecisionProps {
  value: string;
  colour: string;
  differs?: boolean;
}

export function Decision({ value, colour, differs = false }: DecisionProps) {
  return (
    <span
      className={styles.decision}
      data-differs={differs || undefined}
      style={{ '--colour': colour } as React.CSSProperties}
      title={value}
    >
      {value}
    </span>
  );
}

function Preview({ cell, diffFields }: { cell: Cell; diffFields: readonly string[] }) {
  if (cell.status === 'failed') return <span className={styles.preview}>{cell.error ?? 'The call failed'}</span>;
  const fields = fieldTexts(cell, diffFields);
  if (fields === null) return <span className={styles.preview}>{oneLine(cell.content ?? '', 240)}</span>;
  return (
    <span className={styles.preview}>
      {fields.map(({ path, text, differs }) => (
        <span
          key={path}
          className={styles.field}
          data-differs={differs || undefined}
          data-short={text.length <= SHORT || undefined}
        >
          <span className={styles.path}>{path}</span> {text}
        </span>
      ))}
    </span>
  );
}
