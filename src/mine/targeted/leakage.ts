/** Finds prompts that are near-duplicates of the test set: who trains on them measures memory, not ability. */

import type { TargetedStats } from '../../contracts/mining.ts';
import { type Near, openNearDuplicates } from '../../datasets/sampling/near-duplicates.ts';
import type { TestPrompt } from './targeted-input.ts';

/** Examples that the report has at most. */
const EXAMPLES = 20;

export interface Leakage {
  /** The prompt of the test set that `text` is like, or null. */
  of(text: string): Near | null;
  /** Takes a prompt that is of the test set in another form, such as a failure's with its template around it. */
  add(id: string, text: string): void;
  /** Prompts of the test set. */
  readonly testRows: number;
}

type Prompts<T> = AsyncIterable<T> | Iterable<T>;
/** `threshold`: Jaccard similarity of word shingles from which two prompts are near-duplicates. */
interface Like {
  threshold: number;
  seed: number;
}

/** Holds every prompt of the test set in memory, as signatures. */
export async function openLeakage(testPrompts: Prompts<TestPrompt>, like: Like): Promise<Leakage> {
  const seen = openNearDuplicates(like);
  const others = new Set<string>();
  let testRows = 0;
  for await (const { id, text } of testPrompts) {
    seen.add(id, text);
    testRows += 1;
  }
  return {
    of: (text) => seen.nearest(text),
    add(id, text) {
      if (others.has(id)) return;
      others.add(id);
      if (seen.nearest(text)?.similarity !== 1) seen.add(id, text);
    },
    testRows,
  };
}

/**
 * The leakage report on prompts, in the form that targeted_stats.json has it.
 *
 * ```ts
 * await leakageOf([{ id: 'q1', text: 'How many apples has Ann?' }], ['how many apples has Ann'], { threshold: 0.6, seed: 1 });
 * // { test_rows: 1, threshold: 0.6, removed: 1, examples: [{ prompt: 'how many apples has Ann', like: 'q1', similarity: 1 }] }
 * ```
 */
export async function leakageOf(
  testPrompts: Prompts<TestPrompt>,
  prompts: Prompts<string>,
  like: Like,
): Promise<TargetedStats['leakage']> {
  const leakage = await openLeakage(testPrompts, like);
  const found: Leak[] = [];
  for await (const prompt of prompts) {
    const near = leakage.of(prompt);
    if (near !== null) found.push({ prompt, ...near });
  }
  return leakageReport(found, { test_rows: leakage.testRows, threshold: like.threshold });
}

/** A prompt that is like one of the test set. */
export interface Leak extends Near {
  prompt: string;
}

/** The report; its examples are the nearest ones. */
export function leakageReport(
  found: Leak[],
  on: Pick<TargetedStats['leakage'], 'test_rows' | 'threshold'>,
): TargetedStats['leakage'] {
  const nearest = [...found].sort((a, b) => b.similarity - a.similarity).slice(0, EXAMPLES);
  const examples = nearest.map(({ prompt, id, similarity }) => ({ prompt, like: id, similarity }));
  return { ...on, removed: found.length, examples };
}
