/** Guesses from a sample of answers which field is the decision, and which rules find it in texts. */

import type { DecisionRule } from '../contracts/datasets.ts';
import { splitPath } from '../datasets/field-path.ts';
import { applyRules } from './decision-rules.ts';
import { flatten } from './field-paths.ts';
import { textKey } from './text-key.ts';

/** Names of decisions, the likeliest first. */
const NAMES =
  'recommendation decision verdict judgement judgment winner preference choice label class classification category answer final_answer result rating grade sentiment priority severity intent status score'.split(
    ' ',
  );
/** A field of one of these names may have any number of values: answers to questions. */
const OPEN_NAMES = new Set(['answer', 'final_answer', 'result']);
const MAX_LENGTH = 60;
const MAX_DECISIONS = 20;

/** Rules for texts, tried in this order. What they take is bounded, so that lines of stars take no quadratic time. */
const RULES: DecisionRule[] = [
  { pattern: '####\\s*([^\\n]{1,200})', flags: 'i' },
  { pattern: '\\\\boxed\\{((?:[^{}\\n]|\\{[^{}\\n]{0,200}\\}){1,200})\\}', flags: 'i' },
  {
    pattern:
      '^[^\\w\\n]{0,10}(?:final answer|answer|a|verdict|decision|recommendation|conclusion|judge?ment|label|category|rating|winner)\\b[*_" \\t]{0,5}[:=][*_" \\t]{0,5}(\\S.{0,200}?)[ \\t.*_"]{0,10}$',
    flags: 'im',
  },
  {
    pattern:
      '\\b(?:the|my) (?:final )?(?:answer|verdict|decision|recommendation) is:?[*_"\\s]{0,5}(\\S.{0,60}?)[*_"]{0,5}(?:[.,;!]\\s|[.!]?\\s*$)',
    flags: 'im',
  },
  { pattern: '^[\\s*_"]*([^\\s*_"](?:[^\\n]{0,38}?[^\\s*_".])??)[\\s*_".!]*$', flags: '' },
];
/** A rule is of use when it finds something in at least this share of the texts. */
const RULE_SHARE = 0.2;

interface Tally {
  present: number;
  textual: number;
  long: number;
  values: Set<string>;
}

/** The path of the field that looks most like the decision; null when none does. */
export function guessDecision(answers: (Record<string, unknown> | null)[]): string | null {
  const objects = answers.filter((answer) => answer !== null);
  const tallies = new Map<string, Tally>();
  for (const answer of objects) for (const [path, { value }] of flatten(answer)) count(tallies, path, value);
  const likely = [...tallies].filter(([path, tally]) => isLikely(path, tally, objects.length));
  const named = likely.filter(([path]) => rank(path) < NAMES.length * 2);
  const depth = (path: string) => splitPath(path).length;
  named.sort(([a], [b]) => rank(a) - rank(b) || depth(a) - depth(b));
  if (named[0] !== undefined) return named[0][0];
  return likely.find(([, { values, textual, present }]) => values.size > 1 && textual === present)?.[0] ?? null;
}

/** The rules that find a decision in the answers that are not JSON. */
export function guessRules(texts: string[]): DecisionRule[] {
  const filled = texts.filter((text) => text.trim() !== '');
  return RULES.filter((rule) => {
    const found = applyRules(filled, [rule]).filter((decision) => decision !== null && decision.length <= MAX_LENGTH);
    return found.length > 0 && found.length >= filled.length * RULE_SHARE;
  });
}

function count(tallies: Map<string, Tally>, path: string, value: unknown): void {
  let tally = tallies.get(path);
  if (tally === undefined) {
    tally = { present: 0, textual: 0, long: 0, values: new Set() };
    tallies.set(path, tally);
  }
  if (value === null) return;
  tally.present += 1;
  if (typeof value === 'string' || typeof value === 'boolean') tally.textual += 1;
  const text = typeof value === 'object' ? '' : String(value);
  if (typeof value === 'object' || text.length > MAX_LENGTH || text.trim() === '') tally.long += 1;
  else tally.values.add(textKey(text));
}

/** Short, in at least half of the answers, and of few values for their number. */
function isLikely(path: string, { present, long, values }: Tally, objects: number): boolean {
  if (present * 2 < objects || present === 0 || long * 10 > present) return false;
  const few = values.size <= MAX_DECISIONS && (objects < 4 || values.size * 2 <= present);
  return few || OPEN_NAMES.has(nameOf(path));
}

/** Place in NAMES; names that only hold one of them, such as final_decision, come after all that are one. */
function rank(path: string): number {
  const name = nameOf(path);
  const exact = NAMES.indexOf(name);
  if (exact !== -1) return exact;
  const words = name.split('_');
  const part = NAMES.findIndex((each) => words.includes(each));
  return part === -1 ? NAMES.length * 2 : NAMES.length + part;
}

/** The last name of a path in snake case. */
function nameOf(path: string): string {
  return splitPath(path)
    .at(-1)!
    .replace(/([a-z\d])([A-Z])/g, '$1_$2')
    .replace(/[\s-]+/g, '_')
    .toLowerCase();
}
