/** The thread that clusters failures: takes them in pieces, then says what it does, and what it found. */

import { parentPort, workerData } from 'node:worker_threads';
import type { ClusterOptions, Failure, FailurePart } from '../../contracts/mining.ts';
import { type Clustering, clusteringOf } from './clustering.ts';

/** workerData. */
export interface ThreadInput {
  options: ClusterOptions;
  vectors: Map<FailurePart, Float32Array<ArrayBuffer> | null>;
  model: string | null;
}

export type ToThread = { failures: Failure[] } | { begin: true };
export type FromThread = { stage: string } | { found: Clustering };

const failures: Failure[] = [];
const input = workerData as ThreadInput;

parentPort?.on('message', (message: ToThread) => {
  if ('failures' in message) {
    failures.push(...message.failures);
    return;
  }
  const tell = (answer: FromThread, moved: ArrayBuffer[] = []) => parentPort!.postMessage(answer, moved);
  const found = clusteringOf({ ...input, failures }, (stage) => tell({ stage }));
  tell(
    { found },
    [found.of, found.x, found.y].map(({ buffer }) => buffer as ArrayBuffer),
  );
  parentPort!.close();
});
