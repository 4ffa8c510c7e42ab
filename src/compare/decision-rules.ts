/** Reads the decision out of texts by rules: the first group of the first pattern that matches. */

import vm from 'node:vm';
import type { DecisionRule } from '../contracts/datasets.ts';
import { AssayError } from '../errors.ts';
import { plainText } from './plain-data.ts';

/** Longest decision kept, in characters. */
export const MAX_DECISION = 500;
/** Rules look at the end of longer answers, in characters. */
const MAX_TEXT = 20_000;
/**
 * A pattern may take exponential time, and nothing but an isolate's interrupt ends it: so rules run under vm's timeout,
 * many texts in one call, since a call costs 260 us of which the matching is 2 us.
 */
const TIMEOUT_MS = 200;
/** A pattern that ran out of time on this many texts in a row is left alone for a while. */
const MAX_TIMEOUTS = 3;
const PAUSE_MS = 60_000;

interface Compiled {
  pattern: RegExp;
  timeouts: number;
  /** Not tried before this time. */
  pausedTo: number;
}

const compiled = new Map<string, Compiled | null>();
const context = vm.createContext(Object.create(null));
const script = new vm.Script('texts.map((text) => pattern.exec(text))');

/** Throws invalid_parameter for the first pattern that is none. */
export function checkRules(rules: DecisionRule[]): void {
  rules.forEach((rule, at) => {
    try {
      new RegExp(rule.pattern, rule.flags);
    } catch (error) {
      const param = `comparing.rules[${at}].pattern`;
      const problem = `must be a regular expression (${(error as Error).message})`;
      throw new AssayError('invalid_parameter', { param, problem, value: rule.pattern }, { param });
    }
  });
}

/** The decision in each of `texts`, or null. Patterns that are no pattern match nothing. */
export function applyRules(texts: string[], rules: DecisionRule[]): (string | null)[] {
  const decisions: (string | null)[] = texts.map(() => null);
  const looked = texts.map((text) => text.slice(-MAX_TEXT));
  for (const rule of rules) {
    const open = decisions.flatMap((decision, at) => (decision === null && looked[at] !== '' ? [at] : []));
    if (open.length === 0) break;
    matches(
      open.map((at) => looked[at]!),
      rule,
    ).forEach((match, place) => {
      const text = match === null ? '' : plainText(match[1] ?? (match.length > 1 ? '' : match[0])).trim();
      if (text !== '') decisions[open[place]!] = text.slice(0, MAX_DECISION).toWellFormed();
    });
  }
  return decisions;
}

function matches(texts: string[], rule: DecisionRule): (RegExpExecArray | null)[] {
  const known = compiledRule(rule);
  if (known === null || Date.now() < known.pausedTo) return texts.map(() => null);
  try {
    Object.assign(context, { pattern: known.pattern, texts });
    const found = script.runInContext(context, { timeout: TIMEOUT_MS }) as (RegExpExecArray | null)[];
    known.timeouts = 0;
    return found;
  } catch {
    // One slow text must not take the decisions of the others: each gets a try of its own.
    if (texts.length > 1) return texts.flatMap((text) => matches([text], rule));
    known.timeouts += 1;
    if (known.timeouts >= MAX_TIMEOUTS) Object.assign(known, { timeouts: 0, pausedTo: Date.now() + PAUSE_MS });
    return [null];
  }
}

function compiledRule(rule: DecisionRule): Compiled | null {
  const key = `${rule.flags}/${rule.pattern}`;
  let known = compiled.get(key);
  if (known === undefined) {
    try {
      known = { pattern: new RegExp(rule.pattern, rule.flags), timeouts: 0, pausedTo: 0 };
    } catch {
      known = null;
    }
    if (compiled.size > 1000) compiled.clear();
    compiled.set(key, known);
  }
  return known;
}
