/** The line between filters and grid: conditions, the count, columns, row height, bulk, export, keys. */

import { ActionIcon, Select, Tooltip } from '@mantine/core';
import type { AskedFor } from '../annotate/answer-dialogs.tsx';
import { Columns as ColumnsIcon, Help, Rows, Star } from '../app/icons.tsx';
import { ExportMenu } from '../curate/export-menu.tsx';
import type { ChangeView } from '../workbench/use-view.ts';
import { type RowSort, rowSorts, type View } from '../workbench/view.ts';
import { ColumnsMenu } from './columns-menu.tsx';
import styles from './filter-bar.module.css';
import { FilterPills, RowCount } from './filter-pills.tsx';
import type { GridSnapshot } from './grid-store.ts';
import type { Facts } from './use-facts.ts';

interface AnswersBarProps {
  view: View;
  change: ChangeView;
  facts: Facts;
  snapshot: GridSnapshot;
  compact: boolean;
  setCompact: (compact: boolean) => void;
  ask: (asked: AskedFor) => void;
  renew: () => void;
}

const sortNames: Record<RowSort, string> = {
  position: 'File order',
  disagreement: 'Most disagreement',
  score: 'Lowest score',
  length: 'Longest',
  latency: 'Slowest',
};

export function AnswersBar({ view, change, facts, snapshot, compact, setCompact, ask, renew }: AnswersBarProps) {
  const tool = (label: string, icon: React.ReactNode, run: () => void) => (
    <Tooltip label={label}>
      <ActionIcon aria-label={label} onClick={run}>
        {icon}
      </ActionIcon>
    </Tooltip>
  );
  return (
    <div className={styles.under}>
      <RowCount snapshot={snapshot} renew={renew} />
      <FilterPills view={view} change={change} />
      <span className={styles.gap} />
      <div className={styles.tools}>
        <Select
          aria-label="Order"
          variant="unstyled"
          className={styles.sort!}
          classNames={{ input: styles.sortInput! }}
          allowDeselect={false}
          value={view.sort}
          comboboxProps={{ width: 160, position: 'bottom-end' }}
          data={rowSorts.map((value) => ({ value, label: sortNames[value] }))}
          onChange={(value) => change({ sort: (value ?? 'position') as RowSort })}
        />
        <ColumnsMenu
          all={facts.models.length > 0 ? facts.models : snapshot.models}
          chosen={view.models}
          choose={(models) => change({ models })}
          icon={<ColumnsIcon />}
        />
        {tool(compact ? 'Higher rows' : 'Lower rows', <Rows />, () => setCompact(!compact))}
        {tool('Mark all rows of this filter', <Star />, () => ask({ what: 'bulk' }))}
        <ExportMenu view={view} />
        {tool('Keys (?)', <Help />, () => ask({ what: 'help' }))}
      </div>
    </div>
  );
}
