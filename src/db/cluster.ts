/** Makes the embedded PostgreSQL's folder: a database cluster with a password, owned by the user it runs as. */

import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chmod, chown, mkdir, readdir, readFile, realpath, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { AssayError } from '../errors.ts';
import type { Binaries } from './binaries.ts';
import { mapStatementError, problemOf } from './failures.ts';
import { chooseUser, invocationAs, type RunAs } from './run-as.ts';

const run = promisify(execFile);

/** Name of the cluster's only login role. */
export const LOGIN = 'assay';

/** A cluster ready to be started. `folder` and the folders in it are real paths. */
export interface Cluster {
  folder: string;
  /** PGDATA. */
  data: string;
  /** Folder of the socket. */
  run: string;
  log: string;
  password: string;
  as: RunAs | null;
}

/**
 * Prepares `folder`: runs initdb the first time, otherwise checks that the version fits. Safe to be killed at any point:
 * the cluster is made under another name and renamed when it is whole.
 * @throws AssayError data_folder_unwritable, database_folder_version, disk_full, database_unavailable
 */
export async function prepareCluster(folder: string, binaries: Binaries): Promise<Cluster> {
  try {
    await mkdir(folder, { recursive: true, mode: 0o711 });
    const root = await realpath(folder);
    // The user that PostgreSQL runs as goes through this folder but reads nothing in it that is not its own.
    if (process.getuid?.() === 0) await chmod(root, 0o711);
    const data = join(root, 'data');
    const found = await readIfThere(join(data, 'PG_VERSION'));
    const as = await chooseUser(found === null ? root : data, [binaries.postgres, binaries.initdb]);
    if (found !== null) await checkVersion({ data, found: found.trim(), binaries });
    const cluster = { folder: root, data, run: join(root, 'run'), log: join(root, 'postgres.log'), as };
    await mkdir(cluster.run, { recursive: true, mode: 0o700 });
    await own(cluster.run, as);
    const password = await keepPassword(root, found !== null);
    if (found === null) await initialize({ ...cluster, password }, binaries);
    return { ...cluster, password };
  } catch (error) {
    throw folderFault(folder, error);
  }
}

function folderFault(folder: string, error: unknown): unknown {
  const code = (error as NodeJS.ErrnoException).code ?? '';
  if (!['EACCES', 'EPERM', 'EROFS', 'ENOTDIR', 'EEXIST'].includes(code)) return mapStatementError(error, false);
  return new AssayError(
    'data_folder_unwritable',
    {
      folder,
      problem: problemOf(error),
      remedy: 'Start Assay as the user who owns it, or choose another folder with ASSAY_DATA.',
    },
    { cause: error },
  );
}

async function checkVersion(o: { data: string; found: string; binaries: Binaries }): Promise<void> {
  const { stdout } = await run(o.binaries.postgres, ['-V']);
  const known = /(\d+)/.exec(stdout)?.[1] ?? stdout.trim();
  if (known !== o.found) throw new AssayError('database_folder_version', { folder: o.data, found: o.found, known });
}

async function keepPassword(root: string, made: boolean): Promise<string> {
  const file = join(root, 'password');
  const kept = (await readIfThere(file))?.trim();
  if (kept) return kept;
  if (made) {
    throw new AssayError('data_folder_unwritable', {
      folder: root,
      problem: 'the file "password" of the database is missing or empty',
      remedy: 'Restore that file from a copy of the folder.',
    });
  }
  const password = randomBytes(24).toString('hex');
  await writeFile(`${file}.new`, `${password}\n`, { mode: 0o600, flush: true });
  await rename(`${file}.new`, file);
  return password;
}

async function initialize({ folder, data, as, password }: Omit<Cluster, 'run' | 'log'>, binaries: Binaries) {
  // An initdb whose parent was killed may still be writing into its folder: never take that name again.
  for (const name of await readdir(folder)) {
    if (name.startsWith('making-')) await rm(join(folder, name), { recursive: true, force: true }).catch(() => {});
  }
  const making = join(folder, `making-${randomBytes(4).toString('hex')}`);
  await mkdir(making, { mode: 0o700 });
  await own(making, as);
  const secret = join(making, 'password');
  await writeFile(secret, `${password}\n`, { mode: 0o600 });
  await own(secret, as);
  const fresh = join(making, 'data');
  const settings = ['-D', fresh, '-U', LOGIN, '--auth=scram-sha-256', `--pwfile=${secret}`, '--no-instructions'];
  const locale = ['-E', 'UTF8', '--locale=C', '--locale-provider=builtin', '--builtin-locale=C.UTF-8'];
  const { command, args, uid, gid } = invocationAs(as, binaries.initdb, [...settings, ...locale]);
  try {
    await run(command, args, { uid, gid, cwd: '/', env: serverEnvironment() });
  } catch (error) {
    const { stderr } = error as { stderr?: string };
    throw mapStatementError(new Error(`initdb: ${stderr?.trim() || problemOf(error)}`, { cause: error }), true);
  }
  await rename(fresh, data);
  await rm(making, { recursive: true, force: true });
}

/** Without the variables that would change what PostgreSQL's programs do (PGDATA, PGPORT, LC_*). */
export function serverEnvironment(): NodeJS.ProcessEnv {
  const kept = Object.entries(process.env).filter(([name]) => !/^(PG|LC_|LANG|TZ$|NODE_)/.test(name));
  return { ...Object.fromEntries(kept), LC_ALL: 'C' };
}

async function own(path: string, as: RunAs | null): Promise<void> {
  if (as !== null) await chown(path, as.uid, as.gid);
}

async function readIfThere(file: string): Promise<string | null> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}
