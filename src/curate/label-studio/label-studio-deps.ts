/** What the parts of Label Studio are handed: the database, their limits, and how a client and a sealed text are made. */

import type { Log } from '../../contracts/log.ts';
import type { Database } from '../../db/database.ts';
import type { LabelChange } from '../../judge/people/keep-labels.ts';
import type { Sealer } from './sealed.ts';
import type { LabelStudioClient } from './wire/client.ts';

export interface LabelStudioLimits {
  /** Tasks that one call of a push sends. */
  batchTasks: number;
  /** ms between two looks at all projects; 0: only when asked. */
  pollMs: number;
  /** Most different values of a field for which choices are offered. */
  knownValues: number;
  /** Bytes of the largest file of annotations that is taken in. */
  fileMaxBytes: number;
  /** New labels after which the queue's figures are made anew. */
  roundLabels: number;
}

export interface LabelStudioDeps {
  db: Database;
  log: Log;
  limits: LabelStudioLimits;
  /** Who does pushes here: the same after a restart, so that a killed server takes up its own at once. */
  holder: string;
  sealer: Sealer;
  /** Speaks with the Label Studio at `baseUrl`; nothing is asked yet. */
  connect(at: { baseUrl: string; token: string }): LabelStudioClient;
  /** Where Label Studio reaches this server; known once it listens, null before. */
  hookUrl(): string | null;
  /** Keeps and takes back what people say of answers, for the figures of trust. */
  labels(userId: string, changes: LabelChange[]): Promise<unknown>;
}
