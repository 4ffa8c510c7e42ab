/** Answers that wait for a person, one after the other: what each side says, and the buttons and keys that settle it. */

import { Button, Kbd, Title } from '@mantine/core';
import { useEffect, useRef, useState } from 'react';
import type { LabelProject, OpenAnswer } from '../../../src/contracts/label-studio.ts';
import { useKeys } from '../annotate/use-keys.ts';
import { Fault, Nothing, Waiting } from '../app/states.tsx';
import judgingStyles from '../judging/judging.module.css';
import styles from './labelling.module.css';
import { OpenAnswerCard } from './open-answer-card.tsx';
import { type Choice, choiceByKey, choicesOf, movedTo, openKey } from './open-answers.ts';
import { useOpenAnswers, useResolve } from './use-labelling.ts';

export function OpenAnswers({ project }: { project: LabelProject }) {
  const query = useOpenAnswers(project);
  const rows = query.data?.pages.flatMap(({ data }) => data) ?? [];
  return (
    <section className={styles.section} aria-labelledby="open">
      <Title order={2} id="open">
        Waits for a person
      </Title>
      {query.isPending && <Waiting what="what waits" />}
      {query.isError && !query.data && <Fault error={query.error} again={() => void query.refetch()} />}
      {query.isSuccess && rows.length === 0 && (
        <Nothing>
          Nothing waits. Here stands what both sides have changed, what annotators see differently, and what cannot be
          taken over as it is.
        </Nothing>
      )}
      {rows.length > 0 && <Rows project={project} rows={rows} />}
      {query.hasNextPage && (
        <div>
          <Button variant="default" loading={query.isFetchingNextPage} onClick={() => void query.fetchNextPage()}>
            More
          </Button>
        </div>
      )}
    </section>
  );
}

function Rows({ project, rows }: { project: LabelProject; rows: OpenAnswer[] }) {
  const { current, go, resolve, busy } = useWalk(project.id, rows);
  useKeys({
    j: () => go(1),
    k: () => go(-1),
    ...Object.fromEntries(
      ['o', 't', 'p', ...Array.from({ length: 9 }, (_, at) => String(at + 1))].map((key) => [
        key,
        () => {
          const choice = choiceByKey(choicesOf(rows[current]!), key);
          if (choice === null) return false;
          return resolve(rows[current]!, choice);
        },
      ]),
    ),
  });
  return (
    <>
      <p className={styles.keys}>
        <Kbd size="xs">j</Kbd> <Kbd size="xs">k</Kbd> next, previous · <Kbd size="xs">p</Kbd> what is proposed ·{' '}
        <Kbd size="xs">o</Kbd> Assay’s · <Kbd size="xs">t</Kbd> Label Studio’s · <Kbd size="xs">1</Kbd> …{' '}
        <Kbd size="xs">9</Kbd> an annotator’s
      </p>
      <ul className={judgingStyles.cards} aria-label="Answers that wait">
        {rows.map((row, at) => (
          <OpenAnswerCard
            key={openKey(row)}
            datasetId={project.dataset_id}
            answer={row}
            current={at === current}
            busy={busy === openKey(row)}
            select={() => go(at - current)}
            resolve={(choice) => resolve(row, choice)}
          />
        ))}
      </ul>
    </>
  );
}

/** Which answer the keys are about, kept in sight, and what settles one; a settled one gives its place to the next. */
function useWalk(projectId: string, rows: OpenAnswer[]) {
  const [at, setAt] = useState(0);
  const [busy, setBusy] = useState<string | null>(null);
  const moved = useRef(false);
  const act = useResolve(projectId);
  const current = movedTo(at, 0, rows.length);
  // biome-ignore lint/correctness/useExhaustiveDependencies: whenever another one is current
  useEffect(() => {
    if (moved.current) document.querySelector('[data-current=true]')?.scrollIntoView({ block: 'nearest' });
  }, [current]);
  return {
    current,
    busy,
    go(by: number) {
      moved.current = true;
      setAt(movedTo(current, by, rows.length));
    },
    resolve({ candidate_id, model_id }: OpenAnswer, { keep }: Choice) {
      if (act.isPending) return;
      setBusy(openKey({ candidate_id, model_id }));
      act.mutate({ candidate_id, model_id, ...keep }, { onSettled: () => setBusy(null) });
    },
  };
}
