/** Similarity of code by its tokens, in their order. */

import { codeOf, codeTokens } from './code-tokens.ts';
import { longestCommon } from './longest-common.ts';

/**
 * Twice the longest common subsequence of the tokens by the tokens of both, 0 to 1; 1 for two texts without tokens. Of
 * an answer the longest fenced block counts; white space, comments and the kind of quotes do not. Names do: code that does
 * the same under other names is not recognised.
 */
export function codeSimilarity(answer: string, expected: string): number {
  const [given, wanted] = [codeOf(answer), codeOf(expected)];
  const a = codeTokens(given.text, given.style ?? wanted.style ?? 'slash');
  const b = codeTokens(wanted.text, wanted.style ?? given.style ?? 'slash');
  return a.length + b.length === 0 ? 1 : (2 * longestCommon(b, a)) / (a.length + b.length);
}
