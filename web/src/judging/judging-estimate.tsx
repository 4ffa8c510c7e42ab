/** What a judge run will take, asked for while its form is filled in; what is not known is said to be unknown. */

import { Text } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import type { JudgeEstimate } from '../../../src/contracts/judging.ts';
import { ApiError, postJson } from '../api/client.ts';
import { costText, durationText, roughText } from '../app/figures.ts';
import { Fault } from '../app/states.tsx';
import { type Tile, Tiles } from '../app/tiles.tsx';
import { countText } from '../grid/cell-text.ts';
import styles from './judging.module.css';
import { fieldOf, type JudgingBody, type JudgingField } from './new-judging.ts';

const TYPING_MS = 500;

/** `price_as_of`: day of the oldest price it is reckoned by. */
type Estimate = JudgeEstimate & { price_as_of?: string | null };

export interface EstimateState {
  estimate: Estimate | null;
  error: unknown;
  /** The field that the refusal is about, and its words. */
  refused: { field: JudgingField; message: string } | null;
  refetch: () => void;
  /** Whether it is of the form as it stands now. */
  current: boolean;
}

/** The estimate, asked for when the form has been left alone for a moment; null: there is none to ask for. */
export function useJudgingEstimate(body: JudgingBody | null): EstimateState {
  const wanted = body === null ? null : JSON.stringify(body);
  const [settled] = useDebouncedValue(wanted, TYPING_MS);
  const query = useQuery({
    queryKey: ['judging-estimate', settled],
    enabled: settled !== null,
    staleTime: 0,
    retry: false,
    placeholderData: keepPreviousData,
    queryFn: ({ signal }) => postJson<Estimate>('/api/evaluation/estimate', JSON.parse(settled!), { signal }),
  });
  const fresh = wanted !== null && wanted === settled && !query.isPlaceholderData;
  const error = fresh ? query.error : null;
  return {
    estimate: query.data ?? null,
    error,
    refused: refusedAt(error),
    refetch: () => void query.refetch(),
    current: fresh && query.isSuccess,
  };
}

/** The field that an error of the server belongs to, with its words. */
export function refusedAt(error: unknown): EstimateState['refused'] {
  const field = error instanceof ApiError ? fieldOf(error) : null;
  return field === null ? null : { field, message: (error as ApiError).message };
}

/** `missing` says why there is none to ask for yet; null: there is. */
export function JudgingEstimate({ state, missing }: { state: EstimateState; missing: string | null }) {
  const { estimate, error, refused, refetch, current } = state;
  if (missing !== null) {
    return (
      <Text size="sm" c="dimmed" role="status">
        {missing}
      </Text>
    );
  }
  if (error !== null) {
    return (
      <Fault
        title="Such a judge run cannot be started"
        error={error}
        {...(refused === null ? { again: refetch } : {})}
      />
    );
  }
  return (
    <section aria-label="Estimate" aria-busy={!current} aria-live="polite">
      <Text size="sm" fw={600} mb={4}>
        Estimate: nothing is asked before you start
      </Text>
      {estimate === null ? (
        <Text size="xs" c="dimmed">
          Reckoning …
        </Text>
      ) : (
        <Figures estimate={estimate} old={!current} />
      )}
    </section>
  );
}

const known = <T,>(value: T | null, write: (value: T) => string) => (value === null ? 'unknown' : write(value));

function Figures({ estimate, old }: { estimate: Estimate; old: boolean }) {
  const { calls, calls_one_by_one: alone } = estimate;
  const tiles: Tile[] = [
    ['Answers', countText(estimate.answers)],
    ['Calls', countText(calls), alone > calls ? `${countText(alone)} one by one` : undefined],
    [
      'Tokens in',
      known(estimate.prompt_tokens, roughText),
      alone > calls ? `${known(estimate.prompt_tokens_one_by_one, roughText)} one by one` : undefined,
    ],
    ['Tokens out', known(estimate.completion_tokens, roughText)],
    ['Time', calls === 0 ? 'at once' : known(estimate.seconds, durationText)],
    ['Cost', known(estimate.cost, costText), estimate.price_as_of ? `prices as of ${estimate.price_as_of}` : undefined],
  ];
  return (
    <div style={{ opacity: old ? 0.6 : 1 }}>
      <Tiles tiles={tiles} />
      <p className={styles.dim}>{estimate.basis}</p>
    </div>
  );
}
