/** Figures side by side, each with its name and a few words more. */

import styles from './page.module.css';

export type Tile = [name: string, value: string, more?: string | undefined];

export function Tiles({ tiles }: { tiles: Tile[] }) {
  return (
    <dl className={styles.tiles}>
      {tiles.map(([name, value, more]) => (
        <div key={name} className={styles.tile}>
          <dt>{name}</dt>
          <dd>
            {value}
            {more !== undefined && <small>{more}</small>}
          </dd>
        </div>
      ))}
    </dl>
  );
}
