/** Lists the files of a source tree, leaving out what is installed, generated or kept for one machine. */

import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

const left = new Set(['node_modules', '.git', 'assay-data', 'dist', '.venv', '__pycache__']);

/** Paths of all files below `folder` of `root`, relative to `root`, with forward slashes, sorted; none when it is not there. */
export function filesBelow(root: string, folder: string): string[] {
  if (!existsSync(join(root, folder))) return [];
  return readdirSync(join(root, folder), { withFileTypes: true })
    .filter((entry) => !left.has(entry.name))
    .flatMap((entry) => {
      const path = folder === '' ? entry.name : `${folder}/${entry.name}`;
      return entry.isDirectory() ? filesBelow(root, path) : [path];
    })
    .sort();
}

/** Prints faults, or one line that says what holds; the exit code says the same. */
export function conclude(name: string, faults: string[]): void {
  for (const fault of faults) console.error(`  ${fault}`);
  console.log(faults.length === 0 ? `${name}: ok` : `${name}: ${faults.length} fault${faults.length === 1 ? '' : 's'}`);
  process.exitCode = faults.length === 0 ? 0 : 1;
}
