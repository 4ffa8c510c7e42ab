/** The tests against the real Label Studio: sees to an environment with it, and runs them there (`npm run test:label-studio`). */

import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { homedir } from 'node:os';
import { join, relative, resolve } from 'node:path';
import { migratedData } from '../test/harness/label-studio.ts';
import { ensureChromium } from './chromium.ts';

const root = resolve(import.meta.dirname, '..');
const requirements = join(root, 'test', 'label-studio', 'requirements.txt');

interface Ended {
  code: number | null;
  output: string;
}

/** `shown`: what it writes goes to this process's own output; else it is kept. */
async function run(command: string, args: string[], { shown }: { shown: boolean }): Promise<Ended> {
  const child = spawn(command, args, {
    cwd: root,
    stdio: ['ignore', shown ? 'inherit' : 'pipe', shown ? 'inherit' : 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream?.setEncoding('utf8').on('data', (text: string) => {
      output = (output + text).slice(-100_000);
    });
  const stop = () => child.kill('SIGTERM');
  process.once('SIGINT', stop).once('SIGTERM', stop);
  const code = await new Promise<number | null>((done) => child.on('close', done).on('error', () => done(127)));
  process.off('SIGINT', stop).off('SIGTERM', stop);
  return { code, output };
}

/**
 * The environment with the versions that requirements.txt names, made once under the cache folder. It is filled by the
 * machine's own pip, since Debian's Python comes without what an environment needs for one.
 * @throws Error in words, when there is no Python, or pip fails
 */
async function environment(): Promise<string> {
  const hash = createHash('sha256').update(readFileSync(requirements)).digest('hex').slice(0, 12);
  const cache = process.env.ASSAY_CACHE ?? join(homedir(), '.cache', 'assay');
  const folder = join(cache, 'label-studio-tests', hash);
  if (existsSync(folder)) return folder;
  console.log(`Label Studio: installing it into ${folder} (once; 1 GB, some minutes)`);
  const begun = performance.now();
  const making = `${folder}.${process.pid}`;
  mkdirSync(making, { recursive: true });
  try {
    await step('python3', ['-m', 'venv', '--without-pip', making]);
    await step('python3', [
      '-m',
      'pip',
      '--python',
      join(making, 'bin', 'python'),
      'install',
      '-q',
      '-r',
      requirements,
    ]);
    renameSync(making, folder);
  } finally {
    rmSync(making, { recursive: true, force: true });
  }
  console.log(`Label Studio: installed in ${secondsSince(begun)} s`);
  return folder;
}

const secondsSince = (begun: number): number => Math.round((performance.now() - begun) / 1000);

/** @throws Error with the last lines that it wrote */
async function step(command: string, args: string[]): Promise<void> {
  const { code, output } = await run(command, args, { shown: false });
  if (code === 0) return;
  const lines = output.trim().split('\n').slice(-5);
  // pip lists every version that there is.
  const last = lines.map((line) => line.slice(0, 300)).join('\n') || 'it cannot be started';
  throw new Error(`${command} ${args.slice(0, 2).join(' ')} failed:\n${last}`);
}

async function main(flags: string[]): Promise<number> {
  const folder = await environment();
  const begun = performance.now();
  console.log('Label Studio: its database');
  await migratedData(folder);
  console.log(`Label Studio: ready after ${secondsSince(begun)} s`);
  if (flags.includes('--install')) return 0;
  ensureChromium();
  process.env.ASSAY_TEST_LABEL_STUDIO = folder;
  if (flags.includes('--record')) process.env.ASSAY_TEST_RECORD = '1';
  const filters = flags.filter((flag) => !flag.startsWith('--'));
  const vitest = join(root, 'node_modules', 'vitest', 'vitest.mjs');
  // One file at a time, for each starts the same Label Studio.
  const args = [vitest, 'run', '--project', 'label-studio', '--no-file-parallelism', ...filters];
  return (await run(process.execPath, args, { shown: true })).code ?? 1;
}

if (import.meta.main) {
  process.exitCode = await main(process.argv.slice(2)).catch((error: Error) => {
    console.error(`Label Studio cannot be tested. ${error.message}`);
    console.error(
      `What it needs stands in ${relative(root, requirements)}; Python 3.10 or newer with pip installs it.`,
    );
    return 1;
  });
}
