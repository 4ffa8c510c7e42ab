/** What the pages of predictions show, as it stands in the address; what other parts of the page keep there stays. */

import { type Standing, standings } from './match-samples.ts';
import { type Movement, shownMovements } from './score-words.ts';

/** null: all. */
export interface TableView {
  /** "latest": the newest evaluation, whichever that is. */
  epoch: number | 'latest' | null;
  sample: number | null;
  errors: 'true' | 'false' | null;
  limit: number;
  offset: number;
  /** The prediction that is open, by its id. */
  open: number | null;
}

export const pageLengths = [25, 50, 100, 250] as const;
const USUAL_LENGTH = 50;

const whole = (text: string | null): number | null => (text !== null && /^\d{1,15}$/.test(text) ? Number(text) : null);
const figure = (text: string | null): number | null =>
  text !== null && /^\d{1,9}(\.\d{1,6})?$/.test(text) ? Number(text) : null;

/** Reads an address; what it cannot mean is left out. */
export function readTableView(params: URLSearchParams): TableView {
  const epoch = params.get('epoch');
  const length = whole(params.get('limit'));
  return {
    epoch: epoch === 'latest' ? 'latest' : figure(epoch),
    sample: whole(params.get('sample')),
    errors: (['true', 'false'] as const).find((each) => each === params.get('errors')) ?? null,
    limit: pageLengths.find((each) => each === length) ?? USUAL_LENGTH,
    offset: whole(params.get('offset')) ?? 0,
    open: whole(params.get('open')),
  };
}

export function writeTableView(now: URLSearchParams, view: TableView): URLSearchParams {
  const { limit, offset } = view;
  return put(now, { ...view, limit: limit === USUAL_LENGTH ? null : limit, offset: offset === 0 ? null : offset });
}

/** The score that decides, and from where on a prediction is right; both pages that compare go by them. */
export interface MarkView {
  score: string;
  mark: number;
}

export interface ComparisonView extends MarkView {
  movement: Movement | null;
  /** Index of the sample that is looked at; null: the first of the list. */
  of: number | null;
  /** What each prediction is compared with, word by word; null: it is shown as it is. */
  against: 'before' | 'truth' | null;
}

const USUAL_MARK = { score: 'exact_match', mark: 1 };

function readMark(params: URLSearchParams): MarkView {
  const mark = figure(params.get('mark'));
  return {
    score: params.get('score') || USUAL_MARK.score,
    mark: mark !== null && mark <= 1 ? mark : USUAL_MARK.mark,
  };
}

const usualLeftOut = ({ score, mark }: MarkView) => ({
  score: score === USUAL_MARK.score ? null : score,
  mark: mark === USUAL_MARK.mark ? null : mark,
});

export function readComparisonView(params: URLSearchParams): ComparisonView {
  const against = params.get('against');
  return {
    ...readMark(params),
    movement: shownMovements.find((each) => each === params.get('movement')) ?? null,
    of: whole(params.get('of')),
    against: against === 'none' ? null : against === 'truth' ? 'truth' : 'before',
  };
}

export function writeComparisonView(now: URLSearchParams, view: ComparisonView): URLSearchParams {
  const { movement, of, against } = view;
  const told = against === 'before' ? null : (against ?? 'none');
  return put(now, { ...usualLeftOut(view), movement, of, against: told });
}

export interface TwoJobsView extends MarkView {
  /** Evaluations by step and hook, "24 epoch_end"; null: the last. */
  a: string | null;
  b: string | null;
  standing: Standing | null;
  /** Whether differences of words are marked; null: texts as they are. */
  against: 'truth' | 'other' | null;
}

export function readTwoJobsView(params: URLSearchParams): TwoJobsView {
  return {
    ...readMark(params),
    a: params.get('a') || null,
    b: params.get('b') || null,
    standing: standings.find((each) => each === params.get('who')) ?? null,
    against: (['truth', 'other'] as const).find((each) => each === params.get('against')) ?? null,
  };
}

export function writeTwoJobsView(now: URLSearchParams, view: TwoJobsView): URLSearchParams {
  const { a, b, standing, against } = view;
  return put(now, { ...usualLeftOut(view), a, b, who: standing, against });
}

function put(now: URLSearchParams, values: Record<string, string | number | null>): URLSearchParams {
  const params = new URLSearchParams(now);
  for (const [name, value] of Object.entries(values)) {
    if (value === null) params.delete(name);
    else params.set(name, String(value));
  }
  return params;
}
