/** The step "cluster": gathers the failures of the judge runs, and puts those that are alike into clusters. */

import { type Failure, type FailurePart, failureParts } from '../../contracts/mining.ts';
import { AssayError } from '../../errors.ts';
import type { ClusterOutcome } from '../analyses/read-analyses.ts';
import { type Clustering, clusterFailures } from '../clusters/cluster-failures.ts';
import { rowsOf } from '../embedding/rows-of.ts';
import { failuresOf, verdictsHash } from '../failures/gather-failures.ts';
import { failuresAfter, insertFailures, placeFailures } from '../failures/store-failures.ts';
import { failureTexts } from '../vectors/failure-texts.ts';
import type { Begun, Step } from './step.ts';

/** Failures read or written with one statement. */
const pageRows = 1000;

export const clusterStep: Step = {
  name: 'cluster',
  wanted: () => true,
  async inputs({ deps, analysis }) {
    const { user_id: userId, settings } = analysis;
    const { model } = settings.cluster;
    const spec = model == null ? null : await deps.models.find(userId, model);
    const verdicts = await deps.db.asUser(userId, (q) => verdictsHash(q, analysis.judge_run_ids));
    const { source, sha256, base_url } = spec ?? {};
    return [analysis.source, verdicts, settings.cluster, { model: model ?? null, source, sha256, base_url }];
  },
  async run(begun) {
    const { analysis, hands } = begun;
    if (analysis.source === 'assay') await gather(begun);
    const failures = await allFailures(begun);
    const vectors = await vectorsOf(begun, failures);
    hands.tell({ done: 0, total: failures.length, note: 'clustering' });
    const options = analysis.settings.cluster;
    const model = options.model ?? null;
    const found = await clusterFailures(failures, { options, vectors, model, ...hands });
    await keep(begun, found);
    const groups = found.groups satisfies ClusterOutcome['groups'];
    const clusters = found.clusters.filter(({ cluster }) => cluster >= 0).length;
    const other = found.of.reduce((n, cluster) => n + (cluster < 0 ? 1 : 0), 0);
    return { counts: { failures: failures.length, clusters, other }, outcome: { groups }, note: noteOf(clusters) };
  },
};

const noteOf = (clusters: number): string | null =>
  clusters === 0 ? 'no failures are alike enough to be a pattern; a smaller min_size may find some' : null;

/** The failures as the judge runs have them now. @throws AssayError conflict when there are more than may be */
async function gather({ deps, analysis, set }: Begun): Promise<void> {
  const { user_id: userId, analysis_id: id } = analysis;
  // Row by row into the table, in one transaction each page: what a killed server had written is written anew.
  await deps.db.asUser(userId, (q) => q.query('delete from analysis_failures where analysis_id = $1', [id]));
  let from = 0;
  for (const judgeRunId of analysis.judge_run_ids) {
    for await (const found of failuresOf(deps.db, userId, judgeRunId)) {
      if (from + found.length > deps.limits.maxFailures) throw tooMany(deps.limits.maxFailures);
      await deps.db.asUser(userId, (q) => insertFailures(q, analysis, { from, found }));
      from += found.length;
    }
  }
  await set({ failures: from });
}

const tooMany = (most: number): AssayError =>
  new AssayError('conflict', {
    what: `There are more than ${most} failures, the most that one analysis takes`,
    remedy: 'Draw a smaller test set, judge a sample, or raise ASSAY_ANALYSIS_MAX_FAILURES.',
  });

async function allFailures({ deps, analysis }: Begun): Promise<Failure[]> {
  const failures: Failure[] = [];
  for (;;) {
    const page = await deps.db.asUser(analysis.user_id, (q) =>
      failuresAfter(q, analysis.analysis_id, { after: failures.length - 1, limit: pageRows }),
    );
    failures.push(...page);
    if (page.length < pageRows) return failures;
  }
}

/** Embeddings of the parts that have a weight, one row a failure; nothing without a model. */
async function vectorsOf(
  { deps, analysis, hands }: Begun,
  failures: Failure[],
): Promise<Map<FailurePart, Float32Array<ArrayBuffer> | null>> {
  const { model, weights } = analysis.settings.cluster;
  const vectors = new Map<FailurePart, Float32Array<ArrayBuffer> | null>();
  if (model == null || failures.length < 2) return vectors;
  for (const part of failureParts) {
    if (weights[part] === 0) continue;
    const texts = failureTexts(failures, part);
    vectors.set(part, await rowsOf(deps, { userId: analysis.user_id, model, texts }, hands));
  }
  return vectors;
}

async function keep({ deps, analysis, set }: Begun, found: Clustering): Promise<void> {
  const { analysis_id: id, user_id: userId } = analysis;
  await deps.db.asUser(userId, async (q) => {
    await q.query('delete from patterns where analysis_id = $1', [id]);
    await q.query('delete from clusters where analysis_id = $1', [id]);
    await placeFailures(q, id, { cluster: found.of, x: found.x, y: found.y });
    await q.query(
      "insert into clusters (analysis_id, cluster, user_id, body) select $1, (body->>'cluster')::int, $2, body from unnest($3::jsonb[]) as body",
      [id, userId, found.clusters.map((cluster) => JSON.stringify(cluster))],
    );
  });
  await set({ vectors: found.vectors, clusters: found.clusters.filter(({ cluster }) => cluster >= 0).length });
}
