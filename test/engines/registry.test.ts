/** The model registry on a real database, and models.yaml with its faults. */

import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { modelSpec } from '../../src/contracts/models.ts';
import { type Database, openDatabase } from '../../src/db/database.ts';
import { readModelsFile } from '../../src/engines/models-file.ts';
import { openRegistry } from '../../src/engines/registry.ts';
import { type FreshDatabase, freshDatabase } from '../harness/database.ts';

let folder: string;
let fresh: FreshDatabase;
let database: Database;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'assay-models-'));
  fresh = await freshDatabase('registry');
  database = openDatabase({ url: fresh.url, max: 2 });
  await database.asSystem((q) =>
    q.query("insert into users (user_id, display_name) values ('u1', 'One'), ('u2', 'Two')"),
  );
});
afterAll(async () => {
  await database?.close();
  await fresh?.drop();
  await rm(folder, { recursive: true, force: true });
});

async function yaml(text: string): Promise<string> {
  const file = join(folder, 'models.yaml');
  await writeFile(file, text);
  return file;
}

const remote = (id: string) => modelSpec.parse({ id, engine: 'openai', base_url: 'https://api.example.com/v1/' });

describe('registry', () => {
  test('the built-in models are there; one only for tests is found but not listed', async () => {
    const registry = openRegistry({ database });
    expect((await registry.list('local')).map((m) => [m.id, m.scope])).toEqual([
      ['smollm2-135m', 'shared'],
      ['qwen2.5-coder-1.5b', 'shared'],
      ['minilm', 'shared'],
    ]);
    expect(await registry.find('local', 'gemma-3-270m')).toMatchObject({ scope: 'shared' });
  });

  test('what is listed holds no password and no command line; what is found does', async () => {
    const command = 'vllm serve o/r --port {port} --hf-token hf_1';
    const far = { id: 'far', engine: 'openai', base_url: 'http://me:pw@h:1/api?key=k' };
    const registry = openRegistry({
      database,
      modelsFile: await yaml(JSON.stringify([{ id: 'v', engine: 'vllm', command }, far])),
    });
    const listed = await registry.list('local');
    expect(JSON.stringify(listed)).not.toMatch(/hf_1|pw|key=k/);
    expect(listed.find((model) => model.id === 'far')?.base_url).toBe('http://h:1/api');
    expect(await registry.find('u1', 'v')).toMatchObject({ command });
  });

  test('an unknown model is refused with the names there are', async () => {
    const registry = openRegistry({
      database,
      modelsFile: await yaml('- {id: mine, engine: vllm, base_url: "http://h:1"}'),
    });
    await expect(registry.find('local', 'gpt-x')).rejects.toMatchObject({
      code: 'model_not_found',
      param: 'model',
      message: expect.stringContaining('gpt-x. Models there are: smollm2-135m, qwen2.5-coder-1.5b, minilm, mine'),
    });
  });

  test('what a user adds is that user’s alone, and can be removed', async () => {
    const registry = openRegistry({ database });
    await registry.add('u1', remote('private'));
    expect(await registry.find('u1', 'private')).toMatchObject({ scope: 'user', base_url: 'https://api.example.com' });
    await expect(registry.find('u2', 'private')).rejects.toMatchObject({ code: 'model_not_found' });
    await expect(registry.remove('u2', 'private')).rejects.toMatchObject({ code: 'not_found' });
    await expect(registry.add('u1', remote('private'))).rejects.toMatchObject({ code: 'conflict' });
    await expect(registry.add('u1', remote('smollm2-135m'))).rejects.toMatchObject({ code: 'conflict' });
    await registry.add('u2', remote('private'));
    await registry.remove('u1', 'private');
    await expect(registry.find('u1', 'private')).rejects.toMatchObject({ code: 'model_not_found' });
    expect(await registry.find('u2', 'private')).toMatchObject({ id: 'private' });
    await expect(registry.remove('u1', 'smollm2-135m')).rejects.toMatchObject({ code: 'conflict' });
  });

  test('only the operator may name environment variables or files of the server', async () => {
    const registry = openRegistry({ database });
    const thief = modelSpec.parse({
      id: 't',
      engine: 'openai',
      base_url: 'http://evil.example',
      api_key_env: 'HF_TOKEN',
    });
    await expect(registry.add('u1', thief)).rejects.toMatchObject({ code: 'model_invalid', param: 'api_key_env' });
    const local = modelSpec.parse({ id: 'f', engine: 'llama-server', source: 'file:/etc/passwd' });
    await expect(registry.add('u1', local)).rejects.toMatchObject({ code: 'model_invalid' });
    await registry.add('local', local);
    await registry.remove('local', 'f');
    const started = modelSpec.parse({ id: 'v', engine: 'vllm', command: 'rm -r / {port}' });
    await expect(registry.add('u1', started)).rejects.toMatchObject({ code: 'model_invalid', param: 'command' });
  });
});

