/** A dataset in the list: name, items, format, versions, and what can be done with it. */

import { ActionIcon, Menu } from '@mantine/core';
import { Link } from 'react-router';
import type { DatasetObject } from '../../../src/contracts/datasets.ts';
import { path } from '../api/client.ts';
import { More } from '../app/icons.tsx';
import { countText } from '../grid/cell-text.ts';
import type { DatasetAction } from './dataset-dialogs.tsx';
import styles from './datasets.module.css';

interface DatasetRowProps {
  dataset: DatasetObject;
  open: boolean;
  select: () => void;
  act: (action: DatasetAction) => void;
}

const actions = [
  { kind: 'details', label: 'Details and settings' },
  { kind: 'version', label: 'Upload a new version' },
  { kind: 'import', label: 'Import answers' },
] as const;

export const formatNames = { jsonl: 'JSONL', csv: 'CSV', parquet: 'Parquet' } as const;

export function DatasetRow({ dataset, open, select, act }: DatasetRowProps) {
  const { name, count, format, versions } = dataset;
  return (
    <li className={styles.row} data-open={open}>
      <button type="button" className={styles.open} aria-current={open ? 'true' : undefined} onClick={select}>
        <span className={styles.name} title={name}>
          {name}
        </span>
        <span className={styles.facts}>
          {countText(count)} {count === 1 ? 'item' : 'items'} · {formatNames[format]}
          {versions > 1 && ` · version ${versions}`}
        </span>
      </button>
      <Menu position="bottom-end" width={200}>
        <Menu.Target>
          <ActionIcon aria-label={`Actions for ${name}`}>
            <More />
          </ActionIcon>
        </Menu.Target>
        <Menu.Dropdown>
          {actions.map(({ kind, label }) => (
            <Menu.Item key={kind} onClick={() => act({ kind, dataset })}>
              {label}
            </Menu.Item>
          ))}
          <Menu.Item component={Link} to={path`/review/${dataset.id}`}>
            Review queue
          </Menu.Item>
          <Menu.Divider />
          <Menu.Item color="red" onClick={() => act({ kind: 'delete', dataset })}>
            Delete
          </Menu.Item>
        </Menu.Dropdown>
      </Menu>
    </li>
  );
}
