/** The invented facts that the demo teaches, as the Python package has them. */

import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { AssayError } from '../errors.ts';
import { pythonEnvironment } from './trainer-process.ts';

/** One of the facts that are taught. */
export interface Fact {
  id: string;
  prompt: string;
  completion: string;
}

/** Longest answer, in tokens; that of the longest fact is 10. */
export const ANSWER_TOKENS = 24;

/** Where they lie as a dataset's file, in the data folder. */
export const factsFile = (data: string): string => join(data, 'training', 'invented-facts.jsonl');

/** They stand in the Python package, which trains on them without a server too. */
export async function readFacts(python: string, signal: AbortSignal): Promise<Fact[]> {
  const { stdout } = await promisify(execFile)(python, ['-m', 'assay_train.demo_facts'], {
    env: pythonEnvironment(),
    signal,
  }).catch((error: Error) => {
    signal.throwIfAborted();
    throw new AssayError('usage', { problem: `${python} cannot run the trainer: ${error.message}` });
  });
  return stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Fact);
}
