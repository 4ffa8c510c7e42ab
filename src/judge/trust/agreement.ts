/** How far a judge can be trusted: its verdicts against people's, as confusion, rates, kappa, and a verdict in words. */

import { cohensKappa } from '../../compare/agreement.ts';
import { bootstrap } from '../../compare/bootstrap.ts';
import { patternsOf } from '../../compare/patterns.ts';
import { type AgreementMarks, type Verdict, verdictOn } from './agreement-verdict.ts';
import { LEVEL, type Share, shareOf } from './wilson.ts';

/** An answer that people and judge have both seen. */
export interface LabelledRow {
  id: string;
  /** "pass" or "fail", "1" or "2", any label. */
  human: string;
  /** null: the reply could not be used. */
  judge: string | null;
  /** Category, rubric version, or whatever the figures are wanted by. */
  group?: string | null;
}

export interface AgreementOptions {
  /** The label that counts as passed; without it there are no rates and no four cells. */
  positive?: string;
  marks?: Partial<AgreementMarks>;
  level?: number;
  seed?: number;
  repetitions?: number;
}

/** Ids by cell, for two labels. Unusable replies stand in none of the four. */
export interface FourCells {
  /** Passed by both. */
  a: string[];
  /** Passed by the judge alone. */
  b: string[];
  /** Passed by people alone. */
  c: string[];
  /** Passed by neither. */
  d: string[];
}

export interface AgreementFigures {
  n: number;
  /** Ids of the answers for which the judge's reply could not be used. They count as wrong in every figure here. */
  unusable: string[];
  /** The pairs of labels that occur, most frequent first, with the answers of each; `judge` null: unusable. */
  confusion: { human: string; judge: string | null; ids: string[] }[];
  cells: FourCells | null;
  /** Of what people passed, what the judge passed. */
  truePositiveRate: Share | null;
  /** Of what people failed, what the judge failed. */
  trueNegativeRate: Share | null;
  /** Share of the answers of which both say the same. */
  accuracy: Share;
  /** Cohen's kappa, unusable being a label of its own; null where it is not defined. The interval is bootstrapped. */
  kappa: number | null;
  kappaInterval: [low: number, high: number] | null;
  /** People's labels, and how many more of each would make a balanced set that is large enough. */
  labels: Record<string, { have: number; missing: number }>;
  verdict: Verdict;
}

export interface JudgeAgreement extends AgreementFigures {
  /** By group, the largest first; empty when no row names one. */
  groups: (AgreementFigures & { group: string })[];
}

/** Stands for an unusable reply among the labels, which are texts that people chose. */
const UNUSABLE = '\u0000unusable';

/** Figures are of the rows given: for a figure on all answers, the rows have to be a random sample of them. */
export function judgeAgreement(rows: LabelledRow[], options: AgreementOptions = {}): JudgeAgreement {
  const groups = new Map<string, LabelledRow[]>();
  for (const row of rows) {
    if (row.group === undefined || row.group === null) continue;
    const of = groups.get(row.group);
    if (of === undefined) groups.set(row.group, [row]);
    else of.push(row);
  }
  return {
    ...figuresOf(rows, options),
    groups: [...groups]
      .map(([group, of]) => ({ group, ...figuresOf(of, options) }))
      .sort((a, b) => b.n - a.n || (a.group < b.group ? -1 : 1)),
  };
}

function figuresOf(rows: LabelledRow[], options: AgreementOptions): AgreementFigures {
  const { positive, level = LEVEL, seed, repetitions } = options;
  const patterns = patternsOf([rows.map(({ human }) => human), rows.map(({ judge }) => judge ?? UNUSABLE)]);
  const kappaOf = cohensKappa(patterns);
  const kappa = kappaOf(patterns.counts);
  const cells = positive === undefined ? null : fourCells(rows, positive);
  const passed = rows.filter(({ human }) => human === positive).length;
  const same = rows.filter(({ human, judge }) => human === judge).length;
  const figures = {
    n: rows.length,
    unusable: rows.filter(({ judge }) => judge === null).map(({ id }) => id),
    confusion: confusionOf(rows),
    cells,
    truePositiveRate: cells && shareOf(cells.a.length, passed, level),
    trueNegativeRate: cells && shareOf(cells.d.length, rows.length - passed, level),
    accuracy: shareOf(same, rows.length, level),
    kappa,
    kappaInterval: kappa === null ? null : bootstrap(patterns.counts, kappaOf, { level, seed, repetitions }),
  };
  const { labels, verdict } = verdictOn(figures, countedLabels(rows, positive), options.marks);
  return { ...figures, labels, verdict };
}

function fourCells(rows: LabelledRow[], positive: string): FourCells {
  const ids = (human: boolean, judge: boolean) =>
    rows
      .filter((row) => row.judge !== null && (row.human === positive) === human && (row.judge === positive) === judge)
      .map(({ id }) => id);
  return { a: ids(true, true), b: ids(false, true), c: ids(true, false), d: ids(false, false) };
}

function confusionOf(rows: LabelledRow[]): AgreementFigures['confusion'] {
  const cells = new Map<string, AgreementFigures['confusion'][number]>();
  for (const { id, human, judge } of rows) {
    const key = JSON.stringify([human, judge]);
    const cell = cells.get(key);
    if (cell === undefined) cells.set(key, { human, judge, ids: [id] });
    else cell.ids.push(id);
  }
  return [...cells.values()].sort((a, b) => b.ids.length - a.ids.length);
}

/** How often people gave each label. With a positive one there are two, the others being one together. */
function countedLabels(rows: LabelledRow[], positive: string | undefined): Map<string, number> {
  const negative = positive === 'pass' ? 'fail' : `not ${positive}`;
  const other = rows.find(({ human }) => human !== positive)?.human ?? negative;
  const counts = new Map<string, number>(
    positive === undefined
      ? []
      : [
          [positive, 0],
          [other, 0],
        ],
  );
  for (const { human } of rows) {
    const label = positive === undefined || human === positive ? human : other;
    counts.set(label, (counts.get(label) ?? 0) + 1);
  }
  return counts;
}
