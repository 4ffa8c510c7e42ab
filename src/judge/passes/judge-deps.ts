/** What judging is handed: the database, the files, the batches, the models, and its limits. */

import type { SendDeps, SendLimits } from '../../batches/send-lines.ts';
import type { Log } from '../../contracts/log.ts';
import type { ModelSpec } from '../../contracts/models.ts';
import type { Batch } from '../../contracts/openai-batch.ts';
import type { SimilarityTable } from '../../contracts/similarity.ts';
import type { Database } from '../../db/database.ts';
import type { FileStore } from '../../files/store.ts';
import type { AskingLimits } from '../asking/verdict-schema.ts';
import type { Embed } from '../similarity/cosine.ts';

export interface JudgeLimits extends SendLimits {
  /** Answers that are planned ahead: calls for as many wait or run at most. */
  waveAnswers: number;
  /** Tokens of the items of one call at most, by estimate. */
  callTokens: number;
  /** Shortest wait before an answer is asked about again after a failure, in ms; it doubles each time. */
  retryMs: number;
  /** How often judge runs are looked after, in ms. */
  pollMs: number;
  /** Room for reasons and thoughts; the usual when absent. */
  asking?: AskingLimits;
  /** What a category is measured by, and from which value on an answer passes; the built-in table when absent. */
  similarity?: SimilarityTable;
}

export interface JudgeDeps {
  db: Database;
  store: FileStore;
  batches: SendDeps['batches'] & {
    cancel(userId: string, id: string): Promise<Batch>;
  };
  models: { find(userId: string, modelId: string): Promise<ModelSpec> };
  /** Embeddings of texts, for cosine; absent where there is no embeddings model. */
  embed?: (userId: string, texts: string[]) => ReturnType<Embed>;
  /** Throws what keeps embeddings from being had: the model is not there, or its key is not set. */
  checkEmbed?: () => Promise<void>;
  limits: JudgeLimits;
  log: Log;
}
