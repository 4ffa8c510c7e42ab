/** Finds the strengths under which the wins that were seen are most likely, by the model of Bradley and Terry. */

import type { Wins } from './comparison-graph.ts';

export interface Strengths {
  /** Natural logarithms, one a place, with mean 0. */
  logs: number[];
  /** Whether the wins that the strengths give are those that were seen. */
  converged: boolean;
}

export interface FitOptions {
  /** Wins, and as many losses, against an average opponent that each is given; 0 gives the likeliest strengths. */
  prior?: number;
  /** Where to begin, as logarithms. */
  start?: number[];
  /** Most that the wins expected of one may differ from those seen, as a share of its comparisons. */
  close?: number;
}

const MAX_ROUNDS = 20_000;
const CLOSE = 1e-10;

/**
 * i is preferred to j with probability s_i / (s_i + s_j). Each round sets every strength to its wins divided by the sum
 * over its opponents of comparisons / (own + other strength), which never makes the wins less likely: the MM algorithm
 * of Hunter (2004), MM algorithms for generalized Bradley-Terry models, doi 10.1214/aos/1079120141.
 */
export function fitStrengths(wins: Wins, { prior = 0, start, close = CLOSE }: FitOptions = {}): Strengths {
  const places = [...wins.keys()];
  const played = places.map((i) => places.map((j) => wins[i]![j]! + wins[j]![i]!));
  const won = places.map((i) => wins[i]!.reduce((sum, each) => sum + each, 0) + prior);
  const total = played.map((row) => row.reduce((sum, each) => sum + each, 0) + 2 * prior);
  const strengths = places.map((i) => Math.exp(start?.[i] ?? 0));
  let converged = false;
  for (let round = 0; round < MAX_ROUNDS && !converged; round++) {
    converged = true;
    for (const i of places) {
      if (total[i] === 0) continue;
      let share = (2 * prior) / (strengths[i]! + 1);
      for (const j of places) if (played[i]![j]! > 0) share += played[i]![j]! / (strengths[i]! + strengths[j]!);
      if (Math.abs(won[i]! - strengths[i]! * share) > close * total[i]!) converged = false;
      strengths[i] = won[i]! / share;
    }
    if (prior === 0) rescale(strengths);
  }
  rescale(strengths);
  return { logs: strengths.map(Math.log), converged };
}

/** Only ratios count: to a geometric mean of 1. */
function rescale(strengths: number[]): void {
  const mean = strengths.reduce((sum, each) => sum + Math.log(each), 0) / strengths.length;
  for (const i of strengths.keys()) strengths[i]! /= Math.exp(mean);
}
