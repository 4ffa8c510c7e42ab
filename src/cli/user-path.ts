/** Reads paths that a user typed from the folder the user typed them in, also under `npm start -- …`. */

import { resolve } from 'node:path';

/** npm runs scripts in the package's folder and leaves the user's own in INIT_CWD. */
const underNpm = (): boolean => process.env.npm_lifecycle_event === 'start' && process.env.INIT_CWD !== undefined;

/** `path` as an absolute one. */
export function userPath(path: string): string {
  return resolve(underNpm() ? process.env.INIT_CWD! : process.cwd(), path);
}

/** How the user calls a command of Assay, to be written in front of its arguments. */
export function invocation(): string {
  return underNpm() ? 'npm start --' : 'npx assay';
}

/** `args` as they are typed in a shell. */
export function shellWords(args: string[]): string {
  return args.map((arg) => (/^[\w@%+=:,./-]+$/.test(arg) ? arg : `'${arg.replaceAll("'", "'\\''")}'`)).join(' ');
}
