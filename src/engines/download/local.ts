/** Finds model files that are on this machine already: a path, or a model of Ollama's store. */

import { createHash } from 'node:crypto';
import { mkdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { sha256Of } from './checksum.ts';
import { failed } from './failures.ts';

/** The path that a file: source names ("file:///abs", "file:/abs" or "file:relative"). @throws AssayError download_failed */
export async function filePath(source: string): Promise<string> {
  const path = source.startsWith('file://') ? fileURLToPath(source) : resolve(source.slice('file:'.length));
  const found = await stat(path).catch(() => null);
  if (!found?.isFile()) throw failed(source, `there is no file ${path}`, 'Correct the path in models.yaml.');
  return path;
}

/**
 * The weights of an Ollama model ("ollama:NAME" or "ollama:NAME:TAG"), read where Ollama keeps them: a manifest names
 * the blob of type application/vnd.ollama.image.model. @throws AssayError download_failed
 */
export async function ollamaPath(source: string, store: string): Promise<string> {
  const [name = '', tag = 'latest'] = source.slice('ollama:'.length).split(':');
  const remedy = `Run: ollama pull ${name}:${tag} (its store is looked for in ${store}; OLLAMA_MODELS changes that).`;
  const owned = name.includes('/') ? name : `library/${name}`;
  if (owned.split('/').includes('..')) throw failed(source, 'not the name of a model', remedy);
  const manifest = join(store, 'manifests', 'registry.ollama.ai', ...owned.split('/'), tag);
  const layers = await readFile(manifest, 'utf8')
    .then((text) => (JSON.parse(text) as { layers?: { mediaType: string; digest: string }[] }).layers ?? [])
    .catch(() => {
      throw failed(source, 'Ollama does not have this model', remedy);
    });
  const model = layers.find((layer) => layer.mediaType === 'application/vnd.ollama.image.model');
  const digest = /^sha256:([0-9a-f]{64})$/.exec(model?.digest ?? '')?.[1];
  const path = digest === undefined ? null : join(store, 'blobs', `sha256-${digest}`);
  if (path === null || !(await stat(path).catch(() => null))) throw failed(source, 'its weights are not there', remedy);
  return path;
}

/** Whether a file of the user's has the pinned sha256; remembered in `cache` until its size or time changes. */
export async function isVerified(path: string, sha256: string, cache: string): Promise<boolean> {
  const { size, mtimeMs } = await stat(path);
  const name = createHash('sha256').update(path).digest('hex').slice(0, 32);
  const marker = join(cache, 'verified', name);
  const stamp = JSON.stringify({ path, size, mtimeMs, sha256 });
  if ((await readFile(marker, 'utf8').catch(() => '')) === stamp) return true;
  if ((await sha256Of(path)) !== sha256) return false;
  await mkdir(join(cache, 'verified'), { recursive: true });
  await writeFile(marker, stamp);
  return true;
}
