/** Judges answers by rules: makes a list of rules ready once, then asks each of every answer. */

import { plainData, plainText } from '../../compare/plain-data.ts';
import type { Rule, RuleKind } from '../../contracts/judge-rules.ts';
import { AssayError } from '../../errors.ts';
import { basicQualityCheck } from './basic-quality.ts';
import { type Answer, answerOf, type Check, failed, type RuleInput, type Verdict } from './checked-answer.ts';
import { citationsCheck } from './citations.ts';
import { allowedValuesCheck, fieldEqualsCheck, requiredFieldsCheck } from './fields.ts';
import { formatCheck } from './format.ts';
import { jsonSchemaCheck } from './json-schema.ts';
import { languageCheck } from './language.ts';
import { lengthCheck } from './length.ts';
import { numericCheck } from './numeric.ts';
import { policyCheck } from './policy.ts';
import { refusalCheck } from './refusal.ts';
import { regexCheck } from './regex.ts';
import { repetitionCheck } from './repetition.ts';

/** Characters of a reason that are kept: parsers may quote all of an answer. */
const MAX_REASON = 1000;

export type { RuleInput } from './checked-answer.ts';

/** What one rule says of an answer. */
export interface RuleResult {
  name: string;
  kind: RuleKind;
  /** True, too, where the rule does not apply. */
  pass: boolean;
  /** Whether it could be asked: numeric needs an expected number, language some text. Else it counts nowhere. */
  applies: boolean;
  severity: 'fail' | 'warn';
  /** In plain words, with the value, what was expected and the place. */
  reason: string;
  details?: Record<string, unknown>;
}

/** What all rules say of an answer. */
export interface RuleOutcome {
  /** Whether every rule of severity fail passed. */
  pass: boolean;
  /** 0 to 10: the weighted share of the rules that passed, of those that apply; 10 when none does. */
  score: number;
  /** Whether a rule failed that makes the call to an LLM judge unnecessary. */
  spareLlm: boolean;
  /** How many rules apply. */
  applied: number;
  results: RuleResult[];
}

/**
 * Makes rules ready. What it gives is pure and synchronous, and takes time linear in the length of an answer.
 * Throws invalid_parameter, with the place as `rules[i].…`, for a pattern, a schema or a language that cannot be used.
 * ```ts
 * const judge = compileRules([ruleSchema.parse({ kind: 'numeric' })]);
 * judge({ content: 'A: 18', finishReason: 'stop', json: undefined, item: { input: {}, expected: '#### 18' } }).pass; // true
 * ```
 */
export function compileRules(rules: Rule[]): (answer: RuleInput) => RuleOutcome {
  const ready = rules.map((rule, at) => ({ rule, check: compiled(rule, at) }));
  return (input) => {
    const answer = answerOf(input);
    const results = ready.map(({ rule, check }) => resultOf(rule, ask(check, answer)));
    let passed = 0;
    let weights = 0;
    rules.forEach(({ weight }, at) => {
      if (!results[at]!.applies) return;
      weights += weight;
      if (results[at]!.pass) passed += weight;
    });
    return {
      pass: results.every(({ pass, severity }) => pass || severity === 'warn'),
      score: weights === 0 ? 10 : (10 * passed) / weights,
      spareLlm: results.some(({ pass }, at) => !pass && rules[at]!.spares_llm),
      applied: results.filter(({ applies }) => applies).length,
      results,
    };
  };
}

function ask(check: Check, answer: Answer): Verdict {
  try {
    return check(answer);
  } catch (error) {
    // Validators walk values by recursion, which an answer of a million brackets brings to the end of the stack.
    if (error instanceof RangeError) return failed('the answer is nested too deeply to be checked');
    throw error;
  }
}

function resultOf({ name, kind, severity }: Rule, { pass, reason, details }: Verdict): RuleResult {
  return {
    name: name ?? kind,
    kind,
    pass: pass ?? true,
    applies: pass !== null,
    severity,
    reason: plainText(reason.length > MAX_REASON ? `${reason.slice(0, MAX_REASON - 1)}…` : reason),
    ...(details === undefined ? {} : { details: plainData(details) as Record<string, unknown> }),
  };
}

/** The parameter that a message about a rule that cannot be made ready is about. */
const blamed: Partial<Record<RuleKind, 'pattern' | 'schema' | 'languages'>> = {
  regex: 'pattern',
  json_schema: 'schema',
  language: 'languages',
};

function compiled(rule: Rule, at: number): Check {
  try {
    return checkOf(rule);
  } catch (error) {
    const parameter = blamed[rule.kind];
    if (parameter === undefined) throw error;
    const param = `rules[${at}].${parameter}`;
    const value = (rule as unknown as Record<string, unknown>)[parameter];
    throw new AssayError('invalid_parameter', { param, problem: (error as Error).message, value }, { param });
  }
}

function checkOf(rule: Rule): Check {
  switch (rule.kind) {
    case 'json_schema':
      return jsonSchemaCheck(rule);
    case 'required_fields':
      return requiredFieldsCheck(rule);
    case 'allowed_values':
      return allowedValuesCheck(rule);
    case 'field_equals':
      return fieldEqualsCheck(rule);
    case 'regex':
      return regexCheck(rule);
    case 'numeric':
      return numericCheck(rule);
    case 'length':
      return lengthCheck(rule);
    case 'language':
      return languageCheck(rule);
    case 'refusal':
      return refusalCheck(rule);
    case 'repetition':
      return repetitionCheck(rule);
    case 'citations':
      return citationsCheck(rule);
    case 'format':
      return formatCheck(rule);
    case 'policy':
      return policyCheck(rule);
    case 'basic_quality':
      return basicQualityCheck(rule);
  }
}
