/** Models of providers that need no entry in models.yaml: openai/NAME, anthropic/NAME and hf/OWNER/NAME. */

import type { ModelSpec, RefusedField } from '../contracts/models.ts';

export const providers = ['openai', 'anthropic', 'hf'] as const;
export type Provider = (typeof providers)[number];

/** Where each provider, or a gateway in its place, is reached: without "/v1" and without a slash at the end. */
export type ProviderAddresses = Record<Provider, string>;

export const usualAddresses: ProviderAddresses = {
  openai: 'https://api.openai.com',
  anthropic: 'https://api.anthropic.com',
  hf: 'https://router.huggingface.co',
};

/** The variable that holds a provider's key, as the provider's own clients read it. */
export const keyVariables: Record<Provider, string> = {
  openai: 'OPENAI_API_KEY',
  anthropic: 'ANTHROPIC_API_KEY',
  hf: 'HF_TOKEN',
};

/** What follows the provider's name: a name without a space; on the Hugging Face hub a name has an owner. */
const named = /^(?:(openai|anthropic)\/([^\s\p{Cc}]+)|(hf)\/([^\s\p{Cc}/]+\/[^\s\p{Cc}/]+))$/u;
/** As ids of models.yaml. */
const longestId = 200;

/** The provider that an id names, whether or not a name that it could have follows; null for ids of other models. */
export const providerNamed = (modelId: string): Provider | null =>
  providers.find((provider) => modelId.startsWith(`${provider}/`)) ?? null;

/** The model that the id of a provider stands for; null for all other ids. */
export function providerModel(modelId: string, addresses: ProviderAddresses): ModelSpec | null {
  const found = modelId.length > longestId ? null : named.exec(modelId);
  if (found === null) return null;
  const provider = (found[1] ?? found[3]) as Provider;
  const refuses = refusedBy(provider, found[2] ?? '');
  return {
    id: modelId,
    engine: provider === 'anthropic' ? 'anthropic' : 'openai',
    base_url: addresses[provider],
    model: found[2] ?? found[4]!,
    api_key_env: keyVariables[provider],
    ...(refuses.length === 0 ? {} : { refuses }),
  };
}

/** Models that think, and take no temperature: OpenAI's o1 and on and gpt-5 and on; Claude from Opus 4.7 on. */
const thinking = {
  openai: /^(o\d|gpt-([5-9]|\d\d)(?!.*-chat))/,
  anthropic: /^claude-(opus-4-([7-9]|\d\d)(?!\d)|(opus|sonnet|haiku)-([5-9]|\d\d)(?!\d)|fable|mythos)/,
};

/** OpenAI takes max_completion_tokens for all its models, and max_tokens for those that do not think. */
function refusedBy(provider: Provider, name: string): RefusedField[] {
  if (provider === 'hf') return [];
  const temperature: RefusedField[] = thinking[provider].test(name) ? ['temperature'] : [];
  return provider === 'openai' ? [...temperature, 'max_tokens'] : temperature;
}

/** The provider that is asked for a model, by its address or the key it takes; null: on a machine of one's own, or another one. */
export function providerOf(spec: ModelSpec): Provider | null {
  if (spec.engine === 'anthropic') return 'anthropic';
  if (spec.engine !== 'openai') return null;
  const { base_url, api_key_env } = spec;
  return providers.find((one) => base_url === usualAddresses[one] || api_key_env === keyVariables[one]) ?? null;
}
