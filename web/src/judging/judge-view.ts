/** What the page of a judge run shows, as it stands in the address: threshold, which verdicts, which part, whose labels. */

import type { JudgmentQuery } from '../../../src/contracts/judgments.ts';

export const shows = ['all', 'passed', 'failed', 'errors', 'disputed'] as const satisfies JudgmentQuery['show'][];
export const parts = ['verdict', 'check', 'ab', 'ba'] as const satisfies JudgmentQuery['part'][];

/** null: nothing is asked. */
export interface JudgeView {
  /** Of 10; null: the judge run's own. */
  threshold: number | null;
  show: (typeof shows)[number];
  category: string | null;
  part: (typeof parts)[number];
  /** One judge of a panel, or one of several people; null: the verdict that counts. */
  judge: string | null;
  /** Where people's labels are taken from, and the cell of the confusion: what people said, and what the judge said. */
  labels: string | null;
  human: string | null;
  says: string | null;
}

const texts = ['category', 'judge', 'labels', 'human', 'says'] as const;

/** Reads an address; what it cannot mean is left out. */
export function readJudgeView(params: URLSearchParams): JudgeView {
  const text = (name: string) => params.get(name) || null;
  return {
    threshold: thresholdIn(params.get('threshold')),
    show: shows.find((each) => each === params.get('show')) ?? 'all',
    category: text('category'),
    part: parts.find((each) => each === params.get('part')) ?? 'verdict',
    judge: text('judge'),
    labels: text('labels'),
    human: text('human'),
    says: text('says'),
  };
}

/** The address of a view; what is usual is left out. */
export function writeJudgeView(view: JudgeView): URLSearchParams {
  const params = new URLSearchParams();
  if (view.threshold !== null) params.set('threshold', String(view.threshold));
  if (view.show !== 'all') params.set('show', view.show);
  if (view.part !== 'verdict') params.set('part', view.part);
  for (const name of texts) if (view[name] !== null) params.set(name, view[name]);
  return params;
}

/** The query of GET /api/evaluation/judgments for a view. */
export function judgmentParams(judgeRunId: string, view: JudgeView): URLSearchParams {
  const params = writeJudgeView(view);
  params.set('judge_run_id', judgeRunId);
  return params;
}

function thresholdIn(text: string | null): number | null {
  const value = text === null || text.trim() === '' ? Number.NaN : Number(text);
  return value >= 0 && value <= 10 ? value : null;
}
