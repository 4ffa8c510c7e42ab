/** Turns a BERT that embeds texts, as it is published (config.json, vocab.txt, model.safetensors), into a GGUF file. */

import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { type GgufTensor, type GgufValue, writeGguf } from './gguf.ts';
import { openSafetensors, type Safetensors, type StoredTensor } from './safetensors.ts';
import { BLOCK, type WeightType } from './weight-types.ts';

/** Paths of what it is published as. */
export interface BertFiles {
  config: string;
  vocabulary: string;
  weights: string;
}

const bertConfig = z.object({
  model_type: z.literal('bert'),
  hidden_act: z.literal('gelu'),
  position_embedding_type: z.literal('absolute').default('absolute'),
  hidden_size: z.int().positive(),
  intermediate_size: z.int().positive(),
  num_attention_heads: z.int().positive(),
  num_hidden_layers: z.int().positive(),
  max_position_embeddings: z.int().positive(),
  type_vocab_size: z.int().positive().default(2),
  layer_norm_eps: z.number().positive(),
});
type BertConfig = z.output<typeof bertConfig>;

/** Numbers of llama.cpp's enumerations. */
const POOLING_MEAN = 1;
const FILE_TYPE_Q8_0 = 7;
const tokenTypes = { normal: 1, unknown: 2, control: 3 } as const;

/** What stands before a token that begins a word, in place of BERT's "##" before one that does not. */
const WORD_START = '\u2581';

/** Keys of the vocabulary's special tokens, as llama.cpp spells them. Sentences begin with [CLS]. */
const specialTokens: [key: string, token: string][] = [
  ['bos_token_id', '[CLS]'],
  ['cls_token_id', '[CLS]'],
  ['unknown_token_id', '[UNK]'],
  ['seperator_token_id', '[SEP]'],
  ['padding_token_id', '[PAD]'],
  ['mask_token_id', '[MASK]'],
];

/**
 * Weights as Q8_0, norms and biases as F32; mean pooling. llama.cpp puts the texts of any BERT into lower case. The same
 * files give the same bytes. Measured for all-MiniLM-L6-v2 on 20 texts: tokens as the reference's, cosine at least 0.999.
 * @throws Error when it is no BERT that llama.cpp runs; the signal's reason
 */
export async function convertBert(files: BertFiles, target: string, signal?: AbortSignal): Promise<void> {
  const config = readConfig(await readFile(files.config, 'utf8'));
  const tokens = (await readFile(files.vocabulary, 'utf8')).replace(/\r?\n$/, '').split(/\r?\n/);
  const weights = await openSafetensors(files.weights).catch((error: Error) => {
    throw new Error(`model.safetensors: ${error.message}`, { cause: error });
  });
  try {
    const tensors = tensorsOf(weights, config, tokens.length);
    await writeGguf(target, { metadata: [...hyperparameters(config), ...vocabulary(tokens)], tensors, signal });
  } finally {
    await weights.close();
  }
}

function readConfig(text: string): BertConfig {
  let given: unknown;
  try {
    given = JSON.parse(text);
  } catch {
    throw new Error('config.json is not JSON');
  }
  const read = bertConfig.safeParse(given);
  if (read.success) return read.data;
  const { path, message } = read.error.issues[0]!;
  throw new Error(`config.json: ${path.join('.')}: ${message}; only a BERT is converted`);
}

function hyperparameters(config: BertConfig): [string, GgufValue][] {
  const u32 = (value: number): GgufValue => ({ type: 'u32', value });
  return [
    ['general.architecture', { type: 'string', value: 'bert' }],
    ['general.file_type', u32(FILE_TYPE_Q8_0)],
    ['general.quantization_version', u32(2)],
    ['bert.block_count', u32(config.num_hidden_layers)],
    ['bert.context_length', u32(config.max_position_embeddings)],
    ['bert.embedding_length', u32(config.hidden_size)],
    ['bert.feed_forward_length', u32(config.intermediate_size)],
    ['bert.attention.head_count', u32(config.num_attention_heads)],
    ['bert.attention.layer_norm_epsilon', { type: 'f32', value: config.layer_norm_eps }],
    ['bert.attention.causal', { type: 'bool', value: false }],
    ['bert.pooling_type', u32(POOLING_MEAN)],
    ['tokenizer.ggml.token_type_count', u32(config.type_vocab_size)],
  ];
}

