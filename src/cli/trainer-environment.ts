/** Makes sure of a Python that can train: the one that is named, or an environment in the cache, made once after a yes. */

import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { mkdir, readFile, rm, statfs, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { withLock } from '../engines/download/lock.ts';
import { AssayError } from '../errors.ts';
import { consent } from './consent.ts';
import type { Display } from './display.ts';
import { bytes, clean, duration } from './text.ts';
import {
  givenPython,
  isNewEnough,
  lookAtPython,
  oldestPython,
  type PythonFound,
  trainerPackages,
} from './trainer-python.ts';

export interface EnvironmentOptions {
  /** The Python that was named; null: one in the cache. */
  given: string | null;
  cache: string;
  /** Index with torch's builds for the CPU alone; none: pip's own, whose builds for Linux bring gigabytes of CUDA. */
  torchIndex: string;
  /** A yes that was given beforehand. */
  yes: boolean;
  display: Display;
  signal: AbortSignal;
}

/** Of all packages with what they need, measured on Linux x86-64. */
const DOWNLOAD_BYTES = 270_000_000;
const INSTALLED_BYTES = 1_220_000_000;
const PIP_FLAGS = ['--no-input', '--disable-pip-version-check', '--progress-bar', 'off'];
const LOCK = { staleMs: 30_000, pollMs: 500 };
const PYTHONS = process.platform === 'win32' ? ['python', 'py'] : ['python3', 'python'];

/**
 * The command of a Python that has all the trainer needs.
 * @throws AssayError usage, conflict (no Python), disk_full, download_failed; Interrupted on a no; the signal's reason
 */
export async function trainerPython(options: EnvironmentOptions): Promise<string> {
  const { given, signal } = options;
  if (given !== null) return givenPython(given, signal);
  const place = placeOf(options.cache);
  if (await isWhole(place)) return pythonIn(place);
  const base = await basePython(signal);
  await announce(place, options);
  await mkdir(join(options.cache, 'trainer'), { recursive: true });
  await checkRoom(options.cache);
  await withLock(`${place}.lock`, { ...LOCK, signal }, async () => {
    if (!(await isWhole(place))) await make(place, base, options);
  });
  return pythonIn(place);
}

/** Other versions of the packages have another place. */
function placeOf(cache: string): string {
  const key = createHash('sha256').update(JSON.stringify(trainerPackages)).digest('hex').slice(0, 12);
  return join(cache, 'trainer', key);
}

const pythonIn = (place: string): string =>
  process.platform === 'win32' ? join(place, 'Scripts', 'python.exe') : join(place, 'bin', 'python');

/** Written when everything is installed. */
const markOf = (place: string): string => join(place, 'installed.json');

async function isWhole(place: string): Promise<boolean> {
  return readFile(markOf(place)).then(
    () => true,
    () => false,
  );
}

/** The Python that environments are made of. */
async function basePython(signal: AbortSignal): Promise<PythonFound> {
  const seen: string[] = [];
  for (const command of PYTHONS) {
    const found = await lookAtPython(command, signal);
    if (found !== null && isNewEnough(found) && found.fills !== null) return found;
    const why = found === null ? 'absent' : `${found.version.join('.')}${found.fills === null ? ' without pip' : ''}`;
    seen.push(`${command}: ${why}`);
  }
  throw new AssayError('conflict', {
    what: `Training needs Python ${oldestPython.join('.')} or newer with pip, and there is none (${seen.join(', ')})`,
    remedy:
      'Install it (Debian, Ubuntu: apt install python3-pip python3-venv), or name one that has torch with --python.',
  });
}

async function announce(place: string, { display, yes, signal }: EnvironmentOptions): Promise<void> {
  const packages = Object.entries(trainerPackages).map(([name, version]) => `${name} ${version}`);
  const size = `about ${bytes(DOWNLOAD_BYTES)} to download, ${bytes(INSTALLED_BYTES)} on the disk`;
  display.say(
    `Training needs Python packages. To be installed into ${place}, once (${size}):`,
    `  ${packages.join(', ')}, and what they need`,
  );
  await consent({
    text: 'Install them?',
    given: yes,
    otherwise: `Training needs Python packages (${size}). Give --yes to install them, or name a Python that has them with --python.`,
    signal,
  });
}

async function checkRoom(cache: string): Promise<void> {
  const { bavail, bsize } = await statfs(cache);
  const needed = INSTALLED_BYTES + DOWNLOAD_BYTES;
  if (bavail * bsize >= needed) return;
  const problem = `training needs ${bytes(needed)} in ${cache}, and ${bytes(bavail * bsize)} are free`;
  throw new AssayError('disk_full', { problem });
}

async function make(place: string, base: PythonFound, options: EnvironmentOptions): Promise<void> {
  const { display, signal } = options;
  const started = Date.now();
  const temporary = `${place}.tmp`;
  await rm(place, { recursive: true, force: true });
  await mkdir(temporary, { recursive: true });
  const log = `${place}.log`;
  const env = { ...process.env, TMPDIR: temporary, TEMP: temporary, TMP: temporary };
  const step = async (command: string, args: string[]): Promise<void> => {
    await runStep(command, args, {
      env,
      log,
      signal,
      onLine: (line) => {
        const text = `Installing (${duration((Date.now() - started) / 1000)}): ${clean(line)}`;
        display.update([text], [text]);
      },
    });
  };
  try {
    const outside = base.fills === 'outside';
    await step(base.command, ['-m', 'venv', ...(outside ? ['--without-pip'] : []), place]);
    const pip = ['-m', 'pip', ...(outside ? ['--python', pythonIn(place)] : []), 'install', ...PIP_FLAGS];
    for (const wanted of requirements(options.torchIndex))
      await step(outside ? base.command : pythonIn(place), [...pip, ...wanted]);
    await writeFile(markOf(place), `${JSON.stringify(trainerPackages)}\n`);
    display.settle();
    display.say(`Installed in ${duration((Date.now() - started) / 1000)}.`);
  } finally {
    await rm(temporary, { recursive: true, force: true });
  }
}

/** Arguments of each call of pip: torch alone, since it has an index of its own, then the rest with what all of them need. */
function requirements(index: string): string[][] {
  const { torch, ...others } = trainerPackages;
  const rest = Object.entries(others).map(([name, version]) => `${name}==${version}`);
  if (process.platform !== 'linux' || index === 'none') return [[`torch==${torch}`, ...rest]];
  const cpu = `torch==${torch}+cpu`;
  return [
    [cpu, '--no-deps', '--extra-index-url', index],
    [cpu, ...rest],
  ];
}

interface StepOptions {
  env: NodeJS.ProcessEnv;
  log: string;
  signal: AbortSignal;
  onLine(line: string): void;
}

/** Runs one command of the installation; all it says goes into the log. */
async function runStep(command: string, args: string[], options: StepOptions): Promise<void> {
  const { env, log, signal, onLine } = options;
  const file = createWriteStream(log, { flags: 'a' });
  const child = spawn(command, args, { env, stdio: ['ignore', 'pipe', 'pipe'], signal, killSignal: 'SIGKILL' });
  const said: string[] = [];
  for (const stream of [child.stdout, child.stderr])
    createInterface({ input: stream }).on('line', (line) => {
      file.write(`${line}\n`);
      if (line.trim() === '') return;
      said.push(line.trim());
      if (!line.startsWith('WARNING')) onLine(line.trim());
    });
  const ended = await new Promise<number | null | Error>((resolve) => {
    child.on('error', resolve);
    child.on('close', resolve);
  });
  await new Promise<void>((resolve) => file.end(() => resolve()));
  signal.throwIfAborted();
  if (ended === 0) return;
  throw failure(ended instanceof Error ? [ended.message] : said, log);
}

/** pip ends with its error, or with advice behind it. */
function failure(said: string[], log: string): AssayError {
  const last = said.findLast((line) => /^(ERROR|error):?/.test(line)) ?? said.at(-1) ?? 'it said nothing';
  const problem = clean(last).slice(0, 500);
  if (said.some((line) => /No space left on device|Errno 28/.test(line)))
    return new AssayError('disk_full', { problem: `installing the packages for training: ${problem}` });
  const remedy = `All that was said is in ${log}. Run the command again, or install the packages into a Python of your own and name it with --python.`;
  return new AssayError('download_failed', { source: 'the Python packages for training', problem, remedy });
}
