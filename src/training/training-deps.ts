/** What the training room is handed: the database, the rooms that hold rows to train on, and the limits and prices of predictions. */

import type { PredictionSettings } from '../contracts/training.ts';
import type { Curation } from '../curate/open.ts';
import type { Datasets } from '../datasets/open-datasets.ts';
import type { Database } from '../db/database.ts';
import type { Analyses } from '../mine/analyses/open-analyses.ts';

/** Limits of what jobs predict and trainers post; each is a PREDICTIONS_* variable. */
export interface PredictionLimits {
  maxSampleCount: number;
  minStepInterval: number;
  /** Tokens. */
  maxLength: number;
  /** Predictions or metrics of one call. */
  maxRows: number;
  /** Predictions on a page that says no limit. */
  pageRows: number;
}

/** USD for 1,000 tokens, by the size of the model. */
export interface PredictionPrices {
  upTo7b: number;
  upTo13b: number;
  above13b: number;
  unknown: number;
}

export interface TrainingDeps {
  db: Database;
  datasets: Pick<Datasets, 'get'>;
  curation: Pick<Curation, 'goldenSetItems'>;
  analyses: Pick<Analyses, 'file'>;
  /** Throws model_not_found. */
  models: { find(userId: string, modelId: string): Promise<unknown> };
  /** What a job predicts that says nothing; `enabled` is whether the server allows predictions at all. */
  defaults: PredictionSettings;
  limits: PredictionLimits;
  prices: PredictionPrices;
  /** Tokens of a prompt with its prediction, for estimates. */
  avgTokens: number;
  /** Estimated cost above which a person is warned, USD. */
  warnAboveUsd: number;
}
