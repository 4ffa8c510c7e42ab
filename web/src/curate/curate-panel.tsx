/** What becomes of the annotated answers: golden sets, examples for prompts, exports. */

import { lazy } from 'react';
import type { DatasetObject } from '../../../src/contracts/datasets.ts';
import { FilterPills } from '../grid/filter-pills.tsx';
import { useFacts } from '../grid/use-facts.ts';
import type { MiddleProps } from '../workbench/middle.tsx';
import styles from './curate.module.css';
import { Exports } from './exports.tsx';
import { GoldenSets } from './golden-sets.tsx';

const ExampleLibrary = lazy(async () => ({ default: (await import('./example-library.tsx')).ExampleLibrary }));

export interface CuratePanelProps extends MiddleProps {
  dataset: DatasetObject;
}

export function CuratePanel({ view, change, dataset }: CuratePanelProps) {
  const facts = useFacts(dataset.id);
  return (
    <div className={styles.panel}>
      <FilterPills view={view} change={change} />
      <GoldenSets view={view} dataset={dataset} />
      <ExampleLibrary key={dataset.id} view={view} decisions={facts.decisions.map(({ value }) => value)} />
      <Exports view={view} />
    </div>
  );
}
