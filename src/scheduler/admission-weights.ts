/** Tokens that a row is thought to hold when it ends: its prompt, counted by the engine, and an answer as those before it were long. */

import { statedAnswer } from '../contracts/answer-length.ts';
import type { LandedRow } from '../contracts/landing.ts';
import type { WorkRow } from './leases.ts';

export interface Weights {
  /** Tokens of the row; null while its prompt is still being counted. */
  of(row: WorkRow): number | null;
  /** The same by the length of its text, which costs nothing. */
  guess(row: WorkRow): number;
  /** Begins to count the rows that come next, a few at a time. */
  ahead(rows: readonly WorkRow[]): void;
  learn(row: WorkRow, landed: LandedRow): void;
}

export interface WeightOptions {
  /** The engine's own count of a row's prompt; null where it cannot tell. */
  count(row: WorkRow, body: Record<string, unknown>): Promise<number | null>;
  /** Tokens expected of an answer before any was seen. */
  answerTokens: number;
  /** Called when a count came. */
  changed(): void;
}

/** Rows counted ahead, and of these at the same time: an engine that is busy answers slowly. */
const countedAhead = 32;
const countedAtOnce = 4;
/** Answers remembered, the share of them that an answer is expected not to exceed, and how many tell that. */
const answersKept = 256;
const quantile = 0.95;
const answersThatTell = 16;
/** Characters of a token before any row has told; rows told differ by this share and more. */
const firstCharsPerToken = 3;
const margin = 1.1;
/** Weight of the newest row in the characters of a token. */
const newest = 0.1;
/** An engine that could not tell so many counts in a row is not asked again. */
const vainCounts = 3;

interface Known {
  /** Null where the engine could not tell. */
  prompt: number | null;
  stated: number | null;
}

/** Bodies are read only when a row's weight is asked for. */
export function openWeights(o: WeightOptions): Weights {
  const known = new WeakMap<WorkRow, Known | 'asked'>();
  const answers: number[] = [];
  let expected = o.answerTokens;
  let told = 0;
  let tokensPerChar = 1 / firstCharsPerToken;
  let asking = 0;
  let vain = 0;

  const byLength = (row: WorkRow): number => Math.ceil(row.promptChars * tokensPerChar * margin);
  const answerOf = (stated: number | null): number =>
    // Before the answers have told how long they are, one may well be as long as it is allowed to be.
    stated === null ? expected : told < answersThatTell ? stated : Math.min(stated, expected);

  const ask = async (row: WorkRow): Promise<void> => {
    known.set(row, 'asked');
    asking += 1;
    const body = JSON.parse(row.body) as Record<string, unknown>;
    const prompt = vain >= vainCounts ? null : await o.count(row, body).catch(() => null);
    vain = prompt === null ? vain + 1 : 0;
    known.set(row, { prompt, stated: statedAnswer(body) });
    asking -= 1;
    o.changed();
  };

  return {
    of(row) {
      const found = known.get(row);
      if (found === undefined) {
        if (asking < countedAtOnce) void ask(row);
        return null;
      }
      return found === 'asked' ? null : (found.prompt ?? byLength(row)) + answerOf(found.stated);
    },
    guess: (row) => byLength(row) + expected,
    ahead(rows) {
      for (let at = 0; at < rows.length && at < countedAhead && asking < countedAtOnce; at++) {
        if (!known.has(rows[at]!)) void ask(rows[at]!);
      }
    },
    learn(row, landed) {
      const { promptTokens, completionTokens } = landed;
      if (promptTokens !== null && promptTokens > 0 && row.promptChars > 0)
        tokensPerChar += newest * (promptTokens / row.promptChars - tokensPerChar);
      if (completionTokens === null || !landed.ok) return;
      answers.push(completionTokens);
      if (answers.length > answersKept) answers.shift();
      told += 1;
      if (told % answersThatTell !== 0) return;
      const sorted = Int32Array.from(answers).sort();
      expected = sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * quantile))]!;
    },
  };
}
