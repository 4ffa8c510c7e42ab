/** What analyses are handed: the database, the other rooms' functions, and their limits. */

import type { SendDeps, SendLimits } from '../../batches/send-lines.ts';
import type { Log } from '../../contracts/log.ts';
import type { ModelSpec } from '../../contracts/models.ts';
import type { Batch } from '../../contracts/openai-batch.ts';
import type { Datasets } from '../../datasets/open-datasets.ts';
import type { AskingLimits } from '../../judge/asking/verdict-schema.ts';
import type { Judging } from '../../judge/open-judging.ts';
import type { ModelEngines } from '../../judge/similarity/embed-by-model.ts';
import type { Runs } from '../../runs/room.ts';

export interface AnalysisLimits extends SendLimits {
  /** How often what a step waits for is looked at, in ms. */
  pollMs: number;
  /** Without a word for so long a server has lost the analyses it held, in ms. */
  heldMs: number;
  /** Embeddings model where none is named; null: TF-IDF. */
  embeddingsModel: string | null;
  /** Texts in one request for embeddings at most, and the longest time for one, in ms. */
  textsAtOnce: number;
  timeoutMs: number;
  /** Room for the reasons of judges, and for the thinking of every model that is asked. */
  asking: AskingLimits;
  /** Failures that one analysis takes in. */
  maxFailures: number;
  lineMaxBytes: number;
}

export interface AnalysisDeps extends SendDeps {
  batches: SendDeps['batches'] & {
    get(userId: string, id: string): Promise<Batch>;
    cancel(userId: string, id: string): Promise<Batch>;
  };
  models: { find(userId: string, modelId: string): Promise<ModelSpec> };
  engines: ModelEngines;
  runs: Pick<Runs, 'start' | 'get' | 'cancel' | 'estimate'>;
  judging: Pick<Judging, 'start' | 'get' | 'cancel' | 'resume' | 'file' | 'summary' | 'checkFollowing'>;
  datasets: Pick<Datasets, 'import' | 'get'>;
  /** Folder for files that are imported as datasets. */
  temporary: string;
  /** Name of this server, the same after each start on its data folder. */
  holder: string;
  limits: AnalysisLimits;
  log: Log;
}
