/** Computes what the grid filters and sorts an item by, from its answers and from what people said of them. */

import type { Normaliser } from '../contracts/datasets.ts';
import { agreedDecision, type Comparing, compareAnswers, decisionEntropy, decisionNormaliser } from './differences.ts';
import { keyOf, sameValues } from './normalise.ts';

type Fields = Record<string, unknown>;

/** Longest answer whose text is compared as a whole where there is nothing else to compare, in characters. */
export const shortAnswer = 200;

/** An answer of a current run, as it is compared. */
export interface StateAnswer {
  modelId: string;
  ok: boolean;
  parse: 'json' | 'repaired' | 'text' | 'none';
  decision: string | null;
  fields: Fields | null;
  correct: boolean | null;
  /** Characters. */
  length: number | null;
  /** The content, when it has at most {@link shortAnswer} characters. */
  short: string | null;
  latencyMs: number | null;
  scores: Record<string, number> | null;
}

export interface Said {
  golden: number;
  fixed: number;
  wrong: number;
}

/** A row of item_states, without its key. */
export interface ItemState extends Said {
  decisions: Record<string, string | null>;
  correct: Record<string, boolean>;
  classes: Record<string, Record<string, number>>;
  groups: Record<string, number>;
  failed: number;
  failing: string[];
  answers: number;
  differs: boolean;
  diff_fields: string[];
  agreed: string | null;
  disagreement: number;
  longest: number;
  slowest: number;
  lowest_score: number | null;
  needs_review: boolean;
  /** Whether it needs review as long as nobody has said anything of it. */
  doubtful: boolean;
}

export interface StateRules extends Comparing {
  /** Whether answers are expected to hold a decision. */
  decided: boolean;
}

/**
 * The state of one item. A failed or unreadable answer is no difference by itself. Decisions that count as the same are
 * all written as most of them are.
 */
export function itemState(answers: StateAnswer[], rules: StateRules, said: Said): ItemState {
  const compared = compareAnswers(byModel(answers), rules);
  const decisions = spelledAlike(answers, decisionNormaliser(rules));
  const undecided = answers.every((answer) => answer.decision === null && answer.fields === null);
  const byText = undecided ? textClasses(answers) : null;
  const textDiffers = byText !== null && new Set(Object.values(byText)).size > 1;
  const differs = compared.differs || textDiffers;
  const classes = textDiffers ? { '': byText } : fieldClasses(answers, compared.diffFields, rules);
  const failing = answers.flatMap((answer) => (answer.ok ? [] : [answer.modelId]));
  const scores = answers.flatMap((answer) => Object.values(answer.scores ?? {})).filter(Number.isFinite);
  const doubtful = differs || failing.length > 0 || unreadable(answers, rules.decided);
  return {
    ...said,
    decisions,
    correct: Object.fromEntries(
      answers.flatMap(({ modelId, correct }) => (correct === null ? [] : [[modelId, correct]])),
    ),
    classes,
    groups: groupsOf(classes),
    failed: failing.length,
    failing,
    answers: answers.length,
    differs,
    diff_fields: compared.diffFields,
    agreed: compared.agreed,
    disagreement: byText === null ? compared.disagreement : decisionEntropy(Object.values(byText).map(String), exact),
    longest: Math.max(0, ...answers.map((answer) => answer.length ?? 0)),
    slowest: Math.max(0, ...answers.map((answer) => answer.latencyMs ?? 0)),
    lowest_score: scores.length === 0 ? null : Math.min(...scores),
    needs_review: doubtful && said.golden + said.fixed + said.wrong === 0,
    doubtful,
  };
}

const exact: Normaliser = { kind: 'exact' };

const byModel = (answers: StateAnswer[]) => Object.fromEntries(answers.map((answer) => [answer.modelId, answer]));

/** Decision by model; those with one key are written as most of them are. */
function spelledAlike(answers: StateAnswer[], normaliser: Normaliser): Record<string, string | null> {
  const decisions = answers.map((answer) => answer.decision);
  const known = decisions.filter((decision) => decision !== null);
  const all = normaliser.kind !== 'ignore' && sameValues(known, normaliser);
  const spelling = (decision: string): string => {
    if (normaliser.kind === 'ignore') return decision;
    const key = keyOf(decision, normaliser);
    const alike = all ? known : known.filter((other) => keyOf(other, normaliser) === key);
    return (alike.length > 1 ? agreedDecision(alike, normaliser) : null) ?? decision;
  };
  return Object.fromEntries(
    answers.map(({ modelId, decision }) => [modelId, decision === null ? null : spelling(decision)]),
  );
}

/** Prose is unreadable only where something is to be read: a decision, or fields as the others have them. */
function unreadable(answers: StateAnswer[], decided: boolean): boolean {
  const expected = decided || answers.some((answer) => answer.fields !== null);
  return expected && answers.some((answer) => answer.ok && answer.fields === null && answer.decision === null);
}

/** By differing field the class of each model that has something to compare: the models of one class are alike there. */
function fieldClasses(answers: StateAnswer[], paths: string[], rules: StateRules): ItemState['classes'] {
  const classes: ItemState['classes'] = Object.fromEntries(paths.map((path) => [path, {}]));
  if (paths.length === 0) return classes;
  const read = answers.filter((answer) => answer.fields !== null || answer.decision !== null);
  for (const [place, answer] of read.entries()) {
    const open = new Map(paths.map((path) => [path, place]));
    for (const before of read.slice(0, place)) {
      const apart = new Set(compareAnswers(byModel([before, answer]), rules).diffFields);
      for (const [path, group] of open)
        if (group === place && !apart.has(path)) open.set(path, classes[path]![before.modelId]!);
    }
    for (const [path, group] of open) classes[path]![answer.modelId] = group;
  }
  return classes;
}

/** The models of one group are of one class in all that differs. */
function groupsOf(classes: ItemState['classes']): Record<string, number> {
  const paths = Object.values(classes);
  const models = [...new Set(paths.flatMap((of) => Object.keys(of)))];
  const signatures = models.map((model) => paths.map((of) => of[model]).join());
  return Object.fromEntries(models.map((model, i) => [model, signatures.indexOf(signatures[i]!)]));
}

/** Class of each model by its whole text; null unless there are two or more answers, all of them short. */
function textClasses(answers: StateAnswer[]): Record<string, number> | null {
  const ok = answers.filter((answer) => answer.ok && (answer.length ?? 0) > 0);
  if (ok.length < 2 || ok.some((answer) => answer.short === null)) return null;
  const texts = ok.map((answer) => answer.short!.normalize('NFKC').toLowerCase().replaceAll(/\s+/g, ' ').trim());
  return Object.fromEntries(ok.map((answer, i) => [answer.modelId, texts.indexOf(texts[i]!)]));
}
