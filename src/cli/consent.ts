/** Asks a person for a yes before something large is done; a command that nobody sits at says how to give it beforehand. */

import { createInterface } from 'node:readline/promises';
import { AssayError } from '../errors.ts';
import { Interrupted } from './report-error.ts';

/** What is asked. */
export interface Question {
  /** Ends with a question mark. */
  text: string;
  /** Given beforehand, by --yes. */
  given: boolean;
  /** What the error says that is thrown where nobody can be asked. */
  otherwise: string;
  signal: AbortSignal;
}

/** Returns on a yes. @throws AssayError usage where nobody can be asked; Interrupted on a no; the signal's reason */
export async function consent({ text, given, otherwise, signal }: Question): Promise<void> {
  if (given) return;
  if (!process.stdin.isTTY || !process.stderr.isTTY) throw new AssayError('usage', { problem: otherwise });
  const asking = createInterface({ input: process.stdin, output: process.stderr });
  // The terminal is in raw mode while it is asked: Ctrl-C comes here instead of as a signal.
  asking.on('SIGINT', () => process.kill(process.pid, 'SIGINT'));
  const closed = new Promise<string>((resolve) => asking.once('close', () => resolve('')));
  try {
    const answer = await Promise.race([asking.question(`${text} [y/N] `, { signal }), closed]);
    signal.throwIfAborted();
    if (!/^\s*y(es)?\s*$/i.test(answer)) throw new Interrupted('declined');
  } catch (error) {
    signal.throwIfAborted();
    throw error;
  } finally {
    asking.close();
  }
}
