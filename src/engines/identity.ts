/** What tells a model from any other that may go by the same id: its weights or its address, and what its answers depend on. */

import { stat } from 'node:fs/promises';
import type { ModelSpec } from '../contracts/models.ts';
import { filePath, ollamaPath } from './download/local.ts';

/**
 * Equal for two specs that name the same weights (by sha256, else by their source), or the same model at the same address,
 * run by the same engine with the same parameters. `context` is that of a llama-server whose spec states none. Null for
 * weights that are not on this machine and state no sha256: others may stand under their name by now.
 */
export async function modelIdentity(
  spec: ModelSpec,
  here: { context: number; ollamaModels: string },
): Promise<string | null> {
  const { engine, params = null } = spec;
  if (engine !== 'llama-server') {
    const { base_url = null, command = null, model = spec.id, context = null } = spec;
    return JSON.stringify({ engine, base_url, command, model, context, params });
  }
  const weights = spec.sha256 ?? (await weightsAt(spec.source ?? '', here.ollamaModels));
  if (weights === null) return null;
  const { context = here.context, embeddings = false } = spec;
  return JSON.stringify({ engine, weights, context, embeddings, params });
}

/** A file may be replaced under its name: its size and time tell. Ollama names a file by its sha256; a download is kept. */
async function weightsAt(source: string, ollamaModels: string): Promise<string | null> {
  try {
    if (source.startsWith('ollama:')) return await ollamaPath(source, ollamaModels);
    if (!source.startsWith('file:')) return source;
    const path = await filePath(source);
    const { size, mtimeMs } = await stat(path);
    return JSON.stringify([path, size, mtimeMs]);
  } catch {
    return null;
  }
}
