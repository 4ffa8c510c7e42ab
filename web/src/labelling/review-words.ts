/** What labels have bought: the widths of intervals by round as lines of a chart, and the newest step in words. */

import type { ReviewRound } from '../../../src/contracts/label-studio.ts';
import { countText } from '../grid/cell-text.ts';

export type Figure = ReviewRound['figures'][number];

export interface WidthPoint {
  round: number;
  /** Labels up to the round. */
  labels: number;
  /** Percentage points from one end of the interval to the other; null: there was none. */
  width: number | null;
}

export interface WidthLine {
  name: string;
  model: string;
  /** Mended by a judge's verdicts (PPI++), or by the labels alone. */
  corrected: boolean;
  points: WidthPoint[];
}

export const inOrder = (rounds: readonly ReviewRound[]): ReviewRound[] => [...rounds].sort((a, b) => a.round - b.round);

/** Percentage points; null where an end is missing. */
const widthOf = (low: number | null, high: number | null) =>
  low === null || high === null ? null : (high - low) * 100;

/** One line a model, and one more where a judge's verdicts mend its figure; models by name. A line without a value is left out. */
export function widthLines(rounds: readonly ReviewRound[]): WidthLine[] {
  const ordered = inOrder(rounds);
  const models = [...new Set(ordered.flatMap(({ figures }) => figures.map(({ model_id }) => model_id)))].sort();
  return models.flatMap((model) =>
    [false, true]
      .map((corrected) => ({
        name: corrected ? `${model}, with the judge` : model,
        model,
        corrected,
        points: ordered.map(({ round, labels, figures }) => {
          const figure = figures.find(({ model_id }) => model_id === model);
          return { round, labels, width: figure === undefined ? null : widthIn(figure, corrected) };
        }),
      }))
      .filter(({ points }) => points.some(({ width }) => width !== null)),
  );
}

const widthIn = (figure: Figure, corrected: boolean) =>
  corrected ? widthOf(figure.corrected_low, figure.corrected_high) : widthOf(figure.low, figure.high);

/** "82 % golden, between 71 and 89 %" */
export function shareText({ share, low, high, golden, n }: Figure): string {
  if (share === null || low === null || high === null) return `${countText(golden)} of ${countText(n)} golden`;
  return `${percent(share)} % golden, between ${percent(low)} and ${percent(high)} %`;
}

const percent = (share: number) => Number((share * 100).toFixed(1));
const points = (width: number) => `${Number(width.toFixed(1))} points`;

/** What the newest round says beside the one before it, a sentence each; the first is of the round itself. */
export function boughtTexts(rounds: readonly ReviewRound[]): string[] {
  const ordered = inOrder(rounds);
  const [now, before] = [ordered.at(-1), ordered.at(-2)];
  if (now === undefined) return [];
  if (before === undefined) {
    return [`${labelsText('The first', now.labels, now.audit_labels)}:`, ...now.figures.map(firstText)];
  }
  const [labels, audit] = [now.labels - before.labels, now.audit_labels - before.audit_labels];
  return [
    `${labelsText('The last', labels, audit)}:`,
    ...now.figures.map((figure) =>
      movedText(figure, before.figures.find(({ model_id }) => model_id === figure.model_id) ?? null),
    ),
  ];
}

const labelsText = (which: string, labels: number, audit: number): string =>
  `${which} ${countText(labels)} ${labels === 1 ? 'label' : 'labels'}, ${countText(audit)} of them in the audit sample`;

const firstText = (figure: Figure): string => `${figure.model_id}: ${shareText(figure)}.`;

/** A narrower interval is told before one by the judge, for it needs nothing but people. */
function movedText(figure: Figure, before: Figure | null): string {
  const pairs = [
    [before === null ? null : widthIn(before, false), widthIn(figure, false), 'the interval'],
    [before === null ? null : widthIn(before, true), widthIn(figure, true), 'the interval mended by the judge'],
  ] as const;
  const moves = pairs.flatMap(([was, is, what]) => {
    if (is === null) return [];
    if (was === null) return [`${what} is ${points(is)} wide`];
    const by = was - is;
    if (Math.abs(by) < 0.05) return [`${what} stays ${points(is)} wide`];
    return [
      `${what} went from ${points(was)} to ${points(is)}, ${points(Math.abs(by))} ${by > 0 ? 'narrower' : 'wider'}`,
    ];
  });
  return `${figure.model_id}: ${shareText(figure)}${moves.length === 0 ? '' : `; ${moves.join('; ')}`}.`;
}
