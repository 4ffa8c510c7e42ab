/** The middle column: answers, agreement or curation of the dataset that is open. */

import { Center, Loader } from '@mantine/core';
import { lazy, Suspense } from 'react';
import type { DatasetObject } from '../../../src/contracts/datasets.ts';
import { ComparingAnew } from '../datasets/comparing-anew.tsx';
import { Answers } from '../grid/answers.tsx';
import styles from './middle.module.css';
import type { ChangeView } from './use-view.ts';
import { middles, type View } from './view.ts';

const AgreementPanel = lazy(async () => ({ default: (await import('../compare/agreement-panel.tsx')).AgreementPanel }));
const CuratePanel = lazy(async () => ({ default: (await import('../curate/curate-panel.tsx')).CuratePanel }));

export interface MiddleProps {
  view: View;
  change: ChangeView;
  dataset: DatasetObject | null;
}

const names = { answers: 'Answers', agreement: 'Agreement', curate: 'Curate' };

interface MiddleState {
  /** There is no dataset at all. */
  none: boolean;
  /** The one that the address names was deleted, or never was. */
  gone: boolean;
}

export function Middle({ none, gone, ...props }: MiddleProps & MiddleState) {
  const { view, change, dataset } = props;
  if (none) return <NothingYet />;
  if (gone) return <Gone />;
  return (
    <div className={styles.middle}>
      <div className={styles.head}>
        <nav className={styles.tabs} aria-label="Views of the dataset">
          {middles.map((name) => (
            <button
              key={name}
              type="button"
              className={styles.tab}
              aria-current={view.middle === name ? 'page' : undefined}
              onClick={() => change({ middle: name })}
            >
              {names[name]}
            </button>
          ))}
        </nav>
        <h1 className={styles.dataset} title={dataset?.name}>
          {dataset?.name}
        </h1>
      </div>
      <ComparingAnew dataset={dataset} />
      {view.dataset !== null && view.middle === 'answers' && <Answers key={view.dataset} {...props} />}
      <Suspense fallback={<Waiting />}>
        {dataset && view.middle === 'agreement' && <AgreementPanel {...props} dataset={dataset} />}
        {dataset && view.middle === 'curate' && <CuratePanel {...props} dataset={dataset} />}
      </Suspense>
    </div>
  );
}

function Waiting() {
  return (
    <Center h="50%">
      <Loader role="status" aria-label="Loading" />
    </Center>
  );
}

function Gone() {
  return (
    <div className={styles.nothing} role="status">
      <h1>This dataset is not here</h1>
      <p>It was deleted, or the address is of another server. Choose another one under Datasets.</p>
    </div>
  );
}

function NothingYet() {
  return (
    <div className={styles.nothing}>
      <h1>Which model answers best?</h1>
      <ol>
        <li>
          <b>Bring a dataset.</b> Drop a JSONL, CSV or Parquet file on the left: batch lines, messages, prompts, or any
          table with a template.
        </li>
        <li>
          <b>Run models over it,</b> or import answers that were made elsewhere.
        </li>
        <li>
          <b>Read the differences</b> as the answers land, mark what is golden or wrong, and export it.
        </li>
      </ol>
    </div>
  );
}
