/** Tries a rubric on five answers of a run, as it is written now; nothing of it is kept. */

import { Button, Group, Stack, Title } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { useEffect, useRef, useState } from 'react';
import type { z } from 'zod';
import type { JudgedNow, judgeNow } from '../../../src/contracts/judge-now.ts';
import { ApiError, postJson } from '../api/client.ts';
import { costText, roughText } from '../app/figures.ts';
import { useRemembered } from '../app/remember.ts';
import { Fault, Waiting } from '../app/states.tsx';
import { countText } from '../grid/cell-text.ts';
import { JudgeChoice } from './judge-choice.tsx';
import styles from './judging.module.css';
import { fieldOf } from './new-judging.ts';
import type { RubricBody } from './rubric-form.ts';
import { RunChoice } from './run-choice.tsx';
import { VerdictCard } from './verdict-card.tsx';

const ANSWERS = 5;

/** `draft` is null while something is wrong with it. */
export function TryOut({ draft }: { draft: RubricBody | null }) {
  const [of, setOf] = useState<{ dataset: string | null; run: string | null }>({ dataset: null, run: null });
  const [judges, setJudges] = useRemembered<string[]>('try-out-judge', []);
  const [seed, setSeed] = useState(1);
  const tried = useTryOut();
  const refused = tried.error instanceof ApiError ? fieldOf(tried.error) : null;
  const ready = draft !== null && of.run !== null && judges.length === 1;
  const tryOn = (from: number) => {
    setSeed(from);
    if (ready)
      tried.mutate({ judge_model: judges[0]!, rubric: draft, benchmark_id: of.run!, sample: ANSWERS, seed: from });
  };
  return (
    <section aria-labelledby="try-out">
      <Stack gap="sm" mt="lg">
        <Title order={2} id="try-out">
          Try it out
        </Title>
        <p className={styles.dim} style={{ margin: 0 }}>
          {countText(ANSWERS)} answers of a run are drawn and judged one by one by the rubric as it is written above.
          Nothing is kept. Rules are not run.
        </p>
        <div className={styles.pair}>
          <RunChoice {...of} set={setOf} error={refused === 'run' ? tried.error?.message : undefined} />
          <JudgeChoice
            value={judges}
            set={setJudges}
            most={1}
            error={refused === 'judges' ? tried.error?.message : undefined}
          />
        </div>
        <Group>
          <Button disabled={!ready} loading={tried.isPending} onClick={() => tryOn(seed)}>
            Try on {ANSWERS} answers
          </Button>
          {tried.data && (
            <Button variant="subtle" disabled={!ready || tried.isPending} onClick={() => tryOn(seed + 1)}>
              Others
            </Button>
          )}
          {draft === null && <span className={styles.dim}>The rubric is not whole yet.</span>}
        </Group>
        {tried.isPending && <Waiting what="the verdicts" />}
        {tried.isError && <Fault title="Nothing was judged" error={tried.error} />}
        {tried.data && <Tried tried={tried.data} />}
      </Stack>
    </section>
  );
}

/** A try-out that is left, or begun anew, asks nobody any further. */
function useTryOut() {
  const stop = useRef<AbortController | null>(null);
  useEffect(() => () => stop.current?.abort(), []);
  return useMutation({
    mutationFn: (body: z.input<typeof judgeNow>) => {
      stop.current?.abort();
      stop.current = new AbortController();
      return postJson<JudgedNow>('/api/evaluation/judge', body, { signal: stop.current.signal });
    },
  });
}

function Tried({ tried }: { tried: JudgedNow }) {
  const tokens =
    tried.prompt_tokens === null || tried.completion_tokens === null
      ? 'tokens unknown'
      : `${roughText(tried.prompt_tokens)} tokens in, ${roughText(tried.completion_tokens)} out`;
  return (
    <>
      <p className={styles.dim} role="status" style={{ margin: 0 }}>
        {tried.judge}: {countText(tried.data.length)} answers, {countText(tried.calls)} calls, {tokens}, cost{' '}
        {tried.cost === null ? 'unknown' : costText(tried.cost)}.
      </p>
      <ul className={styles.cards} aria-label="Verdicts of the try-out">
        {tried.data.map((one) => (
          <VerdictCard key={one.id} title={one.name ?? one.id} verdict={one} />
        ))}
      </ul>
    </>
  );
}
