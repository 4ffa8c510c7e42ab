/** The tests of the trainer package: sees to Python environments with what it trains with, and runs pytest in them (`node scripts/trainer-tests.ts`). */

import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import type { Totals } from './test.ts';

const root = resolve(import.meta.dirname, '..');
/** The versions that the package is tested with: the newest ones with all tests, the oldest that it supports with those that touch them. */
const versions = {
  newest: { requirements: 'requirements-test.txt', tests: ['python/tests'] },
  oldest: {
    requirements: 'requirements-oldest.txt',
    tests: ['callback', 'dtype_ladder', 'generator', 'gguf_export', 'model_state'].map(
      (name) => `python/tests/test_${name}.py`,
    ),
  },
};
type Versions = keyof typeof versions;
const MEGABYTES_KEPT = 4;

interface Ended {
  code: number | null;
  /** The end of what it wrote. */
  output: string;
}

async function run(command: string, args: string[], limitMs?: number): Promise<Ended> {
  const child = spawn(command, args, { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => {
      output = (output + text).slice(-MEGABYTES_KEPT * 1024 * 1024);
    });
  const timer = limitMs === undefined ? undefined : setTimeout(() => child.kill('SIGKILL'), limitMs);
  const stop = () => child.kill('SIGTERM');
  process.once('SIGINT', stop).once('SIGTERM', stop);
  const code = await new Promise<number | null>((done) => child.on('close', done).on('error', () => done(127)));
  clearTimeout(timer);
  process.off('SIGINT', stop).off('SIGTERM', stop);
  return { code, output };
}

/**
 * The Python of an environment with these versions in it, made once under the cache folder; in words why there is none.
 * It is filled by the machine's own pip, since Debian's Python comes without what an environment needs for one.
 */
async function trainerPython(which: Versions): Promise<{ python: string } | { problem: string }> {
  const requirements = join(root, 'python', versions[which].requirements);
  const hash = createHash('sha256').update(readFileSync(requirements)).digest('hex').slice(0, 12);
  const folder = join(process.env.ASSAY_CACHE ?? join(homedir(), '.cache', 'assay'), 'trainer-tests', hash);
  const python = join(folder, 'bin', 'python');
  if (existsSync(python)) return { python };
  const making = `${folder}.${process.pid}`;
  mkdirSync(making, { recursive: true });
  const fail = ({ output }: Ended, doing: string) => {
    rmSync(making, { recursive: true, force: true });
    return { problem: `${doing}: ${output.trim().split('\n').at(-1) || 'it cannot be started'}` };
  };
  const made = await run('python3', ['-m', 'venv', '--without-pip', making]);
  if (made.code !== 0) return fail(made, 'python3 -m venv');
  const pip = ['-m', 'pip', '--python', join(making, 'bin', 'python'), 'install', '-q', '-r', requirements];
  const installed = await run('python3', pip);
  if (installed.code !== 0) return fail(installed, `pip install -r python/${versions[which].requirements}`);
  renameSync(making, folder);
  return { python };
}

/** Beside the other tests, which leave the processor idle now and then; those of the page, which measure time, come when it has ended. */
const NICENESS = '19';

interface Pytest {
  totals: Totals;
  output: string;
}

/** Runs pytest over python/tests, behind whatever else wants the processor. Gives the totals and what it wrote. */
async function runPytest(python: string, tests: string[], limitMs: number): Promise<Pytest> {
  const pytest = ['-m', 'pytest', ...tests, '-q', '-rf', '--tb=short', '-p', 'no:cacheprovider', '--durations=5'];
  const { code, output } = await run('nice', ['-n', NICENESS, python, ...pytest], limitMs);
  const last = output.trim().split('\n').at(-1) ?? '';
  const count = (word: string) => Number(new RegExp(`(\\d+) ${word}`).exec(last)?.[1] ?? 0);
  const failures = [...output.matchAll(/^(?:FAILED|ERROR) (.+)$/gm)].map(([, what]) => what!);
  const failed = count('failed') + count('error');
  const unexplained = failed === 0 && code !== 0;
  if (unexplained)
    failures.push(`pytest ended with ${code ?? 'a signal, after its time was over'}: see its output above`);
  return {
    totals: { passed: count('passed'), failed: unexplained ? 1 : failed, skipped: count('skipped'), failures },
    output,
  };
}

export interface TrainerTests {
  /** The Python that they run with, for tests that start the trainer; null where there is none. */
  python: Promise<string | null>;
  /** Waits for their end, and prints what they wrote. */
  totals(): Promise<Totals>;
}

/** Makes the environments and runs the tests in each, one after the other, in the background. */
export function startTrainerTests(limitMs: number): TrainerTests {
  const newest = trainerPython('newest');
  const ended = newest.then(async (found) => [
    await testsIn('newest', found, limitMs),
    await testsIn('oldest', await trainerPython('oldest'), limitMs),
  ]);
  // Awaited later, when other tests have ended.
  ended.catch(() => undefined);
  return {
    python: newest.then((found) => ('python' in found ? found.python : null)),
    async totals() {
      const [one, other] = (await ended) as [Totals, Totals];
      return {
        passed: one.passed + other.passed,
        failed: one.failed + other.failed,
        skipped: one.skipped + other.skipped,
        failures: [...one.failures, ...other.failures],
      };
    },
  };
}

async function testsIn(
  which: Versions,
  found: { python: string } | { problem: string },
  limitMs: number,
): Promise<Totals> {
  if ('problem' in found)
    return { passed: 0, failed: 1, skipped: 0, failures: [`${which} versions: no Python for them: ${found.problem}`] };
  const { totals, output } = await runPytest(found.python, versions[which].tests, limitMs);
  console.log(`\ntrainer, ${which} versions:\n${output}`);
  return { ...totals, failures: totals.failures.map((failure) => `${which} versions: ${failure}`) };
}

if (import.meta.main) {
  const { passed, failed, skipped, failures } = await startTrainerTests(10 * 60_000).totals();
  for (const failure of failures) console.log(failure);
  console.log(`${passed} passed, ${failed} failed, ${skipped} skipped`);
  process.exitCode = failed > 0 ? 1 : 0;
}
