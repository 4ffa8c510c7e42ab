/** Runs every check that needs no server, one after the other, and ends with the first that fails. */

import { spawnSync } from 'node:child_process';
import { join, resolve } from 'node:path';

const root = resolve(import.meta.dirname, '..');
const modules = join(root, 'node_modules');

/** The checks, each a name and the script (with its arguments) that Node runs for it. */
export const checks: [name: string, command: string[]][] = [
  [
    'format and lint',
    [join(modules, '@biomejs', 'biome', 'bin', 'biome'), 'check', '--colors=off', '--error-on-warnings'],
  ],
  ['types', [join(modules, 'typescript', 'bin', 'tsc'), '--noEmit', '-p', root]],
  ['types of the web client', [join(modules, 'typescript', 'bin', 'tsc'), '--noEmit', '-p', join(root, 'web')]],
  ['layers', [join(root, 'scripts', 'check-layers.ts')]],
  ['house rules', [join(root, 'scripts', 'check-house.ts')]],
  ['reference pages', [join(root, 'scripts', 'generate-reference.ts'), '--check']],
];

/** Runs the checks in order; gives the name of the first that failed, or null. */
export function runChecks(): string | null {
  for (const [name, command] of checks) {
    console.log(`check: ${name}`);
    const { status, error } = spawnSync(process.execPath, command, {
      cwd: root,
      stdio: ['ignore', 'inherit', 'inherit'],
    });
    if (error) console.error(`  ${error.message}`);
    if (status !== 0) return name;
  }
  return null;
}

if (import.meta.main) {
  const failed = runChecks();
  console.log(failed === null ? 'All checks passed.' : `Check failed: ${failed}.`);
  process.exitCode = failed === null ? 0 : 1;
}
