/** The form of a new model is checked as the server checks it, and says what is wrong at its field. */

import { expect, test } from 'vitest';
import { emptyModel, fieldOf, type ModelForm, specOf } from '../../web/src/models/model-spec.ts';

const form = (part: Partial<ModelForm>): ModelForm => ({ ...emptyModel, id: 'm', ...part });

test('texts become the specification; what is empty is not stated', () => {
  const { spec } = specOf(
    form({
      base_url: 'http://127.0.0.1:8000/v1/',
      context: '4096',
      completion_per_million: '0.6',
      tokens_per_minute: '1000',
      params: '{"temperature": 0}',
    }),
  );
  expect(spec).toEqual({
    id: 'm',
    engine: 'openai',
    base_url: 'http://127.0.0.1:8000',
    context: 4096,
    price: { completion_per_million: 0.6 },
    rate_limits: { tokens_per_minute: 1000 },
    params: { temperature: 0 },
  });
});

test('what the other engine takes is left out, though it was typed', () => {
  const typed = { base_url: 'http://h', source: 'hf:a/b/c.gguf', sha256: 'x' };
  expect(specOf(form(typed)).spec).toEqual({ id: 'm', engine: 'openai', base_url: 'http://h' });
  expect(specOf(form({ engine: 'anthropic' })).spec).toEqual({ id: 'm', engine: 'anthropic' });
  const started = form({ ...typed, engine: 'llama-server', sha256: '' });
  expect(specOf(started).spec).toEqual({ id: 'm', engine: 'llama-server', source: 'hf:a/b/c.gguf' });
});

test.each<[Partial<ModelForm>, keyof ModelForm]>([
  [{ id: '', base_url: 'http://h' }, 'id'],
  [{ id: 'two words', base_url: 'http://h' }, 'id'],
  [{}, 'base_url'],
  [{ base_url: 'ftp://h' }, 'base_url'],
  [{ engine: 'llama-server' }, 'source'],
  [{ base_url: 'http://h', context: 'many' }, 'context'],
  [{ base_url: 'http://h', completion_per_million: '-1' }, 'completion_per_million'],
  [{ base_url: 'http://h', params: '{' }, 'params'],
  [{ base_url: 'http://h', params: '[]' }, 'params'],
  [{ base_url: 'http://h', api_key_env: 'sk-123' }, 'api_key_env'],
])('%j is a fault at %s', (part, field) => {
  const { spec, faults } = specOf(form(part));
  expect(spec).toBeNull();
  expect(Object.keys(faults!)).toEqual([field]);
});

test('an error of the server finds its field', () => {
  expect(fieldOf('id')).toBe('id');
  expect(fieldOf('price.prompt_per_million')).toBe('prompt_per_million');
  expect(fieldOf('nowhere')).toBeNull();
  expect(fieldOf(null)).toBeNull();
});
