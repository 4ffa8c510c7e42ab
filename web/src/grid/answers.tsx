/** The answers of a dataset: filters, the grid, the item that is open, and what the keys do. */

import { lazy, Suspense, useEffect, useMemo, useRef, useState } from 'react';
import { AnswerDialogs, type AskedFor } from '../annotate/answer-dialogs.tsx';
import { useAnnotate } from '../annotate/use-annotate.ts';
import { useKeys } from '../annotate/use-keys.ts';
import { useRemembered } from '../app/remember.ts';
import { useDatasetChange } from '../datasets/use-dataset-change.ts';
import type { MiddleProps } from '../workbench/middle.tsx';
import { answerKeys } from './answer-keys.ts';
import styles from './answers.module.css';
import { AnswersBar } from './answers-bar.tsx';
import { FilterBar } from './filter-bar.tsx';
import { GridState } from './grid-state.tsx';
import { type ActiveCell, ResultsGrid } from './results-grid.tsx';
import { useFacts } from './use-facts.ts';
import { useGridStore } from './use-grid-store.ts';

const ItemPanel = lazy(async () => ({ default: (await import('../item/item-panel.tsx')).ItemPanel }));

export function Answers({ view, change, dataset }: MiddleProps) {
  const shown = useGridStore(view);
  const { store, snapshot } = shown;
  useDatasetChange(dataset, (what) => (what === 'version' ? store.renew() : store.reload()));
  const facts = useFacts(view.dataset);
  const annotator = useAnnotate(store);
  const [active, setActive] = useActive(shown.store);
  const [asked, ask] = useState<AskedFor>(null);
  const [compact, setCompact] = useRemembered('compact-rows', false);
  const searchRef = useRef<HTMLInputElement>(null);
  const gridRef = useRef<HTMLDivElement>(null);

  const open = (row: number, replace = false) => {
    const item = store.row(row);
    if (item) change({ item: item.candidate_id }, { replace });
  };
  const go = (cell: ActiveCell) => {
    setActive(cell);
    if (view.item !== null) open(cell.row, true);
  };
  const close = () => {
    change({ item: null });
    gridRef.current?.querySelector<HTMLElement>('[role="grid"]')?.focus();
  };
  const item = store.row(active.row);
  const model = snapshot.models[Math.max(0, active.column - 1)];
  const answer = item && model !== undefined ? { candidateId: item.candidate_id, modelId: model } : null;
  useKeys(
    answerKeys({
      store,
      active,
      go,
      open,
      close,
      answer,
      annotator,
      ask,
      search: () => searchRef.current?.focus(),
      isOpen: view.item !== null,
    }),
  );

  return (
    <div className={styles.answers}>
      <FilterBar {...{ view, change, facts, dataset, searchRef }} />
      <AnswersBar {...{ view, change, facts, snapshot, compact, setCompact, ask }} renew={store.renew} />
      <div ref={gridRef} className={styles.grid}>
        <ResultsGrid {...{ shown, active, compact }} setActive={setActive} open={open} colourOf={facts.colourOf} />
        <GridState shown={shown} view={view} change={change} />
      </div>
      {view.item !== null && (
        <Suspense>
          <ItemPanel
            key={view.dataset}
            datasetId={store.options.datasetId}
            candidateId={view.item}
            model={model ?? null}
            models={snapshot.models}
            colourOf={facts.colourOf}
            annotator={annotator}
            ask={ask}
            choose={(name) => setActive({ row: active.row, column: snapshot.models.indexOf(name) + 1 })}
            step={(by) =>
              go({ ...active, row: Math.min(Math.max(0, active.row + by), Math.max(0, snapshot.rows - 1)) })
            }
            close={close}
          />
        </Suspense>
      )}
      <AnswerDialogs {...{ store, view, annotator, asked, ask, model }} />
    </div>
  );
}

/** The cell that keys act on; other rows begin at the first again. */
function useActive(store: object): [ActiveCell, (cell: ActiveCell) => void] {
  const [active, setActive] = useState<ActiveCell>({ row: 0, column: 1 });
  const before = useRef(store);
  useEffect(() => {
    if (before.current === store) return;
    before.current = store;
    setActive((now) => ({ row: 0, column: now.column }));
  }, [store]);
  return useMemo(() => [active, setActive], [active]);
}
