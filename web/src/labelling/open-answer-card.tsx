/** One answer that waits for a person: what each says of it, side by side, the newest proposed. */

import { Anchor, Badge, Button, Group, Kbd } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { Link } from 'react-router';
import type { OpenAnswer, SaidObject } from '../../../src/contracts/label-studio.ts';
import { address } from '../api/client.ts';
import { momentText } from '../app/figures.ts';
import { Fault, Waiting } from '../app/states.tsx';
import { itemQuery } from '../item/item-query.ts';
import { PromptView } from '../item/prompt-view.tsx';
import { Prose } from '../item/prose.tsx';
import judgingStyles from '../judging/judging.module.css';
import { Part } from '../judging/verdict-card.tsx';
import { saidText, stateNames } from './label-words.ts';
import styles from './labelling.module.css';
import { type Choice, choicesOf } from './open-answers.ts';

interface CardProps {
  datasetId: string;
  answer: OpenAnswer;
  /** Whether the keys are about it. */
  current: boolean;
  busy: boolean;
  select: () => void;
  resolve: (choice: Choice) => void;
}

export function OpenAnswerCard({ datasetId, answer, current, busy, select, resolve }: CardProps) {
  const choices = choicesOf(answer);
  return (
    <li
      className={`${judgingStyles.card} ${styles.open}`}
      data-current={current}
      aria-current={current ? 'true' : undefined}
      onFocus={current ? undefined : select}
    >
      <header className={judgingStyles.cardHead}>
        <h3>
          <Anchor component={Link} inherit to={address('/', { dataset: datasetId, item: answer.candidate_id })}>
            {answer.name}
          </Anchor>
        </h3>
        <Badge variant="light" color={answer.state === 'refused' ? 'red' : 'orange'} tt="none" fw={500}>
          {stateNames[answer.state]}
        </Badge>
        <span className={styles.dim}>{answer.model_id}</span>
      </header>
      {answer.problem !== null && <p className={styles.problem}>{answer.problem}</p>}
      <div className={judgingStyles.cardBody}>
        {sidesOf(answer).map(([name, said, proposed]) => (
          <section
            key={name}
            className={judgingStyles.part}
            aria-label={`${name} on ${answer.name}, ${answer.model_id}`}
            // biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, and has to by keyboard too
            tabIndex={0}
          >
            <h4>{name}</h4>
            <Said said={said} proposed={proposed} />
          </section>
        ))}
      </div>
      <Group className={styles.choose!} gap="xs">
        {choices.map((choice) => (
          <Button
            key={choice.label}
            size="compact-sm"
            variant={choice.proposed ? 'filled' : 'default'}
            disabled={busy}
            rightSection={current && choice.key !== '' ? <Kbd size="xs">{choice.key}</Kbd> : undefined}
            onClick={() => resolve(choice)}
          >
            {choice.label}
            {choice.proposed && ' (newest)'}
          </Button>
        ))}
      </Group>
      <Question datasetId={datasetId} answer={answer} />
    </li>
  );
}

/** What is told of an answer, by whom: both sides of a conflict, else each annotator and what Assay has. */
function sidesOf({ state, ours, theirs, each, proposed }: OpenAnswer): [string, SaidObject | null, boolean][] {
  const own: [string, SaidObject | null, boolean] = ['Assay', ours, proposed === 'ours'];
  const people = each.map((said): [string, SaidObject | null, boolean] => [said.annotators.join(', '), said, false]);
  if (state === 'review') return [...people, own];
  const their: [string, SaidObject | null, boolean] = ['Label Studio', theirs, proposed === 'theirs'];
  return each.length > 1 ? [own, their, ...people] : [own, their];
}

function Said({ said, proposed }: { said: SaidObject | null; proposed: boolean }) {
  if (said === null) return <p className={styles.dim}>Nothing was said.</p>;
  const by = said.annotators.join(', ');
  return (
    <>
      <p className={styles.kind} data-kind={said.kind ?? 'none'}>
        {saidText(said)}
        {proposed && ' · newest'}
      </p>
      {said.content !== null && <Prose text={said.content} />}
      {said.note !== null && said.note !== '' && (
        <>
          <h5 className={styles.noteHead}>Note</h5>
          <Prose text={said.note} />
        </>
      )}
      <p className={styles.dim}>
        {by === '' ? '' : `${by}, `}
        {momentText(said.at)}
      </p>
    </>
  );
}

/** What was asked and what was answered, fetched once it is opened. */
function Question({ datasetId, answer }: { datasetId: string; answer: OpenAnswer }) {
  const [open, setOpen] = useState(false);
  const item = useQuery({ ...itemQuery(datasetId, answer.candidate_id), enabled: open });
  const content = item.data?.results[answer.model_id]?.content ?? null;
  return (
    <details className={judgingStyles.question} onToggle={({ currentTarget }) => setOpen(currentTarget.open)}>
      <summary>The question and the answer</summary>
      {open && item.isPending && <Waiting what="the item" />}
      {open && item.isError && <Fault error={item.error} again={() => void item.refetch()} />}
      {open && item.data && (
        <div className={judgingStyles.cardBody}>
          <div className={judgingStyles.part}>
            <PromptView input={item.data.input} truth={item.data.truth} />
          </div>
          <Part name={`Answer of ${answer.model_id}`}>
            {content === null ? <p className={styles.dim}>There is no answer.</p> : <Prose text={content} />}
          </Part>
        </div>
      )}
    </details>
  );
}
