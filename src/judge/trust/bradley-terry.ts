/** Ranks models by who was preferred to whom, with intervals, and says which of them cannot be compared. */

import { percentileInterval, resample } from '../../compare/bootstrap.ts';
import type { Preference } from '../../contracts/judging.ts';
import { connectedGroups, mutualGroups, type Wins } from './comparison-graph.ts';
import { type FitOptions, fitStrengths } from './fit-strengths.ts';

export interface Comparison {
  a: string;
  b: string;
  preference: Preference;
  /** Comparisons of one item are drawn together in the bootstrap, since they are not independent. */
  item?: string;
}

export interface RankingOptions {
  /**
   * What a tie or an undecided comparison counts: half a win for each (the usual: Zheng et al. 2023, arXiv 2306.05685,
   * and its Elo analysis), or nothing.
   */
  ties?: 'half' | 'left_out';
  repetitions?: number;
  seed?: number;
  level?: number;
}

export interface Ranked {
  model: string;
  /** From 1, among the models of its group; strengths that differ by rounding alone share a rank. */
  rank: number;
  rankInterval: [best: number, worst: number];
  /** Natural logarithm of the strength, with mean 0 in its group: a difference of 1 is odds of e to 1. */
  strength: number;
  interval: [low: number, high: number];
  /** The same as Elo points: 1000 in the middle, 400 more are odds of 10 to 1. */
  elo: number;
  wins: number;
  losses: number;
  /** Ties and undecided comparisons. */
  ties: number;
  /** Place of its group in `groups`. */
  group: number;
}

export interface Ranking {
  /** By group, then by rank. */
  models: Ranked[];
  /** Models that comparisons connect, the largest group first. Strengths and ranks mean something within a group only. */
  groups: string[][];
  comparisons: number;
  /** In words. */
  warnings: string[];
}

/**
 * Half a win and half a loss against an average opponent for each model, where somebody has won or lost everything and
 * the likeliest strength would be infinite.
 */
const PRIOR = 0.5;
/** Logarithms of strengths closer than this are one strength. */
const SAME = 1e-6;
/** How close the strengths of a drawn sample are fitted, where the next sample differs by far more. */
const ROUGH = 1e-6;
const ELO_MIDDLE = 1000;
const ELO_PER_LOG = 400 / Math.LN10;

/** Comparisons of a model with itself do not count. Intervals are percentiles over comparisons drawn anew. */
export function rankModels(given: Comparison[], options: RankingOptions = {}): Ranking {
  const comparisons = given.filter(({ a, b }) => a !== b);
  const models = [...new Set(comparisons.flatMap(({ a, b }) => [a, b]))].sort();
  const places = new Map(models.map((model, at) => [model, at]));
  const counted = countedUnits(comparisons, places, options.ties ?? 'half');
  const all = winsOf(counted, models.length, counted.counts);
  const groups = connectedGroups(all).sort((a, b) => b.length - a.length);
  const warnings = apartWarning(groups, models);
  const ranked = groups.flatMap((group, at) => {
    const { rows, warning } = rankGroup({ group, models, counted, all }, options);
    if (warning !== null) warnings.push(warning);
    return rows.map((row) => ({ ...row, ...tally(row.model, comparisons), group: at }));
  });
  return {
    models: ranked,
    groups: groups.map((group) => group.map((place) => models[place]!)),
    comparisons: comparisons.length,
    warnings,
  };
}

/** The probability that one of two strengths of a group is preferred to the other. */
export function winProbability(strength: number, other: number): number {
  return 1 / (1 + Math.exp(other - strength));
}

interface Part {
  winner: number;
  loser: number;
  weight: number;
}

/** Kinds of items (or of lone comparisons) by what they add to the wins, and how many there are of each. */
interface Counted {
  units: Part[][];
  counts: number[];
}

function countedUnits(comparisons: Comparison[], places: Map<string, number>, ties: 'half' | 'left_out'): Counted {
  const items = new Map<string, Part[]>();
  comparisons.forEach((comparison, at) => {
    const key = comparison.item === undefined ? `alone ${at}` : `item ${comparison.item}`;
    const parts = partsOf(comparison, places, ties);
    const known = items.get(key);
    if (known === undefined) items.set(key, parts);
    else known.push(...parts);
  });
  const kinds = new Map<string, { unit: Part[]; count: number }>();
  for (const unit of items.values()) {
    const key = unit
      .map(({ winner, loser, weight }) => `${winner} ${loser} ${weight}`)
      .sort()
      .join();
    const known = kinds.get(key);
    if (known === undefined) kinds.set(key, { unit, count: 1 });
    else known.count += 1;
  }
  const all = [...kinds.values()];
  return { units: all.map(({ unit }) => unit), counts: all.map(({ count }) => count) };
}

