/** Installs the package node-llama-cpp, with its binary for this machine, into the cache at first need. */

import { execFile } from 'node:child_process';
import { existsSync, realpathSync } from 'node:fs';
import { mkdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { delimiter, dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { AssayError } from '../../errors.ts';
import type { FetchWheelOptions } from '../download/engine-wheels.ts';
import { downloadError, failed } from '../download/failures.ts';
import { withLock } from '../download/lock.ts';
import { watchDownload } from '../download/progress.ts';

/** The package's binaries by platform ("linux x64", as process.platform and process.arch name it). */
const binaries: Record<string, string> = {
  'linux x64': '@node-llama-cpp/linux-x64',
  'linux arm64': '@node-llama-cpp/linux-arm64',
  'darwin arm64': '@node-llama-cpp/mac-arm64-metal',
  'darwin x64': '@node-llama-cpp/mac-x64',
  'win32 x64': '@node-llama-cpp/win-x64',
  'win32 arm64': '@node-llama-cpp/win-arm64',
};

/** What npm unpacks for Linux x86-64. */
const UNPACKED_BYTES = 80_360_202;
const LOCK = { staleMs: 30_000, pollMs: 250 };
const REMEDY = 'See that npm reaches its registry (npm ping), then start again.';

interface Lock {
  packages: Record<
    string,
    { version?: string; optional?: boolean; dependencies?: object; optionalDependencies?: object }
  >;
}

interface Install {
  manifest: string;
  lock: string;
  version: string;
  /** False where the lock does not hold the machine's binary: its version is then pinned, its checksum is npm's. */
  locked: boolean;
}

/** Whether the package has a binary for a platform. */
export const hasBinary = (platform: string, arch: string): boolean => binaries[`${platform} ${arch}`] !== undefined;

/** The folder whose node_modules holds the package, under `cache`/engines. @throws AssayError download_failed, disk_full */
export async function fetchNodeLlama(options: FetchWheelOptions): Promise<string> {
  const install = await readInstall();
  const engines = join(options.cache, 'engines');
  const home = join(engines, `node-llama-cpp-${install.version}`);
  if (await exists(home)) return home;
  await mkdir(engines, { recursive: true });
  await withLock(`${home}.lock`, { ...LOCK, signal: options.signal }, async () => {
    if (!(await exists(home))) await installInto(home, install, options);
  });
  return home;
}

/**
 * The committed package.json and lockfile, with this machine's binary as a plain dependency. The package itself names the
 * binaries of all machines as optional ones, which would bring those for CUDA and Vulkan too, half a gigabyte of them.
 */
async function readInstall(): Promise<Install> {
  const folder = join(import.meta.dirname, 'package');
  const manifest = JSON.parse(await readFile(join(folder, 'package.json'), 'utf8')) as { dependencies: object };
  const lock = JSON.parse(await readFile(join(folder, 'package-lock.json'), 'utf8')) as Lock;
  const library = lock.packages['node_modules/node-llama-cpp'] ?? {};
  const version = library.version ?? '';
  const binary = binaries[`${process.platform} ${process.arch}`] ?? '';
  delete library.optionalDependencies;
  for (const path of Object.keys(lock.packages)) {
    if (!path.startsWith('node_modules/@node-llama-cpp/')) continue;
    if (path === `node_modules/${binary}`) delete lock.packages[path]!.optional;
    else delete lock.packages[path];
  }
  const dependencies = { ...manifest.dependencies, [binary]: version };
  lock.packages['']!.dependencies = dependencies;
  return {
    manifest: JSON.stringify({ ...manifest, dependencies }),
    lock: JSON.stringify(lock),
    version,
    locked: lock.packages[`node_modules/${binary}`] !== undefined,
  };
}

async function installInto(home: string, install: Install, options: FetchWheelOptions): Promise<void> {
  const source = `npm:node-llama-cpp@${install.version}`;
  const folder = `${home}.download`;
  options.log.info({ source, bytes: UNPACKED_BYTES, license: 'MIT' }, 'fetching node-llama-cpp');
  // A half install is of no use to npm; what it has downloaded before lies in npm's own cache.
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  const stop = watchDownload({
    model: 'node-llama-cpp',
    file: source,
    folder,
    total: () => UNPACKED_BYTES,
    everyMs: 500,
    onProgress: options.onProgress ?? (() => undefined),
  });
  try {
    await writeFile(join(folder, 'package.json'), install.manifest);
    await writeFile(join(folder, 'package-lock.json'), install.lock);
    await npm(source, folder, { command: install.locked ? 'ci' : 'install', signal: options.signal });
    await rename(folder, home);
  } catch (error) {
    options.signal?.throwIfAborted();
    throw downloadError(source, error, REMEDY);
  } finally {
    stop();
  }
}

async function npm(
  source: string,
  folder: string,
  { command, signal }: { command: string; signal: AbortSignal | undefined },
): Promise<void> {
  const cli = findNpm();
  if (cli === null) throw failed(source, 'there is no npm', 'Install Node with its npm, so that npm is on PATH.');
  const args = [cli, command, '--omit=optional', '--ignore-scripts', '--no-audit', '--no-fund'];
  try {
    await promisify(execFile)(process.execPath, args, { cwd: folder, signal, maxBuffer: 16 * 1024 * 1024 });
  } catch (error) {
    if (error instanceof AssayError || signal?.aborted) throw error;
    const said = String((error as { stderr?: string }).stderr ?? '');
    const lines = said.split('\n').filter((line) => /npm (error|ERR)/.test(line) && !/complete log/i.test(line));
    const problem = lines.length === 0 ? (error as Error).message : lines.slice(0, 4).join('; ');
    throw Object.assign(new Error(problem), { cause: undefined, code: (error as NodeJS.ErrnoException).code });
  }
}

/** npm's program: the npm that runs this server, the one beside its Node, or the one on PATH. */
function findNpm(): string | null {
  const inside = join('node_modules', 'npm', 'bin', 'npm-cli.js');
  const own = dirname(process.execPath);
  const candidates = [process.env.npm_execpath ?? '', join(own, '..', 'lib', inside), join(own, inside)];
  for (const folder of (process.env.PATH ?? '').split(delimiter)) {
    if (folder === '') continue;
    candidates.push(join(folder, inside));
    const link = join(folder, 'npm');
    if (existsSync(link)) candidates.push(realpathSync(link));
  }
  return candidates.find((path) => path.endsWith('npm-cli.js') && existsSync(path)) ?? null;
}

const exists = (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    () => false,
  );
