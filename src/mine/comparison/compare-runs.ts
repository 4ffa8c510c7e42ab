/** Holds the patterns of an analysis against a later judge run over the same items: which went, which came. */

import type { Failure, PatternComparison } from '../../contracts/mining.ts';
import { AssayError } from '../../errors.ts';
import type { AnalysisDeps } from '../analyses/analysis-deps.ts';
import { type AnalysisRow, selectAnalysis } from '../analyses/analysis-row.ts';
import { foundOf } from '../analyses/read-analyses.ts';
import { embedKept } from '../embedding/kept-vectors.ts';
import { failuresOf } from '../failures/gather-failures.ts';
import { failuresAfter } from '../failures/store-failures.ts';
import { failureTexts } from '../vectors/failure-texts.ts';
import { assignToClusters, centresOf } from './assign-clusters.ts';
import { readBothVerdicts } from './both-verdicts.ts';
import { comparePatterns } from './compare-patterns.ts';

/** New failures that are put to patterns, and failures of before that say where those are. */
const placedAtMost = 5000;

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
    clusterAfter: item.failedAfter ? (places?.get(item.itemId) ?? known.get(item.itemId) ?? null) : null,
  }));
  const notes = [...both.notes, ...(places === null ? [unplaced] : [])];
  return comparePatterns({ ...both, items, patterns, notes });
}

const unplaced =
  'Failures were told apart by their words, so those that came since stand in no pattern; an analysis by an embeddings model puts them to one.';

const nothingBefore = (id: string): AssayError =>
  new AssayError('conflict', {
    what: `Analysis ${id} has no judge run to compare with: its failures were imported, or its step judge has not begun`,
    remedy: 'Take an analysis of a judged benchmark.',
  });

/** Where the failures of the later run stand among the patterns; null without an embeddings model. */
async function placesOfNew(
  deps: AnalysisDeps,
  analysis: AnalysisRow,
  { after, known }: { after: string; known: Map<string, number> },
): Promise<Map<string, number | null> | null> {
  const model = analysis.vectors?.by === 'model' ? analysis.vectors.model : null;
  if (model === null) return null;
  const { user_id: userId, analysis_id: id } = analysis;
  const later: Failure[] = [];
  for await (const page of failuresOf(deps.db, userId, after)) {
    for (const one of page) if (!known.has(one.candidate_id)) later.push({ ...one, ordinal: later.length });
    if (later.length >= placedAtMost) break;
  }
  const before = await deps.db.asUser(userId, (q) => failuresAfter(q, id, { after: -1, limit: placedAtMost }));
  const { rows } = await deps.db.asUser(userId, (q) =>
    q.query<{ cluster: number | null }>(
      'select cluster from analysis_failures where analysis_id = $1 order by ordinal limit $2',
      [id, placedAtMost],
    ),
  );
  const vectors = await joinedVectors(deps, analysis, { model, failures: [...before, ...later] });
  const members = before.flatMap((_, at) => {
    const [vector, cluster] = [vectors[at], rows[at]?.cluster ?? null];
    return vector == null || cluster === null ? [] : [{ cluster, vector }];
  });
  const failures = later.map(({ candidate_id }, at) => ({
    itemId: candidate_id,
    vector: vectors[before.length + at]!,
  }));
  return assignToClusters(failures, { known, centres: centresOf(members) });
}

/** The vectors of reason and prompt behind each other, each of a length by its weight; null where both are missing. */
async function joinedVectors(
  deps: AnalysisDeps,
  { user_id: userId, settings }: AnalysisRow,
  { model, failures }: { model: string; failures: Failure[] },
): Promise<(Float32Array | null)[]> {
  const hands = { tell: () => undefined, signal: new AbortController().signal };
  const parts: { weight: number; rows: (Float32Array | null)[] }[] = [];
  for (const part of ['reason', 'prompt'] as const) {
    const weight = settings.cluster.weights[part];
    if (weight === 0) continue;
    const texts = failureTexts(failures, part).map((text) => (text === '' ? '-' : text));
    parts.push({ weight: Math.sqrt(weight), rows: await embedKept(deps, { userId, model, texts }, hands) });
  }
  const width = parts.flatMap(({ rows }) => rows.find((row) => row !== null)?.length ?? []).at(0) ?? 0;
  return failures.map((_, at) => {
    if (parts.every(({ rows }) => rows[at] == null)) return null;
    const joined = new Float32Array(width * parts.length);
    for (const [place, { weight, rows }] of parts.entries())
      for (const [column, value] of rows[at]?.entries() ?? []) joined[place * width + column] = weight * value;
    return joined;
  });
}
