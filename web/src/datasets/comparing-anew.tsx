/** Says how far the answers of a dataset are read and compared anew after its settings were changed. */

import { Progress } from '@mantine/core';
import type { DatasetObject } from '../../../src/contracts/datasets.ts';
import { countText } from '../grid/cell-text.ts';
import styles from './datasets.module.css';

export function ComparingAnew({ dataset }: { dataset: DatasetObject | null }) {
  const progress = dataset?.comparing_progress ?? null;
  if (progress === null) return null;
  const { done, total } = progress;
  const text = `${countText(done)} of ${countText(total)} items`;
  return (
    <div className={styles.anew}>
      <span>Answers are compared anew: {text}</span>
      <Progress.Root size="xs" flex={1} miw="4rem">
        <Progress.Section
          value={total === 0 ? 0 : (done / total) * 100}
          aria-label="Answers compared anew"
          aria-valuetext={text}
        />
      </Progress.Root>
    </div>
  );
}
