/** What a judge run will take, asked for while its form is filled in; what is not known is said to be unknown. */

import type { JudgeEstimate } from '../../../src/contracts/judging.ts';
import { ApiError } from '../api/client.ts';
import { EstimateFrame } from '../app/estimate-frame.tsx';
import { costText, durationText, roughText } from '../app/figures.ts';
import { type Tile, Tiles } from '../app/tiles.tsx';
import { type Estimated, useEstimate } from '../app/use-estimate.ts';
import { countText } from '../grid/cell-text.ts';
import styles from './judging.module.css';
import { fieldOf, type JudgingBody, type JudgingField } from './new-judging.ts';

/** `price_as_of`: day of the oldest price it is reckoned by. */
type Estimate = JudgeEstimate & { price_as_of?: string | null };

export interface EstimateState extends Estimated<Estimate> {
  /** The field that the refusal is about, and its words. */
  refused: { field: JudgingField; message: string } | null;
}

/** null: there is none to ask for. */
export function useJudgingEstimate(body: JudgingBody | null): EstimateState {
  const state = useEstimate<Estimate>('/api/evaluation/estimate', body);
  return { ...state, refused: refusedAt(state.error) };
}

/** The field that an error of the server belongs to, with its words. */
export function refusedAt(error: unknown): EstimateState['refused'] {
  const field = error instanceof ApiError ? fieldOf(error) : null;
  return field === null ? null : { field, message: (error as ApiError).message };
}

/** `missing` says why there is none to ask for yet; null: there is. */
export function JudgingEstimate({ state, missing }: { state: EstimateState; missing: string | null }) {
  const refused = state.refused !== null;
  return (
    <EstimateFrame state={state} missing={missing} fault="Such a judge run cannot be started" refused={refused}>
      {(estimate) => <Figures estimate={estimate} />}
    </EstimateFrame>
  );
}

const known = <T,>(value: T | null, write: (value: T) => string) => (value === null ? 'unknown' : write(value));

function Figures({ estimate }: { estimate: Estimate }) {
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
    <>
      <Tiles tiles={tiles} />
      <p className={styles.dim}>{estimate.basis}</p>
    </>
  );
}
