/** Holds the patterns of an analysis against a later judge run over the same items: which went, which came. */

import { seededRandom } from '../../compare/random.ts';
import { clusterOptions, type Failure, failureParts, type PatternComparison } from '../../contracts/mining.ts';
import { AssayError } from '../../errors.ts';
import type { AnalysisDeps } from '../analyses/analysis-deps.ts';
import { type AnalysisRow, selectAnalysis } from '../analyses/analysis-row.ts';
import { foundOf } from '../analyses/read-analyses.ts';
import { rowsOf } from '../embedding/rows-of.ts';
import { failuresOf } from '../failures/gather-failures.ts';
import { listFailures } from '../failures/store-failures.ts';
import { failureTexts } from '../vectors/failure-texts.ts';
import { joinParts, type Part } from '../vectors/join-parts.ts';
import { assignToClusters, centresOf } from './assign-clusters.ts';
import { readBothVerdicts } from './both-verdicts.ts';
import { comparePatterns } from './compare-patterns.ts';

/** New failures that are put to patterns, and failures of before that say where those are, at most: their vectors are made while one waits. */
const placedAtMost = 1000;

/** @throws AssayError not_found, conflict when the two cannot be compared, or what embeddings throw */
export async function compareRuns(
  deps: AnalysisDeps,
  userId: string,
  of: { id: string; after: string; before?: string | undefined },
): Promise<PatternComparison> {
  const { analysis, both, patterns } = await deps.db.asUser(userId, async (q) => {
    const row = await selectAnalysis(q, of.id);
    const before = of.before ?? row.judge_run_ids[0];
    if (before === undefined) throw nothingBefore(of.id);
    const found = await foundOf(q, of.id);
    return {
      analysis: row,
      patterns: found.flatMap(({ pattern }) => pattern ?? []),
      both: await readBothVerdicts(q, { analysisId: of.id, beforeJudgeRunId: before, afterJudgeRunId: of.after }),
    };
  });
  const known = new Map(
    both.items.flatMap(({ itemId, clusterBefore }) => (clusterBefore === null ? [] : [[itemId, clusterBefore]])),
  ) as Map<string, number>;
  const places = await placesOfNew(deps, analysis, { after: of.after, known });
  const items = both.items.map((item) => ({
    ...item,
    clusterAfter: item.failedAfter ? (places?.of.get(item.itemId) ?? known.get(item.itemId) ?? null) : null,
  }));
  const notes = [...both.notes, ...(places === null ? [unplaced] : places.left === 0 ? [] : [beyond(places.left)])];
  return comparePatterns({ ...both, items, patterns, notes });
}

const unplaced = 'Failures are not clustered yet, so those that came since stand in no pattern.';

const beyond = (left: number): string =>
  `${left} failures that came since stand in no pattern: ${placedAtMost} are put to patterns at most.`;

const nothingBefore = (id: string): AssayError =>
  new AssayError('conflict', {
    what: `Analysis ${id} has no judge run to compare with: its failures were imported, or its step judge has not begun`,
    remedy: 'Take an analysis of a judged benchmark.',
  });

/** Where the failures of the later run stand among the patterns, and how many were left out; null before there are clusters. */
async function placesOfNew(
  deps: AnalysisDeps,
  analysis: AnalysisRow,
  { after, known }: { after: string; known: Map<string, number> },
): Promise<{ of: Map<string, number | null>; left: number } | null> {
  if (analysis.vectors === null) return null;
  const { user_id: userId, analysis_id: id } = analysis;
  const later: Failure[] = [];
  let left = 0;
  for await (const page of failuresOf(deps.db, userId, after)) {
    for (const one of page.filter(({ candidate_id }) => !known.has(candidate_id))) {
      if (later.length < placedAtMost) later.push({ ...one, ordinal: later.length });
      else left += 1;
    }
  }
  const { data: before } = await deps.db.asUser(userId, (q) => listFailures(q, id, { after: -1, limit: placedAtMost }));
  const vectors = await joinedVectors(deps, analysis, [...before, ...later]);
  const members = before.flatMap(({ cluster }, at) => {
    const vector = vectors[at];
    return vector === undefined || cluster === null ? [] : [{ cluster, vector }];
  });
  const failures = later.map(({ candidate_id }, at) => ({
    itemId: candidate_id,
    vector: vectors[before.length + at]!,
  }));
  return { of: assignToClusters(failures, { known, centres: centresOf(members) }), left };
}

/** One vector a failure, as the clusters were found by: by the model's embeddings, or by words, in one space for all of them. */
async function joinedVectors(
  deps: AnalysisDeps,
  { user_id: userId, settings, vectors: by }: AnalysisRow,
  failures: Failure[],
): Promise<Float32Array[]> {
  const hands = { tell: () => undefined, signal: new AbortController().signal };
  const { weights, seed } = clusterOptions.parse(settings.cluster);
  const parts: Part[] = [];
  for (const part of failureParts) {
    const [weight, texts] = [weights[part], failureTexts(failures, part)];
    if (weight === 0) continue;
    const model = by?.model ?? null;
    const rows = model === null ? null : await rowsOf(deps, { userId, model, texts }, hands);
    parts.push({ weight, texts, vectors: rows });
  }
  const sample = failures.map((_, at) => at);
  const { columns, values } = joinParts(parts, { sample, random: seededRandom(seed) });
  return failures.map((_, at) => Float32Array.from(values.subarray(at * columns, (at + 1) * columns)));
}
