/** Chooses the user PostgreSQL runs as: it refuses root, so under root it is the owner of its folder, or nobody. */

import { execFile } from 'node:child_process';
import { stat } from 'node:fs/promises';
import { promisify } from 'node:util';
import { AssayError } from '../errors.ts';

const run = promisify(execFile);

/** `capability` is what the user is given to get through folders that are closed to it. */
export interface RunAs {
  uid: number;
  gid: number;
  capability: string | null;
}

/** A command line and the ids to start it with. */
export interface Invocation {
  command: string;
  args: string[];
  uid?: number;
  gid?: number;
}

/** Linux's number of user and group nobody, where `id` is not there to tell. */
const NOBODY = 65534;

/**
 * The user for PostgreSQL's processes: null (this process's own) unless this process is root. A folder or package below
 * one that is closed to others, such as a clone in /root, is reached by a capability that the kernel keeps for that
 * process alone (capabilities(7), ambient set): to search and read any folder or, where a container withholds
 * that one, to pass file permissions. Alternatives that lost: opening the parents to everybody (their owner closed them
 * for a reason), and a database folder elsewhere (deleting or moving the data folder would leave it behind).
 *
 * @throws AssayError data_folder_unwritable when the user cannot get there by any of these.
 */
export async function chooseUser(folder: string, programs: string[]): Promise<RunAs | null> {
  if (process.getuid?.() !== 0) return null;
  const owner = await stat(folder).catch(() => null);
  const ids =
    owner !== null && owner.uid !== 0
      ? { uid: owner.uid, gid: owner.gid }
      : { uid: await nobody('-u'), gid: await nobody('-g') };
  for (const capability of [null, 'dac_read_search', 'dac_override']) {
    const as = { ...ids, capability };
    if (await reaches(as, folder, programs)) return as;
  }
  throw new AssayError('data_folder_unwritable', {
    folder,
    problem: `PostgreSQL does not run as root, and user ${ids.uid} cannot get there`,
    remedy:
      'Install setpriv (util-linux), choose a folder below one that others may enter with ASSAY_DATA, run Assay as a user other than root, or set DATABASE_URL.',
  });
}

/** How to start `command` as that user. */
export function invocationAs(as: RunAs | null, command: string, args: string[]): Invocation {
  if (as === null) return { command, args };
  if (as.capability === null) return { command, args, uid: as.uid, gid: as.gid };
  const change = ['--reuid', `${as.uid}`, '--regid', `${as.gid}`, '--clear-groups'];
  const grant = ['--inh-caps', `-all,+${as.capability}`, '--ambient-caps', `-all,+${as.capability}`];
  // access(2), with which PostgreSQL looks for its own programs, heeds a capability only with this bit set.
  const heeded = ['--securebits', '+no_setuid_fixup'];
  // Here too, because the kernel forgets the parent-death signal of an outer setpriv when the ids change.
  return { command: 'setpriv', args: ['--pdeathsig', 'INT', ...change, ...grant, ...heeded, '--', command, ...args] };
}

async function reaches(as: RunAs, folder: string, programs: string[]): Promise<boolean> {
  const script = 'for p; do test -x "$p" || exit 1; done';
  const { command, args, uid, gid } = invocationAs(as, '/bin/sh', ['-c', script, 'reach', folder, ...programs]);
  try {
    await run(command, args, { uid, gid, cwd: '/' });
    return true;
  } catch {
    return false;
  }
}

async function nobody(option: '-u' | '-g'): Promise<number> {
  try {
    return Number((await run('id', [option, 'nobody'])).stdout);
  } catch {
    return NOBODY;
  }
}