describe('models.yaml', () => {
  test('a list under models:, with a relative file and a /v1 address', async () => {
    const models = readModelsFile(
      await yaml(`models:
  - id: big
    engine: openai
    base_url: https://api.example.com/v1
    api_key_env: BIG_KEY
    concurrency: 8
  - id: own
    engine: llama-server
    source: file:weights/own.gguf
`),
    );
    expect(models[0]).toMatchObject({ id: 'big', base_url: 'https://api.example.com', concurrency: 8 });
    expect(models[1]?.source).toBe(`file:${join(folder, 'weights/own.gguf')}`);
  });

  test('every engine, with all that a remote one may state', async () => {
    const all = { context: 8192, concurrency: 4, rate_limits: { requests_per_minute: 60, tokens_per_minute: 90_000 } };
    const price = { prompt_per_million: 1, cached_per_million: 0.1, completion_per_million: 5 };
    const rest = { api_key_env: 'A_KEY', model: 'm', ...all, price, params: { max_tokens: 256 } };
    const models = [
      { id: 'a', engine: 'llama-server', source: 'hf:o/r/f.gguf', context: 8192 },
      { id: 'b', engine: 'vllm', base_url: 'http://gpu1:8000', ...rest },
      { id: 'c', engine: 'vllm', command: 'vllm serve o/r --port {port}', ...rest },
      { id: 'd', engine: 'ollama', base_url: 'http://127.0.0.1:11434', ...rest },
      { id: 'e', engine: 'openai', base_url: 'https://router.huggingface.co/v1', ...rest },
      { id: 'f', engine: 'anthropic', ...rest },
    ];
    const read = readModelsFile(await yaml(JSON.stringify(models)));
    expect(read).toEqual(
      models.map((model) => ('base_url' in model ? { ...model, base_url: expect.any(String) } : model)),
    );
    expect(read[4]?.base_url).toBe('https://router.huggingface.co');
  });

  test('an empty file is no models', async () => {
    expect(readModelsFile(await yaml('# none yet\n'))).toEqual([]);
  });

  test.each([
    ['models:\n  - id: a\n    engine: openai\n', 2, /model a: base_url: is required for openai/],
    ['- id: a\n  engine: openai\n  base_url: http://h\n  concurrency: none\n', 4, /model a: concurrency: /],
    ['- id: a\n  engine: openai\n  base_url: ftp://h\n', 3, /base_url: must be an http/],
    ['- id: a\n  engine: openai\n  base_url: http://h\n  colour: red\n', 1, /colour/],
    ['- id: a\n  engine: vllm\n', 1, /base_url: is required for vllm, unless command:/],
    ['- id: a\n  engine: vllm\n  command: vllm serve x\n', 3, /command: must hold {port}/],
    ['- id: a\n  engine: vllm\n  base_url: http://h\n  command: "v --port {port}"\n', 3, /base_url: is not taken/],
    ['- id: a\n  engine: openai\n  base_url: http://h\n  command: "v --port {port}"\n', 4, /command: is not taken/],
    ['- id: a\n  engine: ollama\n', 1, /base_url: is required for ollama/],
    [
      '- id: a\n  engine: ollama\n  base_url: http://h\n  rate_limits: {requests_per_minute: 0}\n',
      4,
      /requests_per_minute/,
    ],
    ['- id: a\n  engine: tgi\n', 2, /engine: /],
    ['- id: a\n  engine: llama-server\n  source: s3:x\n', 3, /source: must begin with hf:/],
    ['- {id: a, engine: vllm, base_url: "http://h"}\n- {id: a, engine: vllm, base_url: "http://h"}\n', 2, /on line 1/],
    ['- id: a\n  engine: [openai\n', 3, /./],
    ['model:\n  - id: a\n', 1, /only "models:" is known/],
    ['- just text\n', 1, /expected object/],
    ['- id: a\n  engine: openai\n  base_url: http://h\n  api_key_env: sk-1234\n', 4, /not a key/],
  ])('%j is refused with its line', async (text, line, problem) => {
    const file = await yaml(text);
    try {
      readModelsFile(file);
    } catch (error) {
      expect(error).toMatchObject({ code: 'models_file_invalid', line });
      expect((error as Error).message).toContain(`${file}, line ${line}: `);
      expect((error as Error).message).toMatch(problem);
      return;
    }
    expect.fail('was taken');
  });

  test('a missing file is named', () => {
    expect(() => readModelsFile(join(folder, 'none.yaml'))).toThrow(/none\.yaml/);
  });
});
