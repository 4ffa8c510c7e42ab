/** The official Python client does the same; what it saw, validated by its own types, comes back as JSON. */

import { execFile, execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rename, rm } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type CountingUpstream, startCountingUpstream, writeModelsFile } from '../harness/counting-upstream.ts';
import { answerTokens } from '../harness/counting-upstream-answers.ts';
import { type RunningAssay, startAssay } from '../harness/server.ts';

const run = promisify(execFile);
const pin = '3.54.0';
const script = fileURLToPath(new URL('./python_client.py', import.meta.url));

function hasPython(): boolean {
  try {
    execFileSync('python3', ['-c', 'import venv, ensurepip'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

/** The Python of an environment that holds the pinned client, made once in the folder of downloads. */
async function pythonWithClient(): Promise<string> {
  const cache = process.env.ASSAY_CACHE ?? join(homedir(), '.cache', 'assay');
  const place = join(cache, 'test-python', `openai-${pin}`);
  if (!existsSync(place)) {
    await mkdir(join(cache, 'test-python'), { recursive: true });
    const made = await mkdtemp(join(cache, 'test-python', 'new-'));
    await run('python3', ['-m', 'venv', made]);
    await run(join(made, 'bin', 'python'), ['-m', 'pip', 'install', '--quiet', `openai==${pin}`]);
    // An environment works where it was made only for its scripts, not for its python: it may be moved into place.
    await rename(made, place).catch(() => rm(made, { recursive: true, force: true }));
  }
  return join(place, 'bin', 'python');
}

interface Seen {
  version: string;
  batch: { status: string; counts: object; usage: object; metadata: object; ids: string[]; contents: string[] };
  failed: { status: string; output_file_id: string | null; errors: [number, string, string | null][] };
  lists: { batches: number; distinct: number; files: number; files_distinct: number };
  cancel: { first: string; status: string; kept: number; completed: number };
  files: { same: boolean; text: string; deleted: object; id: string; gone: string | null };
  uploads: { status: string; bytes: number; same: boolean };
  chat: { whole: string; streamed: string; prompt_tokens: number };
}

describe.skipIf(!hasPython())('the official Python client (skipped where python3 with venv and pip is absent)', () => {
  let folder: string;
  let upstream: CountingUpstream;
  let server: RunningAssay;
  let seen: Seen;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'assay-contract-'));
    upstream = await startCountingUpstream();
    const models = await writeModelsFile(join(folder, 'models.yaml'), {
      counting: { url: upstream.url, concurrency: 4 },
    });
    for (let i = 0; i < 200; i++) await upstream.behave(`slow-${i}`, { kind: 'answer', delayMs: 200 });
    const [python, started] = await Promise.all([pythonWithClient(), startAssay({ env: { ASSAY_MODELS: models } })]);
    server = started;
    const { stdout } = await run(python, [script, server.url], { timeout: 120_000 });
    seen = JSON.parse(stdout);
  }, 400_000);

  afterAll(async () => {
    await server?.remove();
    await upstream?.stop();
    await rm(folder, { recursive: true, force: true });
  }, 60_000);

  test('is the pinned one', () => expect(seen.version).toBe(pin));

  test('upload, create, poll, download', () => {
    const ids = Array.from({ length: 10 }, (_, i) => `py-${i}`);
    expect(seen.batch).toEqual({
      status: 'completed',
      counts: { total: 10, completed: 10, failed: 0 },
      usage: {
        input_tokens: 10 * answerTokens.prompt,
        input_tokens_details: { cached_tokens: 10 * answerTokens.cached },
        output_tokens: 10 * answerTokens.completion,
        output_tokens_details: { reasoning_tokens: 10 * answerTokens.reasoning },
        total_tokens: 10 * (answerTokens.prompt + answerTokens.completion),
      },
      metadata: { client: 'python' },
      ids,
      contents: ids.map((id) => `echo ${id}`),
    });
  });

  test('a failed batch lists its faults', () => {
    expect(seen.failed.status).toBe('failed');
    expect(seen.failed.output_file_id).toBeNull();
    expect(seen.failed.errors.map(([line, code]) => [line, code])).toEqual([
      [1, 'missing_required_field'],
      [2, 'invalid_json_line'],
    ]);
  });

  test('lists go through several pages', () => {
    expect(seen.lists.batches).toBeGreaterThanOrEqual(6);
    expect(seen.lists.distinct).toBe(seen.lists.batches);
    expect(seen.lists.files).toBeGreaterThanOrEqual(7);
    expect(seen.lists.files_distinct).toBe(seen.lists.files);
  });

  test('cancel keeps what is done', () => {
    expect(['cancelling', 'cancelled']).toContain(seen.cancel.first);
    expect(seen.cancel.status).toBe('cancelled');
    expect(seen.cancel.kept).toBe(seen.cancel.completed);
    expect(seen.cancel.kept).toBeGreaterThanOrEqual(4);
    expect(seen.cancel.kept).toBeLessThan(200);
  });

  test('files: retrieve, content, delete', () => {
    expect(seen.files.same).toBe(true);
    expect(JSON.parse(seen.files.text).custom_id).toBe('file-1');
    expect(seen.files.deleted).toEqual({ id: seen.files.id, object: 'file', deleted: true });
    expect(seen.files.gone).toBe('not_found');
  });

  test('a chunked upload', () => expect(seen.uploads).toMatchObject({ status: 'completed', same: true }));

  test('chat, whole and streamed', () =>
    expect(seen.chat).toEqual({ whole: 'echo chat', streamed: 'echo chat', prompt_tokens: answerTokens.prompt }));
});
