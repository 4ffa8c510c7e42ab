/** Measures answers against the expected ones by one metric: value, score of 10, pass, and what to know of it. */

import { setImmediate as nextTurn } from 'node:timers/promises';
import { withoutThoughts } from '../../compare/thoughts.ts';
import type { MetricName, NumericTolerance, SimilarityOutcome } from '../../contracts/similarity.ts';
import { AssayError } from '../../errors.ts';
import { defaultThresholds } from './by-category.ts';
import { chrf, chrfPlusPlus } from './chrf.ts';
import { codeSimilarity } from './code.ts';
import { cosines, type Embed } from './cosine.ts';
import { normaliseText } from './normalise-text.ts';
import { numericEqual } from './numeric.ts';
import { rougeL } from './rouge-l.ts';
import { tokenF1 } from './token-f1.ts';

export interface SimilarityPair {
  answer: string;
  expected: string;
}

export interface SimilarityOptions {
  /** From 0 to 1; the metric's own when absent. */
  threshold?: number;
  /** ROUGE-L over word stems. */
  stemmed?: boolean;
  tolerance?: NumericTolerance;
  /** Needed for cosine. */
  embed?: Embed;
  /** Longer texts are cut there for ROUGE-L, chrF, chrF++ and code, and the outcome says so; 50,000 when absent. */
  maxCharacters?: number;
}

export interface Similarity {
  metric: MetricName;
  /** One outcome a pair, in their order; embeddings of all of them are asked for in one call. */
  of(pairs: SimilarityPair[]): Promise<SimilarityOutcome[]>;
}

interface Measured {
  value: number;
  note?: string;
  metric?: MetricName;
}

const MAX_CHARACTERS = 50_000;
/** Metrics whose time grows faster than the length of the texts, or that need much memory for each character. */
const CUT = new Set<MetricName>(['rouge_l', 'chrf', 'chrf_pp', 'code']);
/** Longest time that measuring keeps everything else waiting, unless a single pair takes longer. */
const TURN_MS = 10;
/** A value that misses its mark by no more than the error of a sum of shares passes. */
const ROUNDING = 1e-12;

/**
 * What thinking models think aloud is left out of the answers; white space around a text never counts. Throws
 * invalid_parameter for a threshold that is none, and for cosine without a way to embed.
 * ```ts
 * const [outcome] = await openSimilarity('numeric').of([{ answer: 'So 1.5 km.', expected: '1500 m' }]);
 * outcome.pass; // true
 * ```
 */
export function openSimilarity(metric: MetricName, options: SimilarityOptions = {}): Similarity {
  const threshold = options.threshold ?? defaultThresholds[metric];
  if (!(threshold >= 0 && threshold <= 1)) throw refused('threshold', 'must be from 0 to 1', threshold);
  const { embed, maxCharacters = MAX_CHARACTERS } = options;
  if (metric === 'cosine' && embed === undefined)
    throw refused('metric', 'needs an embeddings model; name one, or take another metric', metric);
  if (!(maxCharacters >= 1)) throw refused('max_characters', 'must be 1 or more', maxCharacters);
  const limit = CUT.has(metric) ? maxCharacters : Number.POSITIVE_INFINITY;
  const outcome = (measured: Measured, notes: (string | null)[]): SimilarityOutcome => ({
    metric: measured.metric ?? metric,
    value: measured.value,
    score: 10 * measured.value,
    threshold,
    pass: measured.value >= threshold - ROUNDING,
    note: [...notes, measured.note ?? null].filter((note) => note !== null).join('; ') || null,
  });
  return {
    metric,
    async of(pairs) {
      const prepared = pairs.map(({ answer, expected }) => preparedPair(answer, expected, limit));
      if (metric !== 'cosine')
        return eachInTurns(prepared, (pair) => outcome(measure(metric, pair, options), pair.notes));
      const values = await cosines(prepared, embed!);
      return prepared.map((pair, at) => outcome(ofCosine(values[at]!), pair.notes));
    },
  };
}

/** Lets whatever else waits go on now and then: chrF of 20,000 pairs takes some seconds. */
async function eachInTurns<From, To>(list: From[], make: (each: From) => To): Promise<To[]> {
  const made: To[] = [];
  let since = performance.now();
  for (const each of list) {
    made.push(make(each));
    if (performance.now() - since < TURN_MS) continue;
    await nextTurn();
    since = performance.now();
  }
  return made;
}

function preparedPair(answer: string, expected: string, limit: number): SimilarityPair & { notes: (string | null)[] } {
  const [given, cutAnswer] = cut(withoutThoughts(answer), limit);
  const [wanted, cutExpected] = cut(expected, limit);
  const said = (what: string, characters: number | null) =>
    characters === null ? null : `of ${characters} characters of the ${what} the first ${limit} were compared`;
  const notes = [said('answer', cutAnswer), said('expected answer', cutExpected)];
  if (wanted.trim() === '') notes.push('the expected answer is empty');
  return { answer: given, expected: wanted, notes };
}

/** Also how many characters there were, when they were too many. No pair of surrogates is cut apart. */
function cut(text: string, limit: number): [text: string, characters: number | null] {
  if (text.length <= limit) return [text, null];
  const end = /[\ud800-\udbff]/.test(text[limit - 1]!) ? limit - 1 : limit;
  return [text.slice(0, end), text.length];
}

function measure(metric: MetricName, { answer, expected }: SimilarityPair, options: SimilarityOptions): Measured {
  switch (metric) {
    case 'exact':
      return { value: answer.trim() === expected.trim() ? 1 : 0 };
    case 'normalised':
      return { value: normaliseText(answer) === normaliseText(expected) ? 1 : 0 };
    case 'numeric':
      return ofNumbers(answer, expected, options.tolerance);
    case 'code':
      return { value: codeSimilarity(answer, expected) };
    case 'rouge_l':
      return { value: rougeL(answer, expected, options.stemmed), ...unseen(expected) };
    case 'chrf':
      return { value: chrf(answer, expected) };
    case 'chrf_pp':
      return { value: chrfPlusPlus(answer, expected) };
    default:
      return { value: tokenF1(answer, expected) };
  }
}

function ofNumbers(answer: string, expected: string, tolerance?: NumericTolerance): Measured {
  const value = numericEqual(answer, expected, tolerance);
  if (value !== null) return { value };
  const note = 'the expected answer holds no number, so the texts were compared instead';
  return { value: normaliseText(answer) === normaliseText(expected) ? 1 : 0, metric: 'normalised', note };
}

/** ROUGE gives 0 for two equal texts in Greek. */
function unseen(expected: string): { note?: string } {
  if (expected.trim() === '' || /[a-z0-9]/i.test(expected)) return {};
  return { note: 'ROUGE-L sees words of a to z and digits only, and the expected answer has none; take chrf' };
}

function ofCosine(value: number | null): Measured {
  if (value === null)
    return {
      value: 0,
      note: 'a text is empty, or the embeddings model did not take it, so there is no angle between the two',
    };
  return { value: Math.max(0, value) };
}

function refused(param: string, problem: string, value: unknown): AssayError {
  return new AssayError('invalid_parameter', { param, problem, value }, { param });
}
