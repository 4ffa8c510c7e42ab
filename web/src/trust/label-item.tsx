/** The item and its answer, or its two answers in the order that was drawn, as they stand on the labelling page. */

import { SegmentedControl, Switch, Title } from '@mantine/core';
import { useEffect } from 'react';
import { useRemembered } from '../app/remember.ts';
import { countText } from '../grid/cell-text.ts';
import itemStyles from '../item/item.module.css';
import { PromptView } from '../item/prompt-view.tsx';
import { Prose } from '../item/prose.tsx';
import styles from './label.module.css';
import { answersOf, type Task } from './label-queue.ts';

type ReadAs = 'text' | 'raw';

export function LabelItem({ task, pairs }: { task: Task; pairs: boolean }) {
  const [reading, read] = useRemembered<ReadAs>('label-read-as', 'text');
  const [expectedShown, showExpected] = useRemembered('label-expected', true);
  useEffect(() => {
    // What it gives in newer browsers, a promise, is no clean-up.
    document.getElementById('main')?.scrollTo(0, 0);
  }, []);
  return (
    <article className={styles.item} aria-label={`Item ${task.name}`}>
      <header className={styles.itemHead}>
        <Title order={2}>{task.name}</Title>
        <p>
          {countText(task.ordinal + 1)} · {task.candidate_id}
          {task.category !== null && ` · ${task.category}`}
        </p>
      </header>
      <div className={styles.prompt}>
        <PromptView input={task.input} truth={null} />
      </div>
      <div className={styles.reading}>
        <SegmentedControl
          aria-label="Read the answers as"
          value={reading}
          onChange={(value) => read(value as ReadAs)}
          data={[
            { value: 'text', label: 'Text' },
            { value: 'raw', label: 'Raw' },
          ]}
        />
        {task.expected !== null && (
          <Switch
            label="Show the expected answer"
            checked={expectedShown}
            onChange={(event) => showExpected(event.currentTarget.checked)}
          />
        )}
      </div>
      {task.expected !== null && expectedShown && (
        <section className={styles.expected} aria-label="Expected answer">
          <h3>Expected</h3>
          <pre className={itemStyles.raw}>{task.expected}</pre>
        </section>
      )}
      <div className={styles.answers}>
        {answersOf(task, pairs).map(({ name, content }) => (
          <section key={name} className={styles.answer} aria-label={name}>
            <h3>{name}</h3>
            {content === null ? (
              <p className={itemStyles.dim}>There is no answer.</p>
            ) : reading === 'raw' ? (
              <pre className={itemStyles.raw}>{content}</pre>
            ) : (
              <Prose text={content} />
            )}
          </section>
        ))}
      </div>
    </article>
  );
}
