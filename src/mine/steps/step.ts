/** What a step is: whether it is part of an analysis, what it takes in, and what it does. */

import type { AnalysisStep } from '../../contracts/analyses.ts';
import type { AnalysisDeps } from '../analyses/analysis-deps.ts';
import type { AnalysisRow, StepRow } from '../analyses/analysis-row.ts';
import type { StepHands } from '../asks/ask.ts';

/** An analysis at one of its steps. */
export interface AtStep {
  deps: AnalysisDeps;
  analysis: AnalysisRow;
  row: StepRow;
}

/** An analysis at a step that has begun. */
export interface Begun extends AtStep {
  /** When it began with these inputs; a killed server's begin counts. */
  since: Date;
  /** An analysis of the same user that did this step with the same inputs; null where there is none. */
  earlier: AnalysisRow | null;
  hands: StepHands;
  /** Keeps columns of the analysis at once, so that a killed server finds them. */
  set(columns: AnalysisColumns): Promise<void>;
}

export type AnalysisColumns = Partial<
  Pick<
    AnalysisRow,
    'test_dataset_id' | 'run_ids' | 'judge_run_ids' | 'vectors' | 'failures' | 'clusters' | 'targeted_stats'
  >
>;

export interface Outcome {
  counts: Record<string, number>;
  /** What is to be known of how it went, in words. */
  note?: string | null;
  /** More than counts, for the files. */
  outcome?: unknown;
  /** Whether all of it was there before. */
  reused?: boolean;
  /** Calls that are not asks: those of runs and judge runs. */
  spent?: { calls: number; prompt: number; completion: number; cost: number | null };
}

export interface Step {
  name: AnalysisStep;
  wanted(analysis: AnalysisRow): boolean;
  /** All that its outcome depends on, as JSON; the same again, and the step is not done again. */
  inputs(at: AtStep): Promise<unknown>;
  run(begun: Begun): Promise<Outcome>;
  /** Ends what it has under way elsewhere. */
  end?(at: AtStep): Promise<void>;
}