function vocabulary(tokens: string[]): [string, GgufValue][] {
  const special = new Set(specialTokens.map(([, token]) => token));
  const types = tokens.map((token) =>
    token === '[UNK]' ? tokenTypes.unknown : special.has(token) ? tokenTypes.control : tokenTypes.normal,
  );
  const spelled = tokens.map((token) => {
    if (/^\[.*\]$/.test(token)) return token;
    return token.startsWith('##') ? token.slice(2) : WORD_START + token;
  });
  return [
    ['tokenizer.ggml.model', { type: 'string', value: 'bert' }],
    ['tokenizer.ggml.tokens', { type: 'strings', value: spelled }],
    ['tokenizer.ggml.token_type', { type: 'i32s', value: types }],
    ...specialTokens.map(([key, token]): [string, GgufValue] => {
      const value = tokens.indexOf(token);
      if (value < 0) throw new Error(`vocab.txt has no ${token}`);
      return [`tokenizer.ggml.${key}`, { type: 'u32', value }];
    }),
  ];
}

/** A tensor as GGUF names it, as it is published, and its shape there. */
type Named = [name: string, published: string, shape: number[]];

function tensorsOf(weights: Safetensors, config: BertConfig, tokens: number): GgufTensor[] {
  const { hidden_size: hidden, max_position_embeddings: positions, type_vocab_size: types } = config;
  const named: Named[] = [
    ['token_embd.weight', 'embeddings.word_embeddings.weight', [tokens, hidden]],
    ['position_embd.weight', 'embeddings.position_embeddings.weight', [positions, hidden]],
    ['token_types.weight', 'embeddings.token_type_embeddings.weight', [types, hidden]],
    ...withBias('token_embd_norm', 'embeddings.LayerNorm', [hidden]),
  ];
  for (let layer = 0; layer < config.num_hidden_layers; layer += 1) named.push(...layerTensors(layer, config));
  return named.map((one) => tensorOf(weights, one));
}

function withBias(name: string, published: string, shape: number[]): Named[] {
  return [
    [`${name}.weight`, `${published}.weight`, shape],
    [`${name}.bias`, `${published}.bias`, shape.slice(0, 1)],
  ];
}

function layerTensors(layer: number, { hidden_size: hidden, intermediate_size: inner }: BertConfig): Named[] {
  const parts: Named[] = [
    ['attn_q', 'attention.self.query', [hidden, hidden]],
    ['attn_k', 'attention.self.key', [hidden, hidden]],
    ['attn_v', 'attention.self.value', [hidden, hidden]],
    ['attn_output', 'attention.output.dense', [hidden, hidden]],
    ['attn_output_norm', 'attention.output.LayerNorm', [hidden]],
    ['ffn_up', 'intermediate.dense', [inner, hidden]],
    ['ffn_down', 'output.dense', [hidden, inner]],
    ['layer_output_norm', 'output.LayerNorm', [hidden]],
  ];
  return parts.flatMap(([name, published, shape]) =>
    withBias(`blk.${layer}.${name}`, `encoder.layer.${layer}.${published}`, shape),
  );
}

function tensorOf(weights: Safetensors, [name, published, shape]: Named): GgufTensor {
  const stored = weights.tensors.get(published);
  if (stored === undefined) throw new Error(`model.safetensors has no tensor ${published}`);
  const { dtype, bytes }: StoredTensor = stored;
  if (dtype !== 'F32') throw new Error(`${published} is ${dtype}; only F32 is converted`);
  const count = shape.reduce((product, length) => product * length, 1);
  if (stored.shape.join() !== shape.join() || bytes !== count * 4)
    throw new Error(`${published} is [${stored.shape}] in ${bytes} bytes, not [${shape}]`);
  return { name, shape, type: typeOf(name, shape), floats: () => weights.pieces(stored) };
}

/** llama.cpp takes the two small tables that are added to the words' as F32 alone. */
function typeOf(name: string, shape: number[]): WeightType {
  const multiplied = shape.length === 2 && !/^(position_embd|token_types)\./.test(name);
  return multiplied && shape[1]! % BLOCK === 0 ? 'Q8_0' : 'F32';
}
