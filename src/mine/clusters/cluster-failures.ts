/** Puts failures that are alike into clusters, in a thread of its own, so that the server goes on answering. */

import { setImmediate } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import type { ClusterOptions, Failure, FailurePart } from '../../contracts/mining.ts';
import { AssayError } from '../../errors.ts';
import type { Tell } from '../asks/ask.ts';
import type { FromThread, ThreadInput, ToThread } from './cluster-thread.ts';
import type { Clustering } from './clustering.ts';

export type { ClusterGroup, Clustering } from './clustering.ts';

/** Failures handed over at once; and characters of each text: no more are read of any. */
const PIECE = 500;
const TEXT_CHARS = 1500;
/** Most memory of the thread beside its vectors, in MiB. The whole server took 1.1 GB for 50,000 failures with their vectors. */
const THREAD_MIB = 2048;

export interface ToCluster {
  options: ClusterOptions;
  /**
   * Embeddings of the texts that `failureTexts` gives, by part: n x d, row after row; a row of zeros or with a NaN is missing.
   * A part that is absent or null is told apart by its words (TF-IDF). They are handed over to the thread: empty afterwards.
   */
  vectors: Map<FailurePart, Float32Array<ArrayBuffer> | null>;
  /** Which model made them; null where there are none. */
  model: string | null;
  signal: AbortSignal;
  tell: Tell;
}

/**
 * Clusters, their groups and a map of the failures. The same failures, vectors and seed always give the same.
 * @throws AssayError conflict when there is no failure, or one only; invalid_parameter for vectors that do not fit the failures, or when
 * no part has a weight; the signal's reason when aborted
 */
export async function clusterFailures(failures: Failure[], o: ToCluster): Promise<Clustering> {
  checkInput(failures, o);
  o.signal.throwIfAborted();
  const { options, vectors, model } = o;
  const worker = new Worker(new URL('./cluster-thread.ts', import.meta.url), {
    workerData: { options, vectors, model } satisfies ThreadInput,
    transferList: [...vectors.values()].flatMap((rows) => (rows === null ? [] : [rows.buffer])),
    resourceLimits: { maxOldGenerationSizeMb: THREAD_MIB },
  });
  const found = answerOf(worker, failures.length, o);
  // Told to both: what is sent to an ended thread is lost, and the answer's rejection says why.
  const sent = sendFailures(worker, failures, o.signal);
  try {
    const [answer] = await Promise.all([found, sent]);
    return answer;
  } finally {
    await worker.terminate();
  }
}

async function sendFailures(worker: Worker, failures: Failure[], signal: AbortSignal): Promise<void> {
  const send = (message: ToThread) => worker.postMessage(message);
  for (let from = 0; from < failures.length && !signal.aborted; from += PIECE) {
    send({ failures: failures.slice(from, from + PIECE).map(shortened) });
    // Copying texts takes the server's time: others come in between.
    await setImmediate();
  }
  send({ begin: true });
}

function shortened(failure: Failure): Failure {
  const cut = (text: string | null) => text?.slice(0, TEXT_CHARS) ?? null;
  return {
    ...failure,
    prompt: failure.prompt.slice(0, TEXT_CHARS),
    answer: cut(failure.answer),
    expected: cut(failure.expected),
    reason: cut(failure.reason),
    criteria: failure.criteria.slice(0, 20).map((criterion) => criterion.slice(0, 100)),
  };
}

/** Settles once: with what was found, or with why not. */
function answerOf(worker: Worker, total: number, { signal, tell }: ToCluster): Promise<Clustering> {
  return new Promise((resolve, reject) => {
    const stop = () => reject(signal.reason);
    signal.addEventListener('abort', stop, { once: true });
    const ended = () => signal.removeEventListener('abort', stop);
    worker.on('message', (message: FromThread) => {
      if ('stage' in message) tell({ done: 0, total, note: message.stage });
      else {
        tell({ done: total, total });
        resolve(message.found);
      }
    });
    worker.once('error', reject);
    worker.once('exit', (code) => {
      ended();
      reject(new Error(`The thread that clusters failures ended with code ${code}.`));
    });
  });
}

function checkInput(failures: Failure[], { options, vectors }: ToCluster): void {
  if (failures.length === 0)
    throw new AssayError('conflict', {
      what: 'There are no failures to cluster',
      remedy: 'If some answers should have failed, judge with other rules or a higher threshold',
    });
  if (failures.length === 1)
    throw new AssayError('conflict', {
      what: 'There is one failure, and one is no pattern',
      remedy: `Look at it alone (candidate_id ${failures[0]!.candidate_id}), or judge more answers`,
    });
  const { reason, prompt, answer } = options.weights;
  if (reason + prompt + answer === 0)
    throw invalid('cluster.weights', 'at least one part needs a weight above 0', JSON.stringify(options.weights));
  for (const [part, rows] of vectors)
    if (rows !== null && (rows.length === 0 || rows.length % failures.length !== 0)) {
      const problem = `a row for each of ${failures.length} failures is needed, all of the same length`;
      throw invalid(`vectors.${part}`, problem, `${rows.length} numbers`);
    }
}

const invalid = (param: string, problem: string, value: string): AssayError =>
  new AssayError('invalid_parameter', { param, problem, value }, { param });
