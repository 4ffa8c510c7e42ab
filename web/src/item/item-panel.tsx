/** One item in full beside the grid: its prompt, every model's answer side by side, word differences, what people said. */

import { ActionIcon, Button, Loader, SegmentedControl, Tooltip } from '@mantine/core';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { useEffect, useRef } from 'react';
import type { WholeItem } from '../../../src/contracts/workbench.ts';
import type { AskedFor } from '../annotate/answer-dialogs.tsx';
import type { Annotator } from '../annotate/use-annotate.ts';
import { messageOf } from '../api/client.ts';
import { useLiveRefresh } from '../api/queries.ts';
import { ChevronDown, Close } from '../app/icons.tsx';
import { useRemembered } from '../app/remember.ts';
import { countText } from '../grid/cell-text.ts';
import { AnswerColumn } from './answer-column.tsx';
import styles from './item.module.css';
import { itemQuery } from './item-query.ts';
import { PromptView } from './prompt-view.tsx';
import { WordDiff } from './word-diff.tsx';

export const readings = ['text', 'fields', 'raw', 'prompt', 'words'] as const;
export type ReadAs = (typeof readings)[number];
const names: Record<ReadAs, string> = {
  text: 'Text',
  fields: 'Fields',
  raw: 'Raw',
  prompt: 'Sent',
  words: 'Word diff',
};

/** Characters up to which an expected answer stands in the head. */
const SHORT_TRUTH = 60;

export interface ItemPanelProps {
  datasetId: string;
  candidateId: string;
  /** The model that keys act on. */
  model: string | null;
  models: readonly string[];
  colourOf: (decision: string | null) => string;
  annotator: Annotator;
  ask: (asked: AskedFor) => void;
  choose: (model: string) => void;
  step: (by: 1 | -1) => void;
  close: () => void;
}

export function ItemPanel(props: ItemPanelProps) {
  const { datasetId, candidateId, models, close, step } = props;
  useLiveRefresh(['item'], datasetId, 1000);
  const query = useQuery({ ...itemQuery(datasetId, candidateId), placeholderData: keepPreviousData });
  const [reading, read] = useRemembered<ReadAs>('read-as', 'text');
  const panel = useRef<HTMLDivElement>(null);
  useEffect(() => panel.current?.focus({ preventScroll: true }), []);
  const item = query.data;
  const shown = models.filter((model) => item?.results[model]);
  return (
    <div
      ref={panel}
      role="dialog"
      aria-label={item ? `Item ${item.name}` : 'Item'}
      data-keys
      tabIndex={-1}
      className={styles.panel}
      aria-busy={query.isPlaceholderData}
    >
      <Head item={item} close={close} step={step} />
      {query.isPending && <Loader m="xl" role="status" aria-label="Loading the item" />}
      {query.isError && (
        <p className={styles.fault} role="alert">
          {messageOf(query.error)}{' '}
          <Button size="compact-xs" variant="subtle" onClick={() => void query.refetch()}>
            Try again
          </Button>
        </p>
      )}
      {item && (
        <>
          <PromptView input={item.input} truth={(item.truth?.length ?? 0) > SHORT_TRUTH ? item.truth : null} />
          <div className={styles.how}>
            <SegmentedControl
              aria-label="Read the answers as"
              value={reading}
              onChange={(value) => read(value as ReadAs)}
              data={readings.map((value) => ({ value, label: names[value] }))}
            />
            {item.differs && (
              <p className={styles.differs}>
                <b>DIFF</b> {item.diff_fields.join(', ')}
              </p>
            )}
          </div>
          {reading === 'words' ? (
            <WordDiff item={item} models={shown} />
          ) : (
            <div className={styles.answers}>
              {shown.map((model) => (
                <AnswerColumn key={model} {...props} name={model} item={item} reading={reading} />
              ))}
              {shown.length === 0 && <p className={styles.dim}>No model has answered yet.</p>}
            </div>
          )}
        </>
      )}
    </div>
  );
}

function Head({ item, close, step }: { item: WholeItem | undefined } & Pick<ItemPanelProps, 'close' | 'step'>) {
  return (
    <header className={styles.head}>
      <div className={styles.title}>
        <h2>{item?.name ?? '…'}</h2>
        {item && (
          <p>
            {countText(item.ordinal + 1)} · {item.candidate_id}
            {item.category !== null && ` · ${item.category}`}
            {item.truth !== null && item.truth.length <= SHORT_TRUTH && (
              <>
                {' '}
                · expected <b>{item.truth}</b>
              </>
            )}
          </p>
        )}
      </div>
      <Tooltip label="Previous (k)">
        <ActionIcon aria-label="Previous item" onClick={() => step(-1)} className={styles.up!}>
          <ChevronDown />
        </ActionIcon>
      </Tooltip>
      <Tooltip label="Next (j)">
        <ActionIcon aria-label="Next item" onClick={() => step(1)}>
          <ChevronDown />
        </ActionIcon>
      </Tooltip>
      <Tooltip label="Close (Esc)">
        <ActionIcon aria-label="Close the item" onClick={close}>
          <Close />
        </ActionIcon>
      </Tooltip>
    </header>
  );
}
