/** The test command: all checks, then the projects of vitest.config.ts by stages; last come the failed tests by name and "N passed, N failed, N skipped". */

import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative, resolve } from 'node:path';
import { realServerUrl } from '../test/harness/database.ts';
import { runChecks } from './check.ts';
import { ensureChromium } from './chromium.ts';
import { startTrainerTests, type TrainerTests } from './trainer-tests.ts';

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

interface Stage {
  name: string;
  /** Of vitest.config.ts. */
  projects: string[];
  /** The time after which it is ended, since it hangs, ms. */
  limitMs: number;
}

/**
 * One after the other, each with two files at a time. Those of the last one start one server after another and wait for
 * it: one file of them keeps one core busy. Those of python/ run all the while, and are waited for.
 */
const stages: Stage[] = [
  { name: 'unit', projects: ['unit'], limitMs: 16 * MINUTE },
  { name: 'embedded', projects: ['embedded'], limitMs: 6 * MINUTE },
  { name: 'servers', projects: ['chaos', 'e2e', 'contract'], limitMs: 16 * MINUTE },
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
  return failed.map((each) => `${file} > ${each.fullName}\n${(each.failureMessages ?? []).map(firstLines).join('\n')}`);
}

const WHY_LINES = 8;
const firstLines = (text: string): string =>
  text
    .split('\n', WHY_LINES)
    .map((line) => `    ${line}`)
    .join('\n');

/** Runs the projects of a stage, narrowed to files whose path contains one of `filters`, and gives their totals. */
async function runStage({ name, projects, limitMs }: Stage, filters: string[]): Promise<Totals> {
  const folder = mkdtempSync(join(tmpdir(), 'assay-test-'));
  const output = join(folder, 'report.json');
  const chosen = projects.flatMap((project) => ['--project', project]);
  const args = ['run', ...chosen, '--reporter=default', '--reporter=json', `--outputFile.json=${output}`];
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

/** A Chromium for the pages, and the Python that tests of the trainer start. */
async function beforePages(trainer: TrainerTests | null): Promise<void> {
  ensureChromium();
  process.env.ASSAY_TEST_TRAINER_PYTHON ??= (await trainer?.python) ?? '';
}

function add(sum: Totals, name: string, totals: Totals): void {
  sum.passed += totals.passed;
  sum.failed += totals.failed;
  sum.skipped += totals.skipped;
  sum.failures.push(...totals.failures.map((each) => `failed (${name}): ${each}`));
}

async function main(filters: string[]): Promise<number> {
  // The tests start hundreds of processes of the same code.
  const compiled = mkdtempSync(join(tmpdir(), 'assay-compiled-'));
  process.env.NODE_COMPILE_CACHE ??= compiled;
  process.once('exit', () => rmSync(compiled, { recursive: true, force: true }));
  const sum: Totals = { passed: 0, failed: 0, skipped: 0, failures: [] };
  const started = performance.now();
  const since = (from: number) => performance.now() - from;
  const failedCheck = runChecks();
  if (failedCheck === null) {
    const trainer =
      filters.length === 0 || filters.some((filter) => filter.startsWith('python')) ? startTrainerTests(wholeMs) : null;
    const count = async (name: string, run: () => Promise<Totals>): Promise<void> => {
      console.log(`\ntests: ${name}`);
      const begun = performance.now();
      const totals = await run();
      console.log(`${name}: ${Math.round(since(begun) / 1000)} s`);
      add(sum, name, totals);
    };
    for (const stage of stages) {
      // Without a real PostgreSQL the unit tests have run on the embedded one already.
      if (stage.name === 'embedded' && (await realServerUrl()) === null) continue;
      if (stage.name === 'servers') await beforePages(trainer);
      const limitMs = Math.max(1, Math.min(stage.limitMs, wholeMs - since(started)));
      await count(stage.name, () => runStage({ ...stage, limitMs }, filters));
    }
    if (trainer !== null) await count('trainer', () => trainer.totals());
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
