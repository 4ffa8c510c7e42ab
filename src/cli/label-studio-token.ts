/** Reads a token that must not be seen: from a file, from stdin, or typed on a terminal that does not show it. */

import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline/promises';
import { Writable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { AssayError } from '../errors.ts';
import { Interrupted } from './report-error.ts';
import { userPath } from './user-path.ts';

export interface TokenFlags {
  tokenFile?: string;
  tokenStdin: boolean;
}

/** Why there is no flag that takes the token itself. */
export const whyNoArgument =
  'The token is no argument: the command line stands in the history of the shell and in the list of processes.';

/** @throws AssayError usage, input_unreadable; Interrupted when nothing is typed; the signal's reason */
export async function readToken(flags: TokenFlags, signal: AbortSignal): Promise<string> {
  if (flags.tokenFile !== undefined && flags.tokenStdin) throw usage('Give --token-file or --token-stdin, not both.');
  const token = (await given(flags, signal)).trim();
  if (token === '') throw usage('The token is empty. Copy it from Account & Settings in Label Studio.');
  if (/\s/.test(token)) throw usage('The token has spaces or line ends in it. Give the token alone.');
  return token;
}

async function given({ tokenFile, tokenStdin }: TokenFlags, signal: AbortSignal): Promise<string> {
  if (tokenFile !== undefined) return inFile(userPath(tokenFile));
  if (tokenStdin) return text(process.stdin);
  if (process.stdin.isTTY && process.stderr.isTTY) return typedUnseen(signal);
  throw usage(`Give the token with --token-file FILE or --token-stdin. ${whyNoArgument}`);
}

function inFile(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new AssayError('input_unreadable', { file, problem: (error as Error).message });
  }
}

async function typedUnseen(signal: AbortSignal): Promise<string> {
  process.stderr.write('Token (it is not shown): ');
  // Readline echoes what is typed to its output: this one shows nothing.
  const output = new Writable({ write: (_piece, _encoding, done) => done() });
  const asking = createInterface({ input: process.stdin, output, terminal: true });
  // The terminal is in raw mode while it is asked: Ctrl-C comes here instead of as a signal.
  asking.on('SIGINT', () => process.kill(process.pid, 'SIGINT'));
  const closed = new Promise<null>((resolve) => asking.once('close', () => resolve(null)));
  try {
    const answer = await Promise.race([asking.question('', { signal }), closed]);
    signal.throwIfAborted();
    if (answer === null) throw new Interrupted('no token was typed');
    return answer;
  } catch (error) {
    signal.throwIfAborted();
    throw error;
  } finally {
    asking.close();
    process.stderr.write('\n');
  }
}

const usage = (problem: string): AssayError => new AssayError('usage', { problem });
