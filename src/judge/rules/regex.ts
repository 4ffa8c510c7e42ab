/** The rule regex: a pattern that has to be found, or not to be found. */

import type { RuleOf } from '../../contracts/judge-rules.ts';
import { type Check, failed, passed, placeOf, shown, textAt } from './checked-answer.ts';
import { linearRegex } from './linear-regex.ts';

/** Throws an Error for a pattern that is none; see linear-regex.ts. */
export function regexCheck({ pattern, flags, must, field }: RuleOf<'regex'>): Check {
  const regex = linearRegex(pattern, flags);
  const place = placeOf(field);
  const written = `/${pattern}/${flags}`;
  return (answer) => {
    const read = textAt(answer, field);
    if (read.missing !== null) return failed(read.missing);
    const found = regex.test(read.text);
    if (must === 'match') {
      return found
        ? passed(`${written} is found in ${place}`)
        : failed(`${written} is not found in ${place}: ${shown(read.text)}`);
    }
    if (!found) return passed(`${written} is not in ${place}`);
    const match = regex.find(read.text);
    const at = match === null ? '' : ` at character ${match.at}: ${shown(match.text)}`;
    return failed(`${written} must not be in ${place}, and is${at}`);
  };
}
