/** Writes what a failure is told apart by as text: why it is wrong, what was asked, what was answered. */

import type { Failure, FailurePart } from '../../contracts/mining.ts';

/** Characters that are kept of each part; twice as many are read, since blanks go. */
const keptChars: Record<FailurePart, number> = { reason: 600, prompt: 400, answer: 400 };
/** Values of the item that are told by their kind alone: longer ones are rather part of what went wrong. */
const valueChars = 80;

/** A number with its sign, groups, decimals and percent. */
const NUMBER = /(?<![\p{L}\p{N}_])[-+−]?[$€£]?\p{Nd}+(?:[.,:/]\p{Nd}+)*(?:\s?%)?(?![\p{L}_])/gu;

/**
 * The text of one part; '' where there is none. In reasons numbers and the item's own values are masked, so that "expected 18,
 * got 20" and "expected 7, got 9" are alike.
 */
export function failureText(failure: Failure, part: FailurePart): string {
  if (part === 'reason') return reasonText(failure);
  return tidied(failure[part] ?? '', keptChars[part]);
}

/** The texts of one part, in the order of the failures: what an embeddings model is to be given. */
export function failureTexts(failures: Failure[], part: FailurePart): string[] {
  return failures.map((failure) => failureText(failure, part));
}

function reasonText({ reason, criteria, expected, answer }: Failure): string {
  let text = tidied(reason ?? '', keptChars.reason);
  for (const value of [expected, answer]) {
    const known = tidied(value ?? '', valueChars + 1);
    // A single character is found in any word.
    if (known.length > 1 && known.length <= valueChars) text = text.replaceAll(known, '…');
  }
  const failing = tidied(criteria.slice(0, 20).join(', '), keptChars.reason);
  if (failing) text = text ? `${text} (${failing})` : failing;
  return text.replace(NUMBER, '#').slice(0, keptChars.reason).toWellFormed();
}

/** Without NUL, control characters and halves of pairs, blanks made one, cut to `chars`. */
function tidied(text: string, chars: number): string {
  return text
    .slice(0, 2 * chars)
    .normalize('NFKC')
    .replace(/[\p{C}\p{Z}]+/gu, ' ')
    .trim()
    .slice(0, chars)
    .toWellFormed();
}
