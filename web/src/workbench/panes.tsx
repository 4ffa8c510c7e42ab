/** Three columns side by side, each of which folds to a strip; on a narrow screen one at a time, chosen by tabs. */

import { ActionIcon, SegmentedControl } from '@mantine/core';
import { useMediaQuery } from '@mantine/hooks';
import { type ReactNode, useState } from 'react';
import { ChevronLeft, ChevronRight } from '../app/icons.tsx';
import { useRemembered } from '../app/remember.ts';
import styles from './panes.module.css';

const sides = ['left', 'middle', 'right'] as const;
type Side = (typeof sides)[number];

interface Pane {
  name: string;
  content: ReactNode;
}

export function Panes(panes: Record<Side, Pane>) {
  const narrow = useMediaQuery('(max-width: 56em)', false, { getInitialValueInEffect: false });
  return narrow ? <Tabs {...panes} /> : <Columns {...panes} />;
}

function Columns(panes: Record<Side, Pane>) {
  const [folded, setFolded] = useRemembered<Side[]>('folded', []);
  const open = sides.filter((side) => !folded.includes(side));
  const toggle = (side: Side) =>
    setFolded(folded.includes(side) ? folded.filter((each) => each !== side) : [...folded, side]);
  const wide = open.includes('middle') ? 'middle' : (open.at(-1) ?? 'middle');
  return (
    <div className={styles.columns}>
      {sides.map((side) => {
        const { name, content } = panes[side];
        if (folded.includes(side)) return <Strip key={side} name={name} side={side} unfold={() => toggle(side)} />;
        return (
          <section key={side} aria-label={name} className={styles.column} data-side={side} data-wide={side === wide}>
            <div className={styles.fold}>
              {side !== 'middle' && <h2 className={styles.title}>{name}</h2>}
              {open.length > 1 && (
                <ActionIcon size="sm" aria-label={`Fold ${name}`} aria-expanded onClick={() => toggle(side)}>
                  {side === 'right' ? <ChevronRight size={14} /> : <ChevronLeft size={14} />}
                </ActionIcon>
              )}
            </div>
            <div className={styles.content}>{content}</div>
          </section>
        );
      })}
    </div>
  );
}

function Strip({ name, side, unfold }: { name: string; side: Side; unfold: () => void }) {
  return (
    <button type="button" className={styles.strip} data-side={side} aria-expanded={false} onClick={unfold}>
      {side === 'right' ? <ChevronLeft size={14} /> : <ChevronRight size={14} />}
      <span className={styles.stripName}>{name}</span>
    </button>
  );
}

/** The middle stays where it is while another tab is looked at; the others are made when they are opened. */
function Tabs(panes: Record<Side, Pane>) {
  const [tab, setTab] = useState<Side>('middle');
  return (
    <div className={styles.tabs}>
      <SegmentedControl
        aria-label="Part of the workbench"
        fullWidth
        size="sm"
        radius={0}
        value={tab}
        onChange={(value) => setTab(value as Side)}
        data={sides.map((side) => ({ value: side, label: panes[side].name }))}
      />
      {sides.map((side) =>
        side === tab || side === 'middle' ? (
          <section key={side} aria-label={panes[side].name} className={styles.tab} hidden={side !== tab}>
            {panes[side].content}
          </section>
        ) : null,
      )}
    </div>
  );
}
