/** The requests that the benchmarks of engines send, with shared beginnings or with none, and what a perfect cache would save of them. */

import { seededRandom } from '../test/harness/random.ts';

/** A chat request whose work is known before: it is answered with exactly `max_tokens` tokens. */
export interface Body extends Record<string, unknown> {
  model: string;
  messages: { role: string; content: string }[];
  max_tokens: number;
  temperature: number;
  /** Taken by llama-server and vLLM. */
  ignore_eos: boolean;
}

export interface Workload {
  rows: number;
  /** System messages of some 600 tokens that the rows have in turns; 0 for rows that begin each in its own way. */
  prefixes: number;
  /** Tokens of the longest answer; the shortest has half as many. */
  maxTokens: number;
  /** Phrases of some nine tokens that a question holds beside its number; 4 unless told. */
  phrases?: number;
}

/** Of this process: an engine that runs on still has what an earlier command sent. */
const salt = (Date.now() % 1_000_000) * 1000;

/**
 * The rows in file order. Those of another `run` (below 1000) have the same lengths but other digits at their beginning (one token each
 * for these models), so that nothing an earlier run left in a cache helps.
 */
export function bodies(model: string, load: Workload, run: number): Body[] {
  const mark = digits(seededRandom(salt + run));
  const own = seededRandom(salt + run + 0x8000_0000);
  const lengths = seededRandom(7);
  const advice = 'You weigh what is known, name what is not, and answer in one sentence. ';
  return Array.from({ length: load.rows }, (_, i) => {
    const begins = load.prefixes === 0 ? digits(own) : `${mark} adviser ${i % load.prefixes}`;
    const system = `${begins}. ${advice.repeat(load.prefixes === 0 ? 8 : 40)}`;
    const content = question(i, load);
    const messages = [
      { role: 'system', content: system },
      { role: 'user', content },
    ];
    const max_tokens = Math.ceil(load.maxTokens * (0.5 + lengths() / 2));
    return { model, messages, max_tokens, temperature: 0, ignore_eos: true };
  });
}

const question = (row: number, { phrases = 4 }: Workload): string =>
  `Case ${String(row).padStart(6, '0')}: ${'a vein of quartz with traces of ore; '.repeat(phrases)}what is to be done?`;

const digits = (random: () => number): string => Array.from({ length: 10 }, () => Math.floor(random() * 10)).join('');

/** In words, for a result line. */
export function describe(load: Workload): string {
  const { rows, prefixes, maxTokens } = load;
  const shared = prefixes === 0 ? 'nothing shared' : `${prefixes} prefixes in turns`;
  const answers = `answers of ${Math.ceil(maxTokens / 2)} to ${maxTokens} tokens`;
  return `${rows} rows, ${shared}, questions of ${question(0, load).length} characters, ${answers}`;
}

/**
 * Shares of all prompt tokens that a cache would save: `whole` by a perfect one (H*, 1 - unique / all tokens of the tree
 * of prompts), `perSlot` where each of `slots` caches evaluates each prefix once (min(slots, rows of the prefix) times).
 */
export function tokenBounds(prompts: number[][], slots: number): { whole: number; perSlot: number } {
  const sorted = prompts.toSorted(byTokens);
  let all = 0;
  let unique = 0;
  let paid = 0;
  // opened[d] is the row that opened the tree's node at depth d on the present path.
  const opened: number[] = [];
  for (const [row, tokens] of [...sorted, []].entries()) {
    const shared = commonTokens(sorted[row - 1] ?? [], tokens);
    while (opened.length > shared) {
      unique += 1;
      paid += Math.min(slots, row - opened.pop()!);
    }
    while (opened.length < tokens.length) opened.push(row);
    all += tokens.length;
  }
  return { whole: 1 - unique / all, perSlot: 1 - paid / all };
}

/** Tokens that `a` and `b` have in common at their beginning. */
function commonTokens(a: number[], b: number[]): number {
  let at = 0;
  while (at < a.length && at < b.length && a[at] === b[at]) at++;
  return at;
}

function byTokens(a: number[], b: number[]): number {
  const at = commonTokens(a, b);
  return (a[at] ?? -1) - (b[at] ?? -1);
}
