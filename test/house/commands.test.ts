/** The test command's totals, the reference pages and the `assay` command's own Node. */

import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, test } from 'vitest';
import { writeReference } from '../../scripts/generate-reference.ts';
import { totalsOf } from '../../scripts/test.ts';
import { tree } from './tree.ts';

const root = resolve(import.meta.dirname, '../..');

describe('totals', () => {
  const report = { numPassedTests: 3, numFailedTests: 0, numPendingTests: 1, numTodoTests: 1, testResults: [] };

  test('are those of the report', () => {
    expect(totalsOf(report, 0)).toEqual({ passed: 3, failed: 0, skipped: 2, failures: [] });
  });

  test('a run without a report is a failure', () => {
    expect(totalsOf(null, 0).failed).toBe(1);
  });

  test('an exit code that no test explains is a failure', () => {
    expect(totalsOf(report, 1)).toMatchObject({ failed: 1, failures: [expect.stringContaining('exit code 1')] });
  });

  test('a file that could not be loaded is a failure beside those of the tests', () => {
    const testResults = [
      { name: join(root, 'test/a.test.ts'), status: 'failed', message: 'no such module\n at x', assertionResults: [] },
      {
        name: join(root, 'test/b.test.ts'),
        status: 'failed',
        message: '',
        assertionResults: [{ status: 'failed', fullName: 'adds up', failureMessages: ['expected 1 to be 2'] }],
      },
    ];
    expect(totalsOf({ ...report, numFailedTests: 1, testResults }, 1)).toMatchObject({
      failed: 2,
      failures: ['test/a.test.ts\n    no such module\n     at x', 'test/b.test.ts > adds up\n    expected 1 to be 2'],
    });
  });
});

describe('reference pages', () => {
  test('a page that differs is told, and written anew', () => {
    const folder = tree({ 'docs/reference/errors.md': 'old\n' });
    const pages = ['docs/reference/configuration.md', 'docs/reference/errors.md'];
    expect(writeReference(folder, true)).toEqual(pages);
    expect(readFileSync(join(folder, 'docs/reference/errors.md'), 'utf8')).toBe('old\n');
    expect(writeReference(folder, false)).toEqual(pages);
    expect(writeReference(folder, true)).toEqual([]);
  });
});

test('the lockfile holds each optional package of each platform, so that npm ci takes it', () => {
  interface Entry {
    version?: string;
    optionalDependencies?: Record<string, string>;
  }
  const { packages } = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')) as {
    packages: Record<string, Entry>;
  };
  const missing = Object.entries(packages).flatMap(([path, entry]) =>
    Object.keys(entry.optionalDependencies ?? {}).filter(
      (name) => !packages[`${path}/node_modules/${name}`]?.version && !packages[`node_modules/${name}`]?.version,
    ),
  );
  expect(missing).toEqual([]);
});

describe('bin/assay.mjs', () => {
  test('runs the command line and hands its exit code on', () => {
    const ended = spawnSync(process.execPath, [join(root, 'bin/assay.mjs'), '--help'], { encoding: 'utf8' });
    expect(ended.stdout).toContain('start');
    expect(ended.status).toBe(0);
  });

  const older = olderNode();

  test.skipIf(older === null)('runs under the pinned Node when an older one calls it', () => {
    const ended = spawnSync(older!, [join(root, 'bin/assay.mjs'), 'no-such-command'], { encoding: 'utf8' });
    const direct = spawnSync(process.execPath, [join(root, 'bin/assay.mjs'), 'no-such-command'], { encoding: 'utf8' });
    expect(ended.status).toBe(direct.status);
    expect(ended.stderr).toBe(direct.stderr);
    expect(direct.status).not.toBe(0);
  });
});

/** A Node of this machine that is older than 24, by its path; null when there is none. */
function olderNode(): string | null {
  const candidates = ['/usr/bin/node', '/usr/local/bin/node'].filter((path) => existsSync(path));
  return (
    candidates.find(
      (path) => Number.parseInt(execFileSync(path, ['-p', 'process.versions.node']).toString(), 10) < 24,
    ) ?? null
  );
}