function partsOf({ a, b, preference }: Comparison, places: Map<string, number>, ties: 'half' | 'left_out'): Part[] {
  const [left, right] = [places.get(a)!, places.get(b)!];
  if (preference === 'a') return [{ winner: left, loser: right, weight: 1 }];
  if (preference === 'b') return [{ winner: right, loser: left, weight: 1 }];
  if (ties === 'left_out') return [];
  return [
    { winner: Math.min(left, right), loser: Math.max(left, right), weight: 0.5 },
    { winner: Math.max(left, right), loser: Math.min(left, right), weight: 0.5 },
  ];
}

function winsOf({ units }: Counted, size: number, counts: ArrayLike<number>): Wins {
  const wins = Array.from({ length: size }, () => new Array<number>(size).fill(0));
  units.forEach((unit, at) => {
    const count = counts[at]!;
    if (count > 0) for (const { winner, loser, weight } of unit) wins[winner]![loser]! += count * weight;
  });
  return wins;
}

interface Group {
  /** Places of its models. */
  group: number[];
  models: string[];
  counted: Counted;
  all: Wins;
}

type GroupRow = Pick<Ranked, 'model' | 'rank' | 'rankInterval' | 'strength' | 'interval' | 'elo'>;

function rankGroup(
  { group, models, counted, all }: Group,
  options: RankingOptions,
): { rows: GroupRow[]; warning: string | null } {
  const inGroup = (wins: Wins): Wins => group.map((i) => group.map((j) => wins[i]![j]!));
  const bounded = (wins: Wins) => mutualGroups(wins).length > 1;
  const strengths = (wins: Wins, more: FitOptions) => fitStrengths(wins, { prior: bounded(wins) ? PRIOR : 0, ...more });
  const own = inGroup(all);
  const best = strengths(own, {});
  const ranks = ranksOf(best.logs);
  const drawnLogs = group.map((): number[] => []);
  const drawnRanks = group.map((): number[] => []);
  resample(counted.counts, options, (sample) => {
    const wins = inGroup(winsOf(counted, models.length, sample));
    const { logs } = strengths(wins, { start: best.logs, close: ROUGH });
    for (const [at, rank] of ranksOf(logs).entries()) {
      drawnLogs[at]!.push(logs[at]!);
      drawnRanks[at]!.push(rank);
    }
  });
  const rows = group.map((place, at) => {
    const [low, high] = percentileInterval(drawnRanks[at]!, options.level);
    return {
      model: models[place]!,
      rank: ranks[at]!,
      rankInterval: [Math.floor(low), Math.ceil(high)] as [number, number],
      strength: best.logs[at]!,
      interval: percentileInterval(drawnLogs[at]!, options.level),
      elo: ELO_MIDDLE + ELO_PER_LOG * best.logs[at]!,
    };
  });
  const names = group.map((place) => models[place]!);
  return { rows: rows.sort((a, b) => b.strength - a.strength), warning: groupWarning(best.converged, own, names) };
}

function ranksOf(logs: number[]): number[] {
  return logs.map((log) => 1 + logs.filter((other) => other > log + SAME).length);
}

function tally(model: string, comparisons: Comparison[]): Pick<Ranked, 'wins' | 'losses' | 'ties'> {
  const own = comparisons.filter(({ a, b }) => a === model || b === model);
  const won = ({ a, preference }: Comparison) => preference === (a === model ? 'a' : 'b');
  const lost = ({ a, preference }: Comparison) => preference === (a === model ? 'b' : 'a');
  const [wins, losses] = [own.filter(won).length, own.filter(lost).length];
  return { wins, losses, ties: own.length - wins - losses };
}

function apartWarning(groups: number[][], models: string[]): string[] {
  if (groups.length < 2) return [];
  const named = groups.map((group) => `{${group.map((place) => models[place]).join(', ')}}`).join(' and ');
  return [`No comparison that counts connects ${named}: models of one cannot be ranked against those of another.`];
}

function groupWarning(converged: boolean, wins: Wins, names: string[]): string | null {
  if (!converged) return `The strengths of ${names.join(', ')} had not settled when the calculation ended.`;
  const mutual = mutualGroups(wins);
  if (mutual.length < 2) return null;
  const parts = mutual.map((group) => `{${group.map((place) => names[place]).join(', ')}}`);
  return (
    `Between ${parts.join(' and ')} one side won every comparison, so no finite strength fits; ` +
    'each model was given half a win and half a loss against an average opponent.'
  );
}
