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
    ]);
    expect(await registry.find('local', 'gemma-3-270m')).toMatchObject({ scope: 'shared' });
  });

  test('an unknown model is refused with the names there are', async () => {
    const registry = openRegistry({
      database,
      modelsFile: await yaml('- {id: mine, engine: vllm, base_url: "http://h:1"}'),
    });
    await expect(registry.find('local', 'gpt-x')).rejects.toMatchObject({
      code: 'model_not_found',
      param: 'model',
      message: expect.stringContaining('gpt-x. Models there are: smollm2-135m, qwen2.5-coder-1.5b, mine'),
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

  test('an empty file is no models', async () => {
    expect(readModelsFile(await yaml('# none yet\n'))).toEqual([]);
  });

  test.each([
    ['models:\n  - id: a\n    engine: openai\n', 2, /model a: base_url: is required for openai/],
    ['- id: a\n  engine: openai\n  base_url: http://h\n  concurrency: none\n', 4, /model a: concurrency: /],
    ['- id: a\n  engine: openai\n  base_url: ftp://h\n', 3, /base_url: must be an http/],
    ['- id: a\n  engine: openai\n  base_url: http://h\n  colour: red\n', 1, /colour/],
    ['- id: a\n  engine: anthropic\n', 2, /engine: anthropic is not spoken/],
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
