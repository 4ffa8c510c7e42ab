/** The test command: all checks, then the projects of vitest.config.ts in turn; last come the failed tests by name and "N passed, N failed, N skipped". */

import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative, resolve } from 'node:path';
import { realServerUrl } from '../test/harness/database.ts';
import { runChecks } from './check.ts';
import { ensureChromium } from './chromium.ts';

export interface Totals {
  passed: number;
  failed: number;
  skipped: number;
  /** One paragraph a failed test: its file, its full name, the first lines of why. */
  failures: string[];
}

/** The part of vitest's JSON report that is counted. */
interface Report {
  numPassedTests: number;
  numFailedTests: number;
  numPendingTests: number;
  numTodoTests: number;
  testResults: FileReport[];
}

interface FileReport {
  name: string;
  status: string;
  message: string;
  assertionResults: { status: string; fullName: string; failureMessages?: string[] | null }[];
}

const root = resolve(import.meta.dirname, '..');
const MINUTE = 60_000;

/** Projects in the order they run, each with the time after which it is ended, since it hangs. */
const projects: [name: string, limitMs: number][] = [
  ['unit', 13 * MINUTE],
  ['embedded', 6 * MINUTE],
  ['contract', 5 * MINUTE],
  ['chaos', 9 * MINUTE],
  ['e2e', 8 * MINUTE],
];
/** For all of it, so that what failed is told before a CI ends it after 30 minutes. */
const wholeMs = 29 * MINUTE;

/**
 * Totals of one run of vitest: a file that could not be loaded, a run without a report, and an exit code that no test
 * explains each count as one failure.
 */
export function totalsOf(report: Report | null, exitCode: number | null): Totals {
  if (report === null)
    return { passed: 0, failed: 1, skipped: 0, failures: ['no report: the run was ended or broke off'] };
  const unloaded = report.testResults.filter(
    ({ status, assertionResults }) => status === 'failed' && !assertionResults.some((each) => each.status === 'failed'),
  ).length;
  const failed = report.numFailedTests + unloaded;
  const failures = report.testResults.flatMap(failuresOf);
  const unexplained = failed === 0 && exitCode !== 0;
  if (unexplained) failures.push(`no test failed, yet vitest ended with exit code ${exitCode}: see its errors above`);
  return {
    passed: report.numPassedTests,
    failed: unexplained ? 1 : failed,
    skipped: report.numPendingTests + report.numTodoTests,
    failures,
  };
}

/** The failed tests of one file; a file that could not be loaded is one failure. */
function failuresOf({ name, status, message, assertionResults }: FileReport): string[] {
  const file = relative(root, name);
  const failed = assertionResults.filter((each) => each.status === 'failed');
  if (failed.length === 0) return status === 'failed' ? [`${file}\n${firstLines(message)}`] : [];
  return failed.map((each) => `${file} > ${each.fullName}\n${firstLines(each.failureMessages?.join('\n') ?? '')}`);
}

const WHY_LINES = 8;
const firstLines = (text: string): string =>
  text
    .split('\n', WHY_LINES)
    .map((line) => `    ${line}`)
    .join('\n');

/** Runs one project of vitest and gives its totals; `filters` narrow it to files whose path contains one of them. */
async function runProject(name: string, limitMs: number, filters: string[]): Promise<Totals> {
  const folder = mkdtempSync(join(tmpdir(), 'assay-test-'));
  const output = join(folder, 'report.json');
  const args = ['run', '--project', name, '--reporter=default', '--reporter=json', `--outputFile.json=${output}`];
  const child = spawn(
    process.execPath,
    [join(root, 'node_modules', 'vitest', 'vitest.mjs'), ...args, '--passWithNoTests', ...filters],
    { cwd: root, stdio: ['ignore', 'inherit', 'inherit'], detached: process.platform !== 'win32' },
  );
  const end = (signal: NodeJS.Signals) => endGroup(child.pid, signal);
  const stop = () => end('SIGTERM');
  process.once('SIGINT', stop).once('SIGTERM', stop);
  const timer = setTimeout(() => {
    console.error(`${name}: ended after ${Math.round(limitMs / 1000)} s`);
    end('SIGKILL');
  }, limitMs);
  const exitCode = await new Promise<number | null>((done) => child.on('close', done).on('error', () => done(1)));
  clearTimeout(timer);
  process.off('SIGINT', stop).off('SIGTERM', stop);
  const report: Report | null = existsSync(output) ? JSON.parse(readFileSync(output, 'utf8')) : null;
  rmSync(folder, { recursive: true, force: true });
  return totalsOf(report, exitCode);
}

function endGroup(pid: number | undefined, signal: NodeJS.Signals): void {
  if (pid === undefined) return;
  try {
    process.kill(process.platform === 'win32' ? pid : -pid, signal);
  } catch {
    // It has ended by itself.
  }
}

/** Without a real PostgreSQL the unit tests have run on the embedded one already. */
async function isWanted(project: string): Promise<boolean> {
  if (project === 'unit') return true;
  if (project === 'embedded') return (await realServerUrl()) !== null;
  return existsSync(join(root, 'test', project));
}

async function main(filters: string[]): Promise<number> {
  const sum: Totals = { passed: 0, failed: 0, skipped: 0, failures: [] };
  const started = performance.now();
  const since = (from: number) => performance.now() - from;
  const failedCheck = runChecks();
  if (failedCheck === null) {
    for (const [name, limitMs] of projects) {
      if (!(await isWanted(name))) continue;
      if (name === 'e2e') ensureChromium();
      console.log(`\ntests: ${name}`);
      const begun = performance.now();
      const totals = await runProject(name, Math.max(1, Math.min(limitMs, wholeMs - since(started))), filters);
      console.log(`${name}: ${Math.round(since(begun) / 1000)} s`);
      sum.passed += totals.passed;
      sum.failed += totals.failed;
      sum.skipped += totals.skipped;
      sum.failures.push(...totals.failures.map((each) => `failed (${name}): ${each}`));
    }
  } else {
    console.log(`Check failed: ${failedCheck}. No test was run.`);
    sum.failed += 1;
  }
  if (sum.passed + sum.failed === 0) console.log('No test ran.');
  for (const failure of sum.failures) console.log(`\n${failure}`);
  console.log(`${sum.passed} passed, ${sum.failed} failed, ${sum.skipped} skipped`);
  return sum.failed > 0 || sum.passed === 0 ? 1 : 0;
}

if (import.meta.main) process.exitCode = await main(process.argv.slice(2));
