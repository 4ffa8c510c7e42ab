/** Keeps a model's rows within the requests and tokens a minute that its service allows, by what each row is thought to take. */

import type { LandedRow } from '../contracts/landing.ts';
import type { WorkRow } from './leases.ts';

/** Requests and tokens of the last minute, as the engines' room counts them. */
export interface RateLimit {
  /** Milliseconds until a request of that many tokens may be sent; 0: now. */
  waitMs(tokens: number): number;
  /** Books a request; what it gives corrects its tokens once they are known. */
  spent(tokens: number): (really: number) => void;
}

export interface Pace {
  /** Milliseconds until the row may be sent; 0: now. */
  waitMs(row: WorkRow): number;
  /** Books the row; to be told how it ended, null when nothing is known of its tokens. */
  sent(row: WorkRow): (landed: LandedRow | null) => void;
}

/** Characters of a token, before anything was measured: few, so that the first rows are not thought too small. */
const firstCharsPerToken = 3;
/** Tokens of an answer, before anything was measured. */
const firstAnswerTokens = 256;
/** Weight of the newest row in what is expected of the next. */
const newest = 0.1;

/** What rows take is learned from those that ended. */
export function openPace(limit: RateLimit): Pace {
  let tokensPerChar = 1 / firstCharsPerToken;
  let answer = firstAnswerTokens;
  const expected = (row: WorkRow): number => Math.ceil(row.promptChars * tokensPerChar + answer);
  return {
    waitMs: (row) => limit.waitMs(expected(row)),
    sent(row) {
      const correct = limit.spent(expected(row));
      return (landed) => {
        if (landed === null || landed.promptTokens === null || landed.completionTokens === null) return;
        correct(landed.promptTokens + landed.completionTokens);
        if (row.promptChars > 0) tokensPerChar += newest * (landed.promptTokens / row.promptChars - tokensPerChar);
        answer += newest * (landed.completionTokens - answer);
      };
    },
  };
}
