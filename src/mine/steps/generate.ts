/** The step "generate": has training rows written that aim at the patterns, and keeps them with what became of each. */

import type { PoolClient } from 'pg';
import type { Pattern, TargetedRow } from '../../contracts/mining.ts';
import type { ModelSpec } from '../../contracts/models.ts';
import { promptOf } from '../../datasets/sampling/prompt-of.ts';
import { itemPages, newestVersion } from '../../datasets/version-items.ts';
import type { Database } from '../../db/database.ts';
import { AssayError } from '../../errors.ts';
import type { AskedRubric } from '../../judge/asking/rubric-words.ts';
import { findRubric } from '../../judge/rubrics/store-rubrics.ts';
import { criteriaOf } from '../../judge/start-judging.ts';
import type { AnalysisDeps } from '../analyses/analysis-deps.ts';
import type { AnalysisRow } from '../analyses/analysis-row.ts';
import { foundOf } from '../analyses/read-analyses.ts';
import { failuresAfter, failuresAt, membersOf } from '../failures/store-failures.ts';
import { generateTargeted } from '../targeted/generate-targeted.ts';
import type { TestPrompt } from '../targeted/targeted-input.ts';
import type { Begun, Step } from './step.ts';

/** Failures of a cluster that prompts are made from, the first ones of it; and prompts of the test set read at once. */
const seedsAtMost = 500;
const pageRows = 1000;

export const generateStep: Step = {
  name: 'generate',
  wanted: ({ settings }) => settings.generate !== undefined,
  async inputs({ deps, analysis }) {
    const found = await deps.db.asUser(analysis.user_id, (q) => foundOf(q, analysis.analysis_id));
    const patterns = found.flatMap(({ pattern }) => pattern ?? []);
    const { generate, judge } = analysis.settings;
    const asked = generate?.judge == null ? [] : [judge.rubric_id, judge.rubric_version, judge.criteria];
    return [patterns, analysis.test_dataset_id ?? analysis.dataset_id, generate, ...asked];
  },
  async run(begun) {
    const { deps, analysis, hands } = begun;
    const { user_id: userId, analysis_id: id } = analysis;
    const options = analysis.settings.generate!;
    const patterns = await patternsOf(begun);
    const members = await deps.db.asUser(userId, (q) => membersOf(q, id));
    const known = await knownModels(deps, analysis);
    const { rows, stats } = await generateTargeted(
      {
        patterns,
        failuresOf: (cluster) =>
          deps.db.asUser(userId, (q) => failuresAt(q, id, (members.get(cluster) ?? []).slice(0, seedsAtMost))),
        testPrompts: testPrompts(deps.db, analysis),
        modelOf: (name) => known.get(name) ?? null,
        options,
        rubric: await rubricOf(begun),
        asking: deps.limits.asking,
      },
      hands,
    );
    await deps.db.asUser(userId, (q) => keep(q, analysis, rows));
    await begun.set({ targeted_stats: stats });
    return { counts: { kept: stats.kept, written: rows.length }, note: stats.notes.join('; ') || null };
  },
};

/** @throws AssayError conflict without a pattern, invalid_parameter for a cluster that is not there */
async function patternsOf({ deps, analysis }: Begun): Promise<Pattern[]> {
  const found = await deps.db.asUser(analysis.user_id, (q) => foundOf(q, analysis.analysis_id));
  const patterns = found.flatMap(({ pattern }) => pattern ?? []);
  const there = new Set(patterns.map(({ cluster }) => cluster));
  const unknown = analysis.settings.generate!.clusters?.find((cluster) => !there.has(cluster));
  if (unknown !== undefined) {
    const problem = `names no cluster of this analysis; there are ${[...there].join(', ') || 'none'}`;
    throw new AssayError('invalid_parameter', { param: 'generate.clusters', problem, value: unknown });
  }
  if (patterns.length > 0) return patterns;
  throw new AssayError('conflict', {
    what: 'There is no pattern to write training data for: no failures are alike enough',
    remedy: 'Try a smaller cluster.min_size, or a larger test set.',
  });
}

/** What answers are judged by: the rubric that the failures were found with, or the one that comes with Assay. */
async function rubricOf({ deps, analysis }: Begun): Promise<AskedRubric> {
  const { judge } = analysis.settings;
  const rubric = await deps.db.asUser(analysis.user_id, (q) =>
    findRubric(q, judge.rubric_id ?? 'rb_default', judge.rubric_version),
  );
  return { criteria: criteriaOf(judge, rubric), instructions: rubric.instructions };
}

/** Models that failed, and those that write: each that is registered. */
async function knownModels(deps: AnalysisDeps, analysis: AnalysisRow): Promise<Map<string, ModelSpec>> {
  const { model, answer_model, judge } = analysis.settings.generate!;
  const known = new Map<string, ModelSpec>();
  for (const name of new Set([model, answer_model, judge, ...analysis.model_ids])) {
    if (name == null) continue;
    const spec = await deps.models.find(analysis.user_id, name).catch((error: unknown) => {
      if (error instanceof AssayError && error.code === 'model_not_found') return null;
      throw error;
    });
    if (spec !== null) known.set(name, spec);
  }
  return known;
}

/** Every prompt of the test set; of an import those of its failures, which is all there is. */
async function* testPrompts(db: Database, analysis: AnalysisRow): AsyncGenerator<TestPrompt> {
  const { user_id: userId } = analysis;
  const datasetId = analysis.test_dataset_id ?? analysis.dataset_id;
  if (datasetId === null) return yield* failedPrompts(db, analysis);
  const { versionId } = await db.asUser(userId, (q) => newestVersion(q, userId, datasetId));
  for await (const page of itemPages(db, userId, versionId))
    for (const { itemId, input } of page) yield { id: itemId, text: promptOf(input) };
}

async function* failedPrompts(
  db: Database,
  { analysis_id: id, user_id: userId }: AnalysisRow,
): AsyncGenerator<TestPrompt> {
  for (let after = -1; ; ) {
    const page = await db.asUser(userId, (q) => failuresAfter(q, id, { after, limit: pageRows }));
    for (const { candidate_id, prompt } of page) yield { id: candidate_id, text: prompt };
    if (page.length === 0) return;
    after = page.at(-1)!.ordinal;
  }
}

async function keep(q: PoolClient, { analysis_id, user_id }: AnalysisRow, rows: TargetedRow[]): Promise<void> {
  await q.query('delete from targeted_rows where analysis_id = $1', [analysis_id]);
  for (let from = 0; from < rows.length; from += pageRows) {
    const some = rows.slice(from, from + pageRows);
    await q.query(
      `insert into targeted_rows (analysis_id, ordinal, user_id, cluster, dropped, body)
       select $1, (body->>'ordinal')::int, $2, (body->>'cluster')::int, body->>'dropped', body from unnest($3::jsonb[]) as body`,
      [analysis_id, user_id, some.map((row) => JSON.stringify(row))],
    );
  }
}
