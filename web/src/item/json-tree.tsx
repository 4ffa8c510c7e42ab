/** A JSON value as a tree that folds, the fields that differ between the models marked. */

import { fieldDiffers, pathOf } from '../grid/cell-text.ts';
import styles from './item.module.css';

/** Values below this many of one list or object are left out, said at its end. */
const MOST = 200;
const DEEPEST = 24;

interface TreeProps {
  value: unknown;
  diffFields: readonly string[];
}

export function JsonTree({ value, diffFields }: TreeProps) {
  return (
    <div className={styles.tree}>
      <Entries value={value as object} at="" depth={0} diffFields={diffFields} />
    </div>
  );
}

interface EntriesProps extends TreeProps {
  value: object;
  at: string;
  depth: number;
}

function Entries({ value, at, depth, diffFields }: EntriesProps) {
  const entries = Object.entries(value);
  return (
    <ul>
      {entries.slice(0, MOST).map(([name, inner]) => {
        const path = at === '' ? pathOf(name) : `${at}.${pathOf(name)}`;
        return (
          <li key={name} data-differs={diffFields.includes(path) || undefined}>
            {isBranch(inner) && depth < DEEPEST ? (
              <details open={depth < 3}>
                <summary>
                  <Name name={name} differs={fieldDiffers(path, diffFields)} />
                  <span className={styles.size}>{sizeOf(inner)}</span>
                </summary>
                <Entries value={inner} at={path} depth={depth + 1} diffFields={diffFields} />
              </details>
            ) : (
              <>
                <Name name={name} differs={fieldDiffers(path, diffFields)} />
                <Leaf value={inner} />
              </>
            )}
          </li>
        );
      })}
      {entries.length > MOST && <li className={styles.dim}>and {entries.length - MOST} more; Raw shows all</li>}
    </ul>
  );
}

function Name({ name, differs }: { name: string; differs: boolean }) {
  return (
    <span className={styles.fieldName} data-differs={differs || undefined}>
      {name}
    </span>
  );
}

function Leaf({ value }: { value: unknown }) {
  const kind = value === null ? 'null' : typeof value;
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return (
    <span className={styles.leaf} data-kind={kind}>
      {text}
    </span>
  );
}

const isBranch = (value: unknown): value is object =>
  typeof value === 'object' && value !== null && Object.keys(value).length > 0;

function sizeOf(value: object): string {
  const size = Object.keys(value).length;
  return Array.isArray(value) ? `list of ${size}` : `${size} ${size === 1 ? 'field' : 'fields'}`;
}
