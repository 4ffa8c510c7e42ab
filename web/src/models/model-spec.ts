/** A new model as its form holds it, and the specification that it makes, checked as the server checks it. */

import './without-eval.ts';
import { engineNames, type ModelSpec, modelSpec } from '../../../src/contracts/models.ts';

export type Engine = (typeof engineNames)[number];
export const engines: readonly Engine[] = engineNames;

/** All texts, as they are typed; empty: not stated. */
export interface ModelForm {
  id: string;
  engine: Engine;
  source: string;
  base_url: string;
  model: string;
  api_key_env: string;
  context: string;
  concurrency: string;
  license: string;
  sha256: string;
  params: string;
  prompt_per_million: string;
  cached_per_million: string;
  completion_per_million: string;
  requests_per_minute: string;
  tokens_per_minute: string;
}

export const emptyModel: ModelForm = {
  id: '',
  engine: 'openai',
  source: '',
  base_url: '',
  model: '',
  api_key_env: '',
  context: '',
  concurrency: '',
  license: '',
  sha256: '',
  params: '',
  prompt_per_million: '',
  cached_per_million: '',
  completion_per_million: '',
  requests_per_minute: '',
  tokens_per_minute: '',
};

export type ModelFaults = Partial<Record<keyof ModelForm, string>>;

const texts = ['id', 'source', 'base_url', 'model', 'api_key_env', 'license', 'sha256'] as const;
const numbers = ['context', 'concurrency'] as const;
const prices = ['prompt_per_million', 'cached_per_million', 'completion_per_million'] as const;
const rates = ['requests_per_minute', 'tokens_per_minute'] as const;

/** The specification, or what is wrong with each field. What the engine does not take is left out. */
export function specOf(form: ModelForm): { spec: ModelSpec; faults: null } | { spec: null; faults: ModelFaults } {
  const foreign = form.engine === 'llama-server' ? ['base_url'] : ['source', 'sha256'];
  const params = paramsIn(form.params);
  const stated = {
    engine: form.engine,
    ...pick(
      texts.filter((name) => !foreign.includes(name)),
      form,
      (text) => text.trim(),
    ),
    ...pick(numbers, form, Number),
    ...nested('price', pick(prices, form, Number)),
    ...nested('rate_limits', pick(rates, form, Number)),
    ...(params.value === undefined ? {} : { params: params.value }),
  };
  const parsed = modelSpec.safeParse({ id: '', ...stated });
  if (parsed.success && params.fault === null) return { spec: parsed.data, faults: null };
  const faults: ModelFaults = params.fault === null ? {} : { params: params.fault };
  for (const { path, message } of parsed.error?.issues ?? []) {
    const field = path.findLast((step) => typeof step === 'string' && step in emptyModel) as
      | keyof ModelForm
      | undefined;
    if (field !== undefined) faults[field] ??= form[field].trim() === '' ? 'is required' : message;
  }
  return { spec: null, faults };
}

/** The field that an error of the server is about, by its `param`; null when it has none here. */
export function fieldOf(param: string | null): keyof ModelForm | null {
  const name = param?.split('.').at(-1);
  return name !== undefined && name in emptyModel ? (name as keyof ModelForm) : null;
}

function pick<T extends keyof ModelForm>(
  names: readonly T[],
  form: ModelForm,
  read: (text: string) => string | number,
) {
  const stated = names.filter((name) => String(form[name]).trim() !== '');
  return Object.fromEntries(stated.map((name) => [name, read(String(form[name]))]));
}

function nested(name: string, value: object): object {
  return Object.keys(value).length === 0 ? {} : { [name]: value };
}

function paramsIn(text: string): { value: unknown; fault: string | null } {
  if (text.trim() === '') return { value: undefined, fault: null };
  try {
    return { value: JSON.parse(text), fault: null };
  } catch (error) {
    return { value: undefined, fault: `Not JSON: ${(error as Error).message}` };
  }
}
