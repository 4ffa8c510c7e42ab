/** The conditions that narrow the rows now, each with what takes it away, and how many rows pass. */

import { CloseButton } from '@mantine/core';
import type { ChangeView } from '../workbench/use-view.ts';
import { conditions, unfiltered, type View } from '../workbench/view.ts';
import { countText } from './cell-text.ts';
import styles from './filter-bar.module.css';
import { stateNames } from './filter-bar.tsx';
import type { GridSnapshot } from './grid-store.ts';

interface Pill {
  text: string;
  without: Partial<View>;
}

export function FilterPills({ view, change }: { view: View; change: ChangeView }) {
  const pills = pillsOf(view);
  if (pills.length === 0) return null;
  return (
    <ul className={styles.pills} aria-label="Conditions">
      {pills.map(({ text, without }) => (
        <li key={text} className={styles.pill}>
          <span>{text}</span>
          <CloseButton size="xs" iconSize={10} aria-label={`Remove: ${text}`} onClick={() => change(without)} />
        </li>
      ))}
      {conditions(view) > 1 && (
        <li>
          <button type="button" className={styles.clear} onClick={() => change(unfiltered)}>
            Clear all
          </button>
        </li>
      )}
    </ul>
  );
}

/** "123 of 5,000", and what has come since. */
export function RowCount({ snapshot, renew }: { snapshot: GridSnapshot; renew: () => void }) {
  const { total, rows, about, missed } = snapshot;
  return (
    <span className={styles.counted}>
      {missed > 0 && (
        <button type="button" className={styles.clear} onClick={renew}>
          {missed === 1 ? '1 change since' : `${countText(missed)} changes since`}, show
        </button>
      )}
      <span role="status" aria-label="Rows">
        {total === null ? '' : `${about ? 'about ' : ''}${countText(rows)} of ${countText(total)}`}
      </span>
    </span>
  );
}

function pillsOf(view: View): Pill[] {
  const listed = (name: 'differsAt' | 'agreeOn' | 'category' | 'decided' | 'filter', say: (value: string) => string) =>
    (view[name] as string[]).map((value) => ({
      text: say(value),
      without: { [name]: (view[name] as string[]).filter((each) => each !== value) } as Partial<View>,
    }));
  const scores = [
    view.scoreMin === null ? '' : `at least ${view.scoreMin}`,
    view.scoreMax === null ? '' : `at most ${view.scoreMax}`,
  ];
  const scored = scores.filter((text) => text !== '').join(', ');
  return [
    ...listed('filter', (value) =>
      value === 'differences' ? 'Differences' : stateNames[value as keyof typeof stateNames],
    ),
    ...listed('agreeOn', (value) => `All agree on ${value}`),
    ...listed('differsAt', (value) => `Differs at ${value}`),
    ...listed('decided', (pair) => pair.replace('=', ' says ')),
    ...listed('category', (value) => `Category ${value}`),
    ...(view.q === null ? [] : [{ text: `Words: ${view.q}`, without: { q: null } }]),
    ...(view.cluster === null ? [] : [{ text: clusterText(view.cluster), without: { cluster: null } }]),
    ...(scored === '' ? [] : [{ text: `Score ${scored}`, without: { scoreMin: null, scoreMax: null } }]),
  ];
}

/** "Pattern 4 of the failures", counted from 1 as the map of failures does. */
function clusterText(cluster: string): string {
  const number = Number(cluster.slice(cluster.lastIndexOf(':') + 1));
  return number < 0 ? 'Failures like nothing else' : `Pattern ${number + 1} of the failures`;
}
