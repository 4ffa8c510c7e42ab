/** Asks one rule about one answer, as the tests of the rules do. */

import { findJson } from '../../../src/compare/find-json.ts';
import { ruleSchema } from '../../../src/contracts/judge-rules.ts';
import { compileRules, type RuleResult } from '../../../src/judge/rules/run-rules.ts';

interface Asked {
  expected?: unknown;
  input?: unknown;
  finishReason?: string | null;
  /** In place of the JSON found in the content. */
  json?: unknown;
}

/** What `rule` says of an answer with `content`. */
export function judged(rule: object, content: string, asked: Asked = {}): RuleResult {
  const judge = compileRules([ruleSchema.parse(rule)]);
  const json = 'json' in asked ? asked.json : findJson(content, null)?.value;
  const { finishReason = 'stop', input = {}, expected = null } = asked;
  return judge({ content, finishReason, json, item: { input, expected } }).results[0]!;
}

/** `pass`, `fail`, or `n/a` where the rule does not apply. */
export function verdict(rule: object, content: string, asked: Asked = {}): 'pass' | 'fail' | 'n/a' {
  const { pass, applies } = judged(rule, content, asked);
  return applies ? (pass ? 'pass' : 'fail') : 'n/a';
}
