/** A table that scrolls sideways where the page is narrower than it, by keyboard too. */

import { Table, type TableProps } from '@mantine/core';

interface WideTableProps extends TableProps {
  /** What it holds, for who hears the page. */
  label: string;
  /** Pixels below which it scrolls. */
  from: number;
}

export function WideTable({ label, from, ...props }: WideTableProps) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reached by keyboard
    <section aria-label={label} tabIndex={0} style={{ overflowX: 'auto' }}>
      <Table {...props} miw={from} />
    </section>
  );
}
