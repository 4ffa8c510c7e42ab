/** Asks the rules that hold for any answer: it is whole, it does not refuse, it does not repeat itself. */

import { plainText } from '../../compare/plain-data.ts';
import { ruleSchema } from '../../contracts/judge-rules.ts';
import { compileRules } from '../../judge/rules/run-rules.ts';
import type { Reply } from '../asks/ask.ts';

const kinds = ['basic_quality', 'refusal', 'repetition'] as const;
const judge = compileRules(kinds.map((kind) => ruleSchema.parse({ kind })));

/** Names of the rules that failed, and of all that apply. */
export function basicRules({ text, finishReason }: Reply): { failed: string[]; asked: string[] } {
  const input = { content: plainText(text ?? ''), finishReason, json: undefined, item: { input: {}, expected: null } };
  const results = judge(input).results.filter(({ applies }) => applies);
  return {
    failed: results.filter(({ pass }) => !pass).map(({ name }) => name),
    asked: results.map(({ name }) => name),
  };
}
