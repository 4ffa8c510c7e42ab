/** When two models of one id are the same: what their answers depend on, and nothing else. */

import { mkdir, mkdtemp, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { ModelSpec } from '../../src/contracts/models.ts';
import { modelIdentity } from '../../src/engines/identity.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'assay-identity-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const identity = (spec: Partial<ModelSpec>) =>
  modelIdentity({ id: 'm', engine: 'openai', ...spec }, { context: 4096, ollamaModels: join(folder, 'ollama') });
const sha = 'a'.repeat(64);
const remote: ModelSpec = { id: 'm', engine: 'openai', base_url: 'http://box:1' };
const local: ModelSpec = { id: 'm', engine: 'llama-server', source: 'hf:o/r/f.gguf' };

test.each<[string, ModelSpec, Partial<ModelSpec>]>([
  ['address', remote, { base_url: 'http://box:2' }],
  ['name there', remote, { model: 'other' }],
  ['engine', remote, { engine: 'vllm' }],
  ['parameters', remote, { params: { top_k: 1 } }],
  ['context', remote, { context: 1000 }],
  ['source', local, { source: 'hf:o/r/g.gguf' }],
  ['sha256', { ...local, sha256: sha }, { sha256: 'b'.repeat(64) }],
  ['context of each slot', local, { context: 1000 }],
  ['parameters of a local model', local, { params: { top_k: 1 } }],
])('another %s is another model', async (_, spec, change) => {
  expect(await identity(spec)).toBe(await identity({ ...spec }));
  expect(await identity({ ...spec, ...change })).not.toBe(await identity(spec));
});

test('what answers do not depend on, or stated as it is by default, changes nothing', async () => {
  const more = { price: { prompt_per_million: 1 }, concurrency: 3, api_key_env: 'KEY', license: 'MIT' };
  expect(await identity({ ...remote, ...more, model: 'm' })).toBe(await identity(remote));
  expect(await identity({ ...local, ...more, context: 4096 })).toBe(await identity(local));
  const pinned = { ...local, sha256: sha };
  expect(await identity({ ...pinned, source: 'https://mirror/f.gguf' })).toBe(await identity(pinned));
});

test('a file is told by its size and time unless its sha256 is stated; one that is not here is not known', async () => {
  const file = join(folder, 'f.gguf');
  const spec = { ...local, source: `file:${file}` };
  expect(await identity(spec)).toBeNull();
  expect(await identity({ ...spec, sha256: sha })).not.toBeNull();
  await writeFile(file, 'weights');
  const before = await identity(spec);
  expect(await identity(spec)).toBe(before);
  await utimes(file, 1, 1);
  expect(await identity(spec)).not.toBe(before);
});

test('a model of Ollama is told by the sha256 that its tag stands for now', async () => {
  const store = join(folder, 'ollama');
  const spec = { ...local, source: 'ollama:small' };
  expect(await identity(spec)).toBeNull();
  const manifests = join(store, 'manifests', 'registry.ollama.ai', 'library', 'small');
  await mkdir(manifests, { recursive: true });
  await mkdir(join(store, 'blobs'));
  const seen = [];
  for (const digest of [sha, 'b'.repeat(64), sha]) {
    await writeFile(join(store, 'blobs', `sha256-${digest}`), '');
    const layer = { mediaType: 'application/vnd.ollama.image.model', digest: `sha256:${digest}` };
    await writeFile(join(manifests, 'latest'), JSON.stringify({ layers: [layer] }));
    seen.push(await identity(spec));
  }
  expect(seen[0]).not.toBe(seen[1]);
  expect(seen[2]).toBe(seen[0]);
});
