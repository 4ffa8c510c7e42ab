/** What is used of the package node-llama-cpp: its types as far as they matter here, and the loading of one model. */

import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

/** A token's number in the model's vocabulary. */
export type Token = number;

/** How the next token is drawn; names as in the package (SequenceEvaluateOptions). */
export interface DrawOptions {
  temperature: number;
  topK: number;
  topP: number;
  minP: number;
  seed: number;
  grammarEvaluationState?: unknown;
  tokenBias?: unknown;
  repeatPenalty?: {
    punishTokens: () => Token[];
    maxPunishTokens: number;
    penalty: number;
    frequencyPenalty: number;
    presencePenalty: number;
  };
}

/** One text in the making inside the shared context; keeps the tokens evaluated so far. */
export interface Sequence {
  nextTokenIndex: number;
  contextTokens: Token[];
  compareContextTokens(tokens: Token[]): { firstDifferentIndex: number };
  adaptStateToTokens(tokens: Token[], allowShift: boolean): Promise<void>;
  clearHistory(): Promise<void>;
  evaluate(tokens: Token[], options: DrawOptions): AsyncGenerator<Token, void, undefined>;
  evaluateWithoutGeneratingNewTokens(tokens: Token[]): Promise<void>;
}

interface Renderer {
  render(values: Record<string, unknown>): string;
}

interface Bias {
  set(token: Token, bias: 'never' | { logit: number }): Bias;
}

interface Model {
  tokenizer: unknown;
  trainContextSize: number;
  tokens: {
    bos: Token | null;
    eos: Token | null;
    bosString: string | null;
    eosString: string | null;
    shouldPrependBosToken: boolean;
    shouldAppendEosToken: boolean;
  };
  fileInfo: { metadata?: { tokenizer?: { chat_template?: string } } };
  tokenize(text: string, specialTokens: boolean): Token[];
  detokenize(tokens: Token[], specialTokens: boolean, lastTokens?: Token[]): string;
  isEogToken(token: Token): boolean;
  iterateAllTokens(): Iterable<Token>;
  createContext(options: Record<string, unknown>): Promise<{ getSequence(): Sequence }>;
}

interface Llama {
  cpuMathCores: number;
  systemInfo: string;
  gpu: string | false;
  loadModel(options: Record<string, unknown>): Promise<Model>;
  createGrammar(options: { grammar: string }): Promise<unknown>;
  /** Not public, but the only way to llama.cpp's own reading of chat templates, which llama-server uses too. */
  _bindings: { AddonJinjaRenderer: new (template: string) => Renderer };
}

interface Package {
  getLlama(options: Record<string, unknown>): Promise<Llama>;
  LlamaGrammarEvaluationState: new (options: { model: Model; grammar: unknown }) => unknown;
  TokenBias: new (tokenizer: unknown) => Bias;
}

/** A loaded model with a sequence for each slot. */
export interface Loaded {
  model: Model;
  sequences: Sequence[];
  /** Tokens each slot holds. */
  context: number;
  /** For the log. */
  about: string;
  renderer(template: string): Renderer;
  /** @throws Error when the grammar (GBNF) cannot be parsed */
  grammar(gbnf: string): Promise<unknown>;
  grammarState(grammar: unknown): unknown;
  bias(changes: Map<Token, 'never' | { logit: number }>): unknown;
}

export interface LoadOptions {
  /** Folder whose node_modules holds the package. */
  home: string;
  modelFile: string;
  slots: number;
  contextPerSlot: number;
  threads: number | null;
}

/** Tokens evaluated in one go, of all slots together. */
export const BATCH = 512;

/** Loads the model. @throws Error */
export async function load(options: LoadOptions): Promise<Loaded> {
  const entry = join(options.home, 'node_modules', 'node-llama-cpp', 'dist', 'index.js');
  const library = (await import(pathToFileURL(entry).href)) as Package;
  const gpu = process.platform === 'darwin' && process.arch === 'arm64' ? 'metal' : false;
  // Nothing is ever built or fetched here: what does not run as it came is an error.
  const quiet = { build: 'never', skipDownload: true, progressLogs: false, logLevel: 'warn' };
  const llama = await library.getLlama({ ...quiet, gpu, maxThreads: 0 });
  const threads = options.threads ?? Math.min(availableParallelism(), Math.max(1, llama.cpuMathCores));
  // The memory a CPU can use is not known in a container, and what the package guesses would refuse models that fit.
  const ignoreMemorySafetyChecks = gpu === false;
  const model = await llama.loadModel({ modelPath: options.modelFile, ignoreMemorySafetyChecks });
  const context = Math.min(options.contextPerSlot, model.trainContextSize);
  const shared = await model.createContext({
    sequences: options.slots,
    // The package keeps one place free, which llama-server does not.
    contextSize: context + 1,
    batchSize: BATCH,
    threads,
    ignoreMemorySafetyChecks,
  });
  return {
    model,
    sequences: Array.from({ length: options.slots }, () => shared.getSequence()),
    context,
    about: `${llama.gpu === false ? 'CPU' : llama.gpu}, ${threads} threads; ${llama.systemInfo}`,
    renderer: (template) => new llama._bindings.AddonJinjaRenderer(template),
    grammar: (grammar) => llama.createGrammar({ grammar }),
    grammarState: (grammar) => new library.LlamaGrammarEvaluationState({ model, grammar }),
    bias(changes) {
      const bias = new library.TokenBias(model.tokenizer);
      for (const [token, change] of changes) bias.set(token, change);
      return bias;
    },
  };
}
