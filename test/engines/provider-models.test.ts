/** Models of providers without an entry: who finds them, with which address, key and price. */

import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Database, openDatabase } from '../../src/db/database.ts';
import { providerModel, usualAddresses } from '../../src/engines/provider-models.ts';
import { openRegistry } from '../../src/engines/registry.ts';
import { type FreshDatabase, freshDatabase } from '../harness/database.ts';

let folder: string;
let fresh: FreshDatabase;
let database: Database;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'assay-providers-'));
  fresh = await freshDatabase('provider_models');
  database = openDatabase({ url: fresh.url, max: 2 });
  await database.asSystem((q) => q.query("insert into users (user_id, display_name) values ('u1', 'One')"));
});
afterAll(async () => {
  await database?.close();
  await fresh?.drop();
  await rm(folder, { recursive: true, force: true });
});

test('who runs the server finds them by their names, with address, key variable and price', async () => {
  const registry = openRegistry({ database });
  expect(await registry.find('local', 'openai/gpt-4o-mini')).toMatchObject({
    engine: 'openai',
    base_url: 'https://api.openai.com',
    model: 'gpt-4o-mini',
    api_key_env: 'OPENAI_API_KEY',
    scope: 'user',
    price: { prompt_per_million: 0.15, as_of: '2026-05-27' },
  });
  expect(await registry.find('local', 'anthropic/claude-haiku-4-5-20251001')).toMatchObject({
    engine: 'anthropic',
    base_url: 'https://api.anthropic.com',
    model: 'claude-haiku-4-5-20251001',
    api_key_env: 'ANTHROPIC_API_KEY',
    price: { completion_per_million: 5 },
  });
  const hub = await registry.find('local', 'hf/Qwen/Qwen3-8B:fast');
  expect(hub).toMatchObject({
    engine: 'openai',
    base_url: 'https://router.huggingface.co',
    model: 'Qwen/Qwen3-8B:fast',
    api_key_env: 'HF_TOKEN',
  });
  expect(hub.price).toBeUndefined();
  expect((await registry.list('local')).some(({ id }) => id.includes('/'))).toBe(false);
  expect(registry.offered('local').map(({ id }) => id)).toContain('anthropic/claude-haiku-4-5');
});

test('other users do not, and are told who can; nor does anyone by half a name', async () => {
  const registry = openRegistry({ database });
  await expect(registry.find('u1', 'openai/gpt-4o-mini')).rejects.toMatchObject({
    code: 'model_not_found',
    message: expect.stringMatching(/openai\/ are for who runs the server, who can name one for all in models\.yaml/),
  });
  expect(registry.offered('u1')).toEqual([]);
  for (const id of ['hf/Qwen', 'openai/', 'anthropic/a b', `openai/${'x'.repeat(200)}`, 'hf/a/b/c'])
    await expect(registry.find('local', id), id).rejects.toMatchObject({ code: 'model_not_found' });
  await expect(registry.find('local', 'hf/Qwen')).rejects.toThrow(/written hf\/OWNER\/NAME/);
});

test('an entry of models.yaml with such an id wins, for all; its own price wins over the table', async () => {
  const file = join(folder, 'models.yaml');
  await writeFile(
    file,
    '- {id: openai/gpt-4o, engine: openai, base_url: "http://gateway/v1", price: {prompt_per_million: 7, completion_per_million: 8}}\n' +
      '- {id: openai/gpt-4o-mini, engine: openai, base_url: "http://gateway/v1"}\n',
  );
  const registry = openRegistry({ database, modelsFile: file });
  for (const user of ['local', 'u1']) {
    const own = await registry.find(user, 'openai/gpt-4o');
    expect(own).toMatchObject({ base_url: 'http://gateway', scope: 'shared', price: { prompt_per_million: 7 } });
    expect(own.price).not.toHaveProperty('as_of');
    expect((await registry.find(user, 'openai/gpt-4o-mini')).price).toMatchObject({ prompt_per_million: 0.15 });
  }
  expect(registry.offered('local').map(({ id }) => id)).not.toContain('openai/gpt-4o');
});

test('addresses can be those of a gateway', async () => {
  const registry = openRegistry({ database, providers: { ...usualAddresses, openai: 'http://gateway' } });
  expect(await registry.find('local', 'openai/x')).toMatchObject({ base_url: 'http://gateway', model: 'x' });
});

test('a judge that thinks is asked without temperature; all of OpenAI with max_completion_tokens', () => {
  const refuses = (id: string) => providerModel(id, usualAddresses)?.refuses;
  for (const id of ['openai/o3-mini', 'openai/gpt-5-mini', 'openai/gpt-6-sol'])
    expect(refuses(id), id).toEqual(['temperature', 'max_tokens']);
  for (const id of ['openai/gpt-4o-mini', 'openai/gpt-5-chat-latest', 'openai/gpt-4.1'])
    expect(refuses(id), id).toEqual(['max_tokens']);
  for (const id of ['anthropic/claude-opus-4-7', 'anthropic/claude-opus-5', 'anthropic/claude-sonnet-5-5'])
    expect(refuses(id), id).toEqual(['temperature']);
  for (const id of [
    'anthropic/claude-haiku-4-5-20251001',
    'anthropic/claude-opus-4-20250514',
    'anthropic/claude-opus-4-5',
    'hf/a/b',
  ])
    expect(refuses(id), id).toBeUndefined();
});
